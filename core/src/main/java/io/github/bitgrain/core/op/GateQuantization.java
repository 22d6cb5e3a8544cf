package io.github.bitgrain.core.op;

import io.github.bitgrain.kernels.Rounding;

/**
 * What the chip rounds inside a recurrent operator (chip-arithmetic.md §3.14): products and cells to {@value #GATE_BITS} bits at
 * 2^{@value #GATE_EXPONENT}, each state to the result's scale before the next step reads it.
 *
 * @param rounding rounding of the target
 * @param bits bits of the state
 * @param exponent exponent of the state
 */
public record GateQuantization(Rounding rounding, int bits, int exponent) {
    /** Bits of gate arguments, biases and cells. */
    public static final int GATE_BITS = 16;

    /** Exponent of gate arguments, biases and cells. */
    public static final int GATE_EXPONENT = -9;
}
