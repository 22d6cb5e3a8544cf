package io.github.bitgrain.simulator;

/** What the elements of a chip tensor are. */
public enum ElementType {
    /** IEEE binary32. */
    FLOAT32(4),
    /** 8 bits, two's complement: activations and weights of 8-bit operators. */
    INT8(1),
    /** 16 bits, two's complement: activations and weights of 16-bit operators. */
    INT16(2),
    /** 32 bits, two's complement: bias of 8-bit operators. */
    INT32(4),
    /** 64 bits, two's complement: bias of 16-bit operators, shapes and indices. */
    INT64(8),
    /** 8 bits without sign. */
    UINT8(1),
    /** 16 bits without sign. */
    UINT16(2),
    /** 32 bits without sign. */
    UINT32(4),
    /** 64 bits without sign. */
    UINT64(8),
    /** One byte, 0 or 1: the result of comparisons. */
    BOOL(1),
    /** IEEE binary16. */
    FLOAT16(2),
    /** IEEE binary64. */
    FLOAT64(8);

    private final int bytes;

    ElementType(int bytes) {
        this.bytes = bytes;
    }

    /** Bytes of one element. */
    public int bytes() {
        return bytes;
    }

    /** Whether values of this type are quantized activations or weights: 8 or 16 bits with sign. */
    public boolean isQuantized() {
        return this == INT8 || this == INT16;
    }

    /** The type that stores quantized integers of a width: 8, 16, up to 32 or up to 64 bits. */
    public static ElementType ofBits(int bits) {
        if (bits < 2 || bits > Long.SIZE) {
            throw new IllegalArgumentException("no element type has " + bits + " bits");
        }
        return bits <= Byte.SIZE ? INT8 : bits <= Short.SIZE ? INT16 : bits <= Integer.SIZE ? INT32 : INT64;
    }
}
