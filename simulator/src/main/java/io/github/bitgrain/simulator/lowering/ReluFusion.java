package io.github.bitgrain.simulator.lowering;

import io.github.bitgrain.core.op.Clip;
import io.github.bitgrain.core.op.Op;
import io.github.bitgrain.core.op.Relu;
import io.github.bitgrain.core.quant.Target;
import io.github.bitgrain.simulator.ChipNode;
import java.util.List;
import java.util.Set;

/**
 * A Relu that alone reads a Conv, Gemm or MatMul becomes the activation of that node, and so does a Clip that does nothing
 * else because its upper bound lies at or above the largest integer. Other activations cannot.
 */
final class ReluFusion {
    private static final Set<String> FUSING = Set.of("Conv", "Gemm", "MatMul");

    private ReluFusion() {}

    static void run(Draft draft) {
        for (DraftNode node : List.copyOf(draft.nodes)) {
            if (!node.isQuantized() || !FUSING.contains(node.type)) {
                continue;
            }
            DraftNode next = draft.onlyReader(node.output());
            boolean fused = next != null && next.bits == node.bits && isRelu(draft, node, next);
            node.attribute(ChipNode.ACTIVATION, fused ? "Relu" : "Linear");
            if (fused) {
                node.outputs.set(0, next.output());
                draft.nodes.remove(next);
            }
        }
    }

    private static boolean isRelu(Draft draft, DraftNode node, DraftNode next) {
        Op op = next.op;
        Encoding held = next.output().encoding;
        return op instanceof Relu
                || op instanceof Clip(float min, float max) && !draft.options.parity()
                && held.equals(node.output().encoding) && held.equals(next.wanted(0))
                && quantized(min, held, draft.target()) == 0
                && quantized(max, held, draft.target()) == (1L << (held.bits() - 1)) - 1;
    }

    private static long quantized(float bound, Encoding held, Target target) {
        return ParameterQuantization.quantize(bound, held.exponent(), held.bits(), target.rounding());
    }
}
