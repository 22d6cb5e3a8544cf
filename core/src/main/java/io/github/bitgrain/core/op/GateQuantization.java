package io.github.bitgrain.core.op;

import io.github.bitgrain.kernels.Rounding;

/**
 * What the chip rounds inside a recurrent operator (chip-arithmetic.md §3.14): products and cells to {@value #GATE_BITS} bits at
 * one exponent, each state to the result's scale before the next step reads it. The operator then has the operand
 * {@value #STATE_SCALE}: log2 of the state's scale, one element, rounded half to even as in {@link FakeQuant}.
 *
 * @param rounding rounding of the target
 * @param bits bits of the state
 * @param exponent exponent of gate arguments, biases and cells
 */
public record GateQuantization(Rounding rounding, int bits, int exponent) {
    /** Bits of gate arguments, biases and cells. */
    public static final int GATE_BITS = 16;

    /** Exponent of gate arguments, biases and cells, unless they are too large for it: they reach ±64. */
    public static final int USUAL_EXPONENT = -9;

    /** The operand that holds log2 of the state's scale. */
    public static final int STATE_SCALE = 7;
}
