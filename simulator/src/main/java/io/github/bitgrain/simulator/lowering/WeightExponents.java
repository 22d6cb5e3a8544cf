package io.github.bitgrain.simulator.lowering;

import io.github.bitgrain.core.quant.Exponents;
import io.github.bitgrain.core.quant.Slot;
import io.github.bitgrain.core.quant.Target;

/**
 * The exponents of a node's weights: the plan's, except for channels that the chip could not compute with them. A channel
 * of nearly zero weights gets a tiny exponent from calibration; its bias, which lies at that scale too, then leaves the
 * range of the accumulator, or the shift that of the shifter. A larger exponent costs such a channel nothing.
 */
final class WeightExponents {
    private static final int BYTE_BITS = 8;
    private static final int LARGEST_BYTE_SHIFT = 31;
    private static final int LARGEST_SHORT_SHIFT = 63;

    /** The kernel for channels behind the last full block loads only this many bits of an 8-bit node's bias correctly. */
    private static final int BIAS_BITS_BEHIND_BLOCKS = Target.P4_SCALAR_BIAS_BITS + 1;

    private WeightExponents() {}

    /** The exponents that the weights and the bias of a node are stored with. */
    static Exponents of(Draft draft, DraftNode node) {
        Slot slot = Slot.input(node.name, 1);
        Exponents planned = draft.plan.has(slot) ? draft.plan.exponents(slot) : null;
        if (planned == null) {
            throw node.refused("the plan has no exponent for its weights");
        }
        if (planned.count() == 1 || draft.options.parity()) {
            return planned;
        }
        int[] exponents = planned.toArray();
        for (int n = 0; n < exponents.length; n++) {
            int largest = node.output().encoding.exponent() - node.wanted(0).exponent();
            while (exponents[n] < largest && !computable(draft, node, n, exponents)) {
                exponents[n]++;
            }
        }
        return Exponents.of(exponents);
    }

    private static boolean computable(Draft draft, DraftNode node, int channel, int[] exponents) {
        int input = node.wanted(0).exponent();
        int shift = node.output().encoding.exponent() - input - exponents[channel];
        if (shift > (node.bits == BYTE_BITS ? LARGEST_BYTE_SHIFT : LARGEST_SHORT_SHIFT)) {
            return false;
        }
        DraftConstant bias = node.constant(2);
        if (bias == null) {
            return true;
        }
        int lanes = draft.target().lanes(node.bits);
        boolean behindBlocks = channel >= exponents.length - exponents.length % lanes;
        boolean narrow = behindBlocks && node.bits == BYTE_BITS && !ParameterQuantization.isGrouped(node);
        int bits = narrow ? BIAS_BITS_BEHIND_BLOCKS : draft.target().biasBits(node.bits);
        double size = Math.abs(Math.scalb((double) bias.tensor.data()[channel], -input - exponents[channel]));
        return size < Math.scalb(1.0, bits - 1);
    }
}
