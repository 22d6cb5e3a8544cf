package io.github.bitgrain.simulator;

import io.github.bitgrain.core.BitgrainException;
import io.github.bitgrain.core.quant.Exponents;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Memory of one value while a program runs: elements in the chip's order (feature maps NHWC, batch 1). Integers are held in
 * ints whatever their width on the chip; {@link #toTensor} gives the chip's bytes. Reused from run to run.
 *
 * <p>Quantized integers may be held as whole floats instead, or too, which products read and write without converting them. The one form is
 * made of the other when somebody asks for it, so that a kernel need not know which one another has written. Whole floats may lie among those of
 * another value, as some of its channels: see {@link Joining}.
 */
public final class ChipBuffer {
    /** Elements of the largest value: all memory that the largest chip has, in bytes. */
    public static final int LARGEST_COUNT = 1 << 25;
    /** Whole floats: the channels of a pixel begin where a vector can, except where they are so few that most would be gaps. */
    private static final int LANES = 16;
    private static final int FEW_CHANNELS = 4;

    private final ElementType type;
    private final int exponent;
    private final ChipMemory memory;
    private int[] shape = {};
    private int count = 1;
    private int[] ints = {};
    private float[] floats = {};
    private WholeMemory.Place place;
    private boolean hasInts = true;
    private boolean hasWholes;
    /** Where whole floats lie now: in another value from a channel on, or in {@link #place} if this is null. */
    private ChipBuffer whole;
    private int channel;
    /** As whose part this value is made, and which it may be read from; or null. */
    private Part part;
    private ChipBuffer source;

    /** Channels {@code first … first + count - 1} of a value that has {@code channels}. */
    private record Part(ChipBuffer joined, int channels, int first, int count) {}

    /** An empty buffer; {@link #reshape} gives it its size. */
    public ChipBuffer(ElementType type, int exponent) {
        this(type, exponent, new ChipMemory());
    }

    /** An empty buffer that takes its arrays from a memory. */
    ChipBuffer(ElementType type, int exponent, ChipMemory memory) {
        this.type = type;
        this.exponent = exponent;
        this.memory = memory;
    }

    /** The memory that the buffer takes its arrays from; kernels may take theirs there for the time of a run. */
    public ChipMemory memory() {
        return memory;
    }

    /** Lets other buffers use this one's array, until the next {@link #reshape}. */
    void release() {
        memory.give(ints);
        memory.give(floats);
        ints = new int[0];
        floats = new float[0];
        whole = null;
        givePlace();
        hasInts = true;
        hasWholes = false;
        shape = new int[] {0};
        count = 0;
    }

    /** A buffer with the contents of a tensor that has one exponent. */
    public static ChipBuffer of(ChipTensor tensor) {
        ChipBuffer buffer = new ChipBuffer(tensor.type(), tensor.exponents().count() == 1 ? tensor.exponents().single() : 0);
        buffer.reshape(tensor.dims().stream().mapToInt(Integer::intValue).toArray());
        if (buffer.isFloat()) {
            System.arraycopy(tensor.floats(), 0, buffer.floats, 0, buffer.count);
        } else {
            long[] values = tensor.longs();
            for (int i = 0; i < values.length; i++) {
                buffer.ints[i] = Math.toIntExact(values[i]);
            }
        }
        return buffer;
    }

    /** Element type on the chip. */
    public ElementType type() {
        return type;
    }

    /** log2 of the scale; meaningless for floats. */
    public int exponent() {
        return exponent;
    }

    /** Whether the elements are binary32 values. */
    public boolean isFloat() {
        return type == ElementType.FLOAT32;
    }

    /** Bits of a quantized element: 8 or 16. */
    public int bits() {
        return type.bytes() * Byte.SIZE;
    }

    /** Dimensions, not to be changed. */
    public int[] shape() {
        return shape;
    }

    /** Extent of an axis; negative axes count from the end. */
    public int dim(int axis) {
        return shape[axis < 0 ? axis + shape.length : axis];
    }

    /** Number of axes. */
    public int rank() {
        return shape.length;
    }

    /** Number of elements. */
    public int count() {
        return count;
    }

    /** The integers; only the first {@link #count} count. To be written right after {@link #reshape}. */
    public int[] ints() {
        if (!hasInts) {
            makeInts();
        }
        return ints;
    }

    private void makeInts() {
        takeInts();
        int run = run();
        for (int at = 0, from = 0; at < count; at += run, from += wholeStride()) {
            toInts(array(), wholesOffset() + from, run, ints, at);
        }
        hasInts = true;
    }

    /** Whether a quantized value exists as whole floats, which need not be made first. */
    public boolean hasWholes() {
        return hasWholes;
    }

    /**
     * The quantized integers as whole floats: from {@link #wholesOffset} on rows of channels, {@link #wholeStride} apart. To be written right
     * after {@link #reshapeWholes}.
     */
    public float[] wholes() {
        if (!hasWholes) {
            // Not as a part: the joined value may be done already.
            whole = null;
            takeWholes();
            int run = run();
            for (int at = 0, to = 0; at < count; at += run, to += wholeStride()) {
                toFloats(ints, at, run, place.array(), place.start() + to);
            }
            hasWholes = true;
        }
        return array();
    }

    private float[] array() {
        return whole == null ? place.array() : whole.array();
    }

    /** Where the value begins in {@link #wholes}. */
    public int wholesOffset() {
        return whole == null ? place.start() : whole.wholesOffset() + channel;
    }

    private static void toInts(float[] x, int from, int n, int[] y, int to) {
        for (int i = 0; i < n; i++) {
            y[to + i] = (int) x[from + i];
        }
    }

    private static void toFloats(int[] x, int from, int n, float[] y, int to) {
        for (int i = 0; i < n; i++) {
            y[to + i] = x[from + i];
        }
    }

    /** Elements without a gap between them in both forms: a row of channels, or all. */
    private int run() {
        return wholeStride() == channels() ? count : channels();
    }

    private int channels() {
        return shape.length == 0 ? 1 : Math.max(1, shape[shape.length - 1]);
    }

    /**
     * From one row of channels (the last axis) to the next in {@link #wholes}. What stands in the gaps is not specified, and to be left alone
     * unless the value {@link #isApart}.
     */
    public int wholeStride() {
        return whole == null ? wholeStride(channels()) : whole.wholeStride();
    }

    /** As {@link #wholeStride()}, for values with so many channels that lie apart. */
    public static int wholeStride(int channels) {
        return channels <= FEW_CHANNELS ? channels : (channels + LANES - 1) / LANES * LANES;
    }

    /** Whether nothing else lies between the first whole float and the last. */
    public boolean isApart() {
        return whole == null;
    }

    /** Rows of channels. */
    public int rows() {
        return count / channels();
    }

    /** Floats that {@link #wholes} takes apart. */
    private int wholeCount() {
        return rows() * wholeStride(channels());
    }

    /** The same for a value of a program. */
    static long wholeCount(ChipValue value) {
        int channels = value.shape().isEmpty() ? 1 : Math.max(1, value.shape().getLast());
        return value.count() / channels * (long) wholeStride(channels);
    }

    /** The integers were written where they are, by somebody outside a run: the other form of them is out of date. */
    void forgetWholes() {
        hasInts = true;
        hasWholes = false;
        whole = null;
    }

    /** From now on this value is made as channels of another one, if it is made as whole floats. */
    void joinInto(ChipBuffer value, int channels, int first, int count) {
        part = new Part(value, channels, first, count);
    }

    /** From now on the whole floats of another value, which lives as long as this one, may be this one's too. */
    void mayLieIn(ChipBuffer value) {
        source = value;
    }

    /** The channel of another value where the whole floats lie that this one has; −1 if they lie elsewhere. */
    public int channelIn(ChipBuffer other) {
        if (!hasWholes || whole == null) {
            return -1;
        }
        int first = whole == other ? 0 : whole.channelIn(other);
        return first < 0 ? -1 : first + channel;
    }

    /** The floats; only the first {@link #count} count. */
    public float[] floats() {
        return floats;
    }

    /** Sets the shape; memory grows as needed and its content is undefined. */
    public void reshape(int... newShape) {
        setShape(newShape);
        hasWholes = false;
        hasInts = true;
        whole = null;
        if (!isFloat()) {
            takeInts();
        } else if (floats.length < count) {
            memory.give(floats);
            floats = memory.takeFloats(count);
        }
    }

    /** As {@link #reshape}, for a quantized value that is going to be written as {@link #wholes}. */
    public void reshapeWholes(int... newShape) {
        setShape(newShape);
        hasWholes = true;
        hasInts = false;
        if (part == null || channels() != part.count) {
            whole = null;
            takeWholes();
            return;
        }
        whole = part.joined;
        channel = part.first;
        int[] all = shape.clone();
        all[all.length - 1] = part.channels;
        whole.reshapeWholes(all);
    }

    /**
     * Makes the value channels of another one, from {@code first} on, which is held as whole floats.
     *
     * @return false if it may not lie there; it is as it was then
     */
    public boolean liesIn(ChipBuffer other, int first, int... newShape) {
        if (source != other || !other.hasWholes) {
            return false;
        }
        setShape(newShape);
        hasWholes = true;
        hasInts = false;
        whole = other;
        channel = first;
        return true;
    }

    /** {@link #reshapeWholes} or {@link #reshape}. */
    public void reshape(boolean asWholes, int... newShape) {
        if (asWholes) {
            reshapeWholes(newShape);
        } else {
            reshape(newShape);
        }
    }

    private void setShape(int... newShape) {
        if (!Arrays.equals(shape, newShape)) {
            shape = newShape.clone();
        }
        long elements = 1;
        for (int extent : shape) {
            elements *= extent;
            if (extent < 0 || elements > LARGEST_COUNT) {
                throw BitgrainException.badInput("a value of shape " + Arrays.toString(shape) + " fits no chip's memory");
            }
        }
        count = (int) elements;
    }

    private void takeInts() {
        if (ints.length < count) {
            memory.give(ints);
            ints = memory.takeInts(count);
        }
    }

    private void takeWholes() {
        if (!type.isQuantized()) {
            throw new IllegalStateException("whole floats hold quantized values, not " + type);
        }
        if (place == null || place.length() < wholeCount()) {
            givePlace();
            place = memory.wholes().take(wholeCount());
        }
    }

    private void givePlace() {
        if (place != null) {
            memory.wholes().give(place);
            place = null;
        }
    }

    /** Sets all elements to zero. */
    public void clear() {
        if (isFloat()) {
            Arrays.fill(floats, 0, count, 0f);
        } else {
            Arrays.fill(ints(), 0, count, 0);
        }
    }

    /** Element i as a real number: the float itself, or integer times scale. */
    public double real(int i) {
        return isFloat() ? floats[i] : Math.scalb((double) ints()[i], exponent);
    }

    /** Copies elements of another buffer of the same kind. */
    public void copyFrom(ChipBuffer source, int from, int to, int length) {
        if (isFloat()) {
            System.arraycopy(source.floats, from, floats, to, length);
        } else {
            System.arraycopy(source.ints(), from, ints(), to, length);
        }
    }

    /** The bytes as they lie in the chip's memory, little-endian. */
    public byte[] bytes() {
        int[] values = ints();
        ByteBuffer bytes = ByteBuffer.allocate(count * type.bytes()).order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < count; i++) {
            switch (type) {
                case FLOAT32 -> bytes.putFloat(floats[i]);
                case INT8, UINT8, BOOL -> bytes.put((byte) values[i]);
                case INT16, UINT16 -> bytes.putShort((short) values[i]);
                case INT32, UINT32 -> bytes.putInt(values[i]);
                case INT64, UINT64 -> bytes.putLong(values[i]);
                case FLOAT16, FLOAT64 -> throw new IllegalStateException("no chip kernel computes " + type);
            }
        }
        return bytes.array();
    }

    /** A copy as a tensor. */
    public ChipTensor toTensor(String name) {
        List<Integer> dims = new ArrayList<>();
        for (int extent : shape) {
            dims.add(extent);
        }
        Exponents exponents = isFloat() ? ChipTensor.NOT_QUANTIZED : Exponents.of(exponent);
        return ChipTensor.of(name, type, dims, exponents, "", bytes());
    }
}
