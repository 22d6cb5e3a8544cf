package io.github.bitgrain.cli.data;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Optional;
import java.util.stream.Collectors;

/** Element types of NumPy files that are read and written, all little-endian. */
public enum ElementType {
    /** 32-bit float. */
    FLOAT32("<f4", "float32", 4),
    /** 64-bit float. */
    FLOAT64("<f8", "float64", 8),
    /** Signed byte. */
    INT8("|i1", "int8", 1),
    /** 16-bit integer. */
    INT16("<i2", "int16", 2),
    /** 32-bit integer. */
    INT32("<i4", "int32", 4),
    /** 64-bit integer. */
    INT64("<i8", "int64", 8),
    /** Unsigned byte: pixels. */
    UINT8("|u1", "uint8", 1),
    /** Byte that is 0 or 1: the result of comparisons. */
    BOOL("|b1", "bool", 1);

    private final String descr;
    private final String title;
    private final int bytes;

    ElementType(String descr, String title, int bytes) {
        this.descr = descr;
        this.title = title;
        this.bytes = bytes;
    }

    /** The type as NumPy's file header writes it, for example {@code <f4}. */
    public String descr() {
        return descr;
    }

    /** The type's name in NumPy's API, for example {@code float32}. */
    public String title() {
        return title;
    }

    /** Bytes of one element. */
    public int bytes() {
        return bytes;
    }

    /** Whether values may have a fraction, be infinite or NaN. */
    public boolean isFloat() {
        return this == FLOAT32 || this == FLOAT64;
    }

    /** The type of a header entry; the byte-order mark of one-byte types does not matter. */
    static Optional<ElementType> of(String descr) {
        return Arrays.stream(values())
                .filter(t -> t.descr.equals(descr) || t.bytes == 1 && descr.length() == 3 && t.descr.endsWith(descr.substring(1)))
                .findFirst();
    }

    /** The names of all types, for messages. */
    static String titles() {
        return Arrays.stream(values()).map(ElementType::title).collect(Collectors.joining(", "));
    }

    /** Element {@code index} of a little-endian buffer as float; int32, int64 and float64 are rounded to nearest. */
    public float floatAt(ByteBuffer data, int index) {
        return switch (this) {
            case FLOAT32 -> data.getFloat(index * 4);
            case FLOAT64 -> (float) data.getDouble(index * 8);
            default -> longAt(data, index);
        };
    }

    /**
     * Element {@code index} of a little-endian buffer of integers, exactly.
     *
     * @throws IllegalStateException for float types
     */
    public long longAt(ByteBuffer data, int index) {
        return switch (this) {
            case INT8 -> data.get(index);
            case UINT8, BOOL -> data.get(index) & 0xff;
            case INT16 -> data.getShort(index * 2);
            case INT32 -> data.getInt(index * 4);
            case INT64 -> data.getLong(index * 8);
            case FLOAT32, FLOAT64 -> throw new IllegalStateException(title + " is not an integer type");
        };
    }
}
