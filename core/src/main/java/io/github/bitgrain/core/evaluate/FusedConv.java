package io.github.bitgrain.core.evaluate;

import io.github.bitgrain.core.op.Conv;
import io.github.bitgrain.core.op.Op;

/**
 * A convolution, a function of its result and a sum with operand 3 in one step. Exists inside plans only.
 *
 * @param conv convolution
 * @param function function of the result, or null
 */
record FusedConv(Conv conv, UnaryForm function) implements Op {
    /** The operand that is added, where there are so many. */
    static final int RESIDUAL = 3;
}
