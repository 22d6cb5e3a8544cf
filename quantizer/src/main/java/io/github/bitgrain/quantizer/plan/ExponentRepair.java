package io.github.bitgrain.quantizer.plan;

import io.github.bitgrain.core.graph.Graph;
import io.github.bitgrain.core.graph.Node;
import io.github.bitgrain.core.op.Mul;
import io.github.bitgrain.core.quant.Exponents;
import io.github.bitgrain.core.quant.QuantPlan;
import io.github.bitgrain.core.quant.Slot;

/**
 * The chip shifts an accumulator to the right only: {@code e_out >= e_a + e_b} for every channel. Where calibration found
 * less, the output exponent is raised; ESP-PPQ only logs it (defect D21).
 */
public final class ExponentRepair {
    private ExponentRepair() {}

    /** The plan in which every computing or multiplying node can shift. */
    public static QuantPlan apply(Graph graph, QuantPlan plan) {
        QuantPlan.Builder edit = plan.edit();
        for (Node node : graph.nodes()) {
            boolean multiplies = OperatorTraits.isComputing(node.op()) || node.op() instanceof Mul;
            if (!multiplies || !plan.isQuantized(node.name())) {
                continue;
            }
            Slot output = Slot.output(node.name(), 0);
            int product = edit.exponents(Slot.input(node.name(), 0)).max() + edit.exponents(Slot.input(node.name(), 1)).max();
            if (edit.exponents(output).min() < product) {
                edit.exponents(edit.root(output), Exponents.of(product));
            }
        }
        return edit.build();
    }
}
