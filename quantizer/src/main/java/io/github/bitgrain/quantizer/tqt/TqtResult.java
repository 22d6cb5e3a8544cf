package io.github.bitgrain.quantizer.tqt;

import io.github.bitgrain.core.graph.Parameters;
import io.github.bitgrain.core.quant.QuantPlan;
import java.util.List;

/**
 * A trained network.
 *
 * @param parameters weights and biases; new tensors
 * @param plan exponents, bias scales derived
 * @param blocks what happened to every block
 * @param exponentsMoved operands, of those with an exponent of their own, whose exponent changed
 */
public record TqtResult(Parameters parameters, QuantPlan plan, List<BlockReport> blocks, int exponentsMoved) {
    /** Takes a copy of the list. */
    public TqtResult {
        blocks = List.copyOf(blocks);
    }
}
