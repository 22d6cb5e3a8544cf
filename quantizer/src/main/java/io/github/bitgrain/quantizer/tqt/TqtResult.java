package io.github.bitgrain.quantizer.tqt;

import io.github.bitgrain.core.graph.Model;
import io.github.bitgrain.core.quant.QuantPlan;
import io.github.bitgrain.quantizer.lanes.CoarserWeights;
import java.util.List;

/**
 * A trained network.
 *
 * @param model network with the trained weights and biases, in new tensors
 * @param plan exponents, bias scales derived
 * @param blocks what happened to every block
 * @param exponentsMoved operands, of those with an exponent of their own, whose exponent changed
 * @param reference the float network that {@code model} approximates value by value; scaled and shifted by channel as it is
 * @param coarser layers whose weights are coarser so that their accumulators hold
 */
public record TqtResult(Model model, QuantPlan plan, List<BlockReport> blocks, int exponentsMoved, Model reference,
        List<CoarserWeights> coarser) {
    /** Takes copies of the lists. */
    public TqtResult {
        blocks = List.copyOf(blocks);
        coarser = List.copyOf(coarser);
    }
}
