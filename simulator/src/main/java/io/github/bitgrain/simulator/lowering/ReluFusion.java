package io.github.bitgrain.simulator.lowering;

import io.github.bitgrain.core.op.Relu;
import io.github.bitgrain.simulator.ChipNode;
import java.util.List;
import java.util.Set;

/** A Relu that alone reads a Conv, Gemm or MatMul becomes the activation of that node. Other activations cannot. */
final class ReluFusion {
    private static final Set<String> FUSING = Set.of("Conv", "Gemm", "MatMul");

    private ReluFusion() {}

    static void run(Draft draft) {
        for (DraftNode node : List.copyOf(draft.nodes)) {
            if (!node.isQuantized() || !FUSING.contains(node.type)) {
                continue;
            }
            DraftNode next = draft.onlyReader(node.output());
            boolean fused = next != null && next.op instanceof Relu && next.bits == node.bits;
            node.attribute(ChipNode.ACTIVATION, fused ? "Relu" : "Linear");
            if (fused) {
                node.outputs.set(0, next.output());
                draft.nodes.remove(next);
            }
        }
    }
}
