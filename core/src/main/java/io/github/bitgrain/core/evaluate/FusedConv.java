package io.github.bitgrain.core.evaluate;

import io.github.bitgrain.core.op.Conv;
import io.github.bitgrain.core.op.FakeQuant;
import io.github.bitgrain.core.op.Op;

/**
 * A convolution, a function of its result, fake quantization and a sum in one step. Exists inside plans only.
 *
 * @param conv convolution
 * @param function function of the result, or null
 * @param quantizer fake quantization with one scale, or null
 */
record FusedConv(Conv conv, UnaryForm function, FakeQuant quantizer) implements Op {
    /** The operand that is added, and the scale of the fake quantization, where they are not omitted. */
    static final int RESIDUAL = 3;
    static final int ALPHA = 4;
    static final int OPERANDS = 5;
}
