package io.github.bitgrain.quantizer.lanes;

import io.github.bitgrain.core.quant.Exponents;

/**
 * A layer whose weights are coarser than their values ask for, since its accumulators would saturate.
 *
 * @param node name of its node
 * @param laneBits bits of its accumulators
 * @param before exponent of the weights as calibration found it; where every channel has its own, that of the channel that moved farthest
 * @param after the exponent that they have
 * @param holds whether nothing saturates any more on the samples that were looked at
 */
public record CoarserWeights(String node, int laneBits, int before, int after, boolean holds) {
    /** A layer under the exponents before and after. */
    static CoarserWeights of(String node, int laneBits, Exponents before, Exponents after, boolean holds) {
        int farthest = 0;
        for (int c = 1; c < after.count(); c++) {
            if (after.get(c) - before.get(c) > after.get(farthest) - before.get(farthest)) {
                farthest = c;
            }
        }
        return new CoarserWeights(node, laneBits, before.get(farthest), after.get(farthest), holds);
    }

    /** The same layer under other exponents. */
    CoarserWeights under(Exponents later, boolean laterHolds) {
        return new CoarserWeights(node, laneBits, before, later.max(), laterHolds);
    }

    /** In a line: which layer, how much, why. */
    public String text() {
        int steps = after - before;
        return node + ": weights " + (steps == 1 ? "one step" : steps + " steps") + " coarser (exponent " + before + " -> " + after + "), so that its "
                + laneBits + "-bit accumulators " + (holds ? "hold" : "saturate less");
    }
}
