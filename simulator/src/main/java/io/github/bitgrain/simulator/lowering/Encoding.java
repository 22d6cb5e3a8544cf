package io.github.bitgrain.simulator.lowering;

import io.github.bitgrain.simulator.ElementType;

/**
 * How a value is held: as float, or as integers of some bits with one exponent.
 *
 * @param bits 8 or 16; {@link #FLOAT_BITS} for float
 * @param exponent log2 of the scale; 0 for float
 */
record Encoding(int bits, int exponent) {
    static final int FLOAT_BITS = 0;
    static final Encoding FLOAT = new Encoding(FLOAT_BITS, 0);

    boolean isFloat() {
        return bits == FLOAT_BITS;
    }

    ElementType elementType() {
        return isFloat() ? ElementType.FLOAT32 : ElementType.ofBits(bits);
    }

    @Override
    public String toString() {
        return isFloat() ? "float" : "int" + bits + " · 2^" + exponent;
    }
}
