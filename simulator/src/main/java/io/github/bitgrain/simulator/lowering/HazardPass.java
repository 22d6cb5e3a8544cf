package io.github.bitgrain.simulator.lowering;

import io.github.bitgrain.core.op.PRelu;
import io.github.bitgrain.simulator.kernel.KernelLimits;
import java.util.List;

/** What the chip's kernels compute wrongly is lowered in another way here. */
final class HazardPass {
    private HazardPass() {}

    static void run(Draft draft) {
        if (draft.options.parity()) {
            return;
        }
        for (DraftNode node : List.copyOf(draft.nodes)) {
            if (node.op instanceof PRelu && node.isQuantized() && losesScale(draft, node)) {
                rescaleBehind(draft, node);
            }
        }
    }

    /** Such kernels of PRelu leave positive values as they are, so that input and output must share the exponent. */
    private static boolean losesScale(Draft draft, DraftNode node) {
        boolean perChannel = node.constant(1).tensor.size() > 1;
        boolean byTable = node.bits == Byte.SIZE && !perChannel;
        return !byTable && KernelLimits.preluKeepsPositive(draft.target(), node.bits)
                && node.wanted(0).exponent() != node.output().encoding.exponent();
    }

    private static void rescaleBehind(Draft draft, DraftNode node) {
        DraftValue result = node.output();
        DraftValue unscaled = new DraftValue(draft.freshTensor(node.name + "/unscaled"), result.shape, node.wanted(0));
        node.outputs.set(0, unscaled);
        draft.nodes.add(draft.nodes.indexOf(node) + 1, ConversionPass.conversion(draft, unscaled, result));
    }
}
