package io.github.bitgrain.simulator.lowering;

import io.github.bitgrain.core.quant.Exponents;
import io.github.bitgrain.core.quant.Target;
import io.github.bitgrain.simulator.ChipTensor;
import io.github.bitgrain.simulator.kernel.KernelLimits;

/**
 * Refuses exponents that the chip's kernels cannot work with. Multiplying operators shift their accumulator right by
 * {@code e_out − e_x − e_w}, which must be neither negative nor wider than the shifter, for every output channel.
 */
final class ExponentCheck {
    private ExponentCheck() {}

    /** Checks every node after its parameters are quantized. */
    static void run(Draft draft) {
        if (draft.options.parity()) {
            return;
        }
        for (DraftNode node : draft.nodes) {
            for (DraftValue value : node.outputs) {
                if (Math.abs(value.encoding.exponent()) > KernelLimits.LARGEST_EXPONENT) {
                    throw node.refused("\"" + value.name + "\" has the exponent " + value.encoding.exponent()
                            + ", the chip knows −30 … 30; calibrate it with other data or set its exponent");
                }
            }
            if (node.op != null && node.isQuantized()
                    && ChipOperators.row(node.op).traits().contains(ChipOperators.Trait.MULTIPLIES)) {
                check(draft.target(), node, node.value(0) != null ? 0 : 1);
            }
        }
    }

    private static void check(Target target, DraftNode node, int variable) {
        int other = 1 - variable;
        ChipTensor constant = node.constant(other) == null ? null : node.constant(other).finished;
        Exponents weights = constant == null ? Exponents.of(node.wanted(other).exponent()) : constant.exponents();
        int input = node.wanted(variable).exponent();
        int output = node.output().encoding.exponent();
        int largest = KernelLimits.largestShift(node.bits);
        for (int n = 0; n < weights.count(); n++) {
            int shift = output - input - weights.get(n);
            if (shift < 0 || shift > largest && target != Target.C) {
                String channel = weights.count() > 1 ? " (output channel " + n + ")" : "";
                throw node.refused("the exponents " + input + " of the input, " + weights.get(n) + " of the weights" + channel
                        + " and " + output + " of the output ask for a shift by " + shift + ", the chip shifts by 0 … " + largest
                        + "; " + (shift < 0 ? "raise the exponent of the output" : "raise the exponent of the weights"));
            }
        }
    }
}
