package io.github.bitgrain.simulator;

import io.github.bitgrain.core.quant.Exponents;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;

/**
 * A constant as the chip holds it: weights, bias, table, index list or test value. Immutable.
 *
 * <p>Its elements stand in the order of memory. For Conv, Gemm and MatMul weights that is a filter layout in which the
 * dimensions only name the sizes; {@link #layout()} says which. The real value of a quantized element is
 * {@code element · 2^exponent}.
 */
public final class ChipTensor {
    /** The layout note of tensors whose elements are simply row-major. */
    public static final String PLAIN_LAYOUT = "UNK";

    /** Exponents of a tensor that is not quantized. */
    public static final Exponents NOT_QUANTIZED = Exponents.of(0);

    private final String name;
    private final ElementType type;
    private final List<Integer> dims;
    private final Exponents exponents;
    private final String layout;
    private final byte[] data;

    private ChipTensor(String name, ElementType type, List<Integer> dims, Exponents exponents, String layout, byte[] data) {
        this.name = Objects.requireNonNull(name, "name");
        this.type = Objects.requireNonNull(type, "type");
        this.dims = List.copyOf(dims);
        this.exponents = Objects.requireNonNull(exponents, "exponents");
        this.layout = Objects.requireNonNull(layout, "layout");
        this.data = data;
        if (data.length != count(dims) * type.bytes()) {
            throw new IllegalArgumentException(name + ": " + data.length + " bytes for " + type + dims);
        }
    }

    /**
     * A tensor of given memory.
     *
     * @param name name
     * @param type element type
     * @param dims dimensions, empty for a scalar
     * @param exponents one exponent or one per output channel; {@link #NOT_QUANTIZED} otherwise
     * @param layout note of the layout as files spell it, {@link #PLAIN_LAYOUT}, or empty for none (tables, test values)
     * @param data little-endian elements; copied
     */
    public static ChipTensor of(
            String name, ElementType type, List<Integer> dims, Exponents exponents, String layout, byte[] data) {
        return new ChipTensor(name, type, dims, exponents, layout, data.clone());
    }

    /** A tensor of integers, each of which must fit the type. */
    public static ChipTensor ofLongs(
            String name, ElementType type, List<Integer> dims, Exponents exponents, String layout, long... values) {
        ByteBuffer bytes = ByteBuffer.allocate(values.length * type.bytes()).order(ByteOrder.LITTLE_ENDIAN);
        for (long value : values) {
            switch (type) {
                case INT8, UINT8, BOOL -> bytes.put((byte) checked(name, value, Byte.SIZE, type != ElementType.INT8));
                case INT16, UINT16 -> bytes.putShort((short) checked(name, value, Short.SIZE, type == ElementType.UINT16));
                case INT32, UINT32 -> bytes.putInt((int) checked(name, value, Integer.SIZE, type == ElementType.UINT32));
                case INT64, UINT64 -> bytes.putLong(value);
                default -> throw new IllegalArgumentException(name + ": " + type + " holds no integers");
            }
        }
        return new ChipTensor(name, type, dims, exponents, layout, bytes.array());
    }

    /** A tensor of binary32 values. */
    public static ChipTensor ofFloats(String name, List<Integer> dims, String layout, float... values) {
        ByteBuffer bytes = ByteBuffer.allocate(values.length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        bytes.asFloatBuffer().put(values);
        return new ChipTensor(name, ElementType.FLOAT32, dims, NOT_QUANTIZED, layout, bytes.array());
    }

    private static long checked(String name, long value, int bits, boolean unsigned) {
        long low = unsigned ? 0 : -(1L << (bits - 1));
        long high = unsigned ? (1L << bits) - 1 : (1L << (bits - 1)) - 1;
        if (value < low || value > high) {
            throw new IllegalArgumentException(name + ": " + value + " does not fit " + bits + " bits");
        }
        return value;
    }

    /** Name; unique in a program. */
    public String name() {
        return name;
    }

    /** Element type. */
    public ElementType type() {
        return type;
    }

    /** Dimensions; empty for a scalar. */
    public List<Integer> dims() {
        return dims;
    }

    /** One exponent, or one per output channel. */
    public Exponents exponents() {
        return exponents;
    }

    /** Note of the memory layout as files spell it, for example {@code (N/16)HWC16}; empty if there is none. */
    public String layout() {
        return layout;
    }

    /** Number of elements. */
    public int count() {
        return data.length / type.bytes();
    }

    /** Bytes of memory. */
    public int sizeInBytes() {
        return data.length;
    }

    /** The memory: little-endian elements, read-only. */
    public ByteBuffer data() {
        return ByteBuffer.wrap(data).asReadOnlyBuffer().order(ByteOrder.LITTLE_ENDIAN);
    }

    /** The elements as integers. */
    public long[] longs() {
        long[] values = new long[count()];
        ByteBuffer bytes = data();
        for (int i = 0; i < values.length; i++) {
            values[i] = switch (type) {
                case INT8 -> bytes.get();
                case UINT8, BOOL -> Byte.toUnsignedInt(bytes.get());
                case INT16 -> bytes.getShort();
                case UINT16 -> Short.toUnsignedInt(bytes.getShort());
                case INT32 -> bytes.getInt();
                case UINT32 -> Integer.toUnsignedLong(bytes.getInt());
                case INT64, UINT64 -> bytes.getLong();
                case FLOAT16, FLOAT32, FLOAT64 -> throw new IllegalStateException(name + ": " + type + " holds no integers");
            };
        }
        return values;
    }

    /**
     * The elements as 32-bit integers.
     *
     * @throws ArithmeticException if one does not fit
     */
    public int[] ints() {
        long[] values = longs();
        int[] result = new int[values.length];
        for (int i = 0; i < result.length; i++) {
            result[i] = Math.toIntExact(values[i]);
        }
        return result;
    }

    /** The elements of a binary32 tensor. */
    public float[] floats() {
        if (type != ElementType.FLOAT32) {
            throw new IllegalStateException(name + ": " + type + " holds no binary32 values");
        }
        float[] values = new float[count()];
        data().asFloatBuffer().get(values);
        return values;
    }

    /** Element {@code index} as a number, its exponent not applied; beyond 2^53 rounded to the nearest double. */
    public double element(int index) {
        ByteBuffer bytes = data();
        int at = index * type.bytes();
        return switch (type) {
            case FLOAT32 -> bytes.getFloat(at);
            case FLOAT64 -> bytes.getDouble(at);
            case FLOAT16 -> Float.float16ToFloat(bytes.getShort(at));
            case INT8 -> bytes.get(at);
            case UINT8, BOOL -> Byte.toUnsignedInt(bytes.get(at));
            case INT16 -> bytes.getShort(at);
            case UINT16 -> Short.toUnsignedInt(bytes.getShort(at));
            case INT32 -> bytes.getInt(at);
            case UINT32 -> Integer.toUnsignedLong(bytes.getInt(at));
            case INT64, UINT64 -> bytes.getLong(at);
        };
    }

    /** This under another name. */
    public ChipTensor withName(String newName) {
        return new ChipTensor(newName, type, dims, exponents, layout, data);
    }

    private static long count(List<Integer> dims) {
        long count = 1;
        for (int dim : dims) {
            if (dim < 0) {
                throw new IllegalArgumentException("negative dimension in " + dims);
            }
            count = Math.multiplyExact(count, dim);
        }
        return count;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof ChipTensor that
                && name.equals(that.name)
                && type == that.type
                && dims.equals(that.dims)
                && exponents.equals(that.exponents)
                && layout.equals(that.layout)
                && Arrays.equals(data, that.data);
    }

    @Override
    public int hashCode() {
        return Objects.hash(name, type, dims, exponents, layout, Arrays.hashCode(data));
    }

    @Override
    public String toString() {
        return name + " " + type + dims + " exponents " + exponents + (layout.isEmpty() ? "" : " " + layout);
    }
}
