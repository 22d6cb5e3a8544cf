package io.github.bitgrain.quantizer.tqt;

import io.github.bitgrain.core.graph.Node;
import io.github.bitgrain.core.quant.Exponents;
import io.github.bitgrain.core.quant.QuantPlan;
import io.github.bitgrain.core.quant.Slot;
import io.github.bitgrain.core.train.Optimizer;
import io.github.bitgrain.core.train.Schedule;
import io.github.bitgrain.quantizer.plan.OperatorTraits;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;

/**
 * A learning rate for every trained tensor, in units of the step it is rounded to: the same number then suits a layer of large
 * and a layer of small weights. Rates fall along half a cosine, so that weights near a rounding threshold come to rest.
 */
public final class LearningRates {
    /** Exponent of the step of what is not quantized. */
    private static final int UNQUANTIZED = -8;

    /** What suits a bias of a block, which is told the mean error of each of its channels. */
    public static final double BIAS_SHARE = 0.25;

    private LearningRates() {}

    /**
     * One group per weight or bias among {@code names}.
     *
     * @param biasShare a bias moves by this part of its output's step where a weight moves by its own
     */
    static List<Optimizer.Group> weights(QuantizedTwin twin, Collection<String> names, double lr, double biasShare, int steps) {
        List<Optimizer.Group> groups = new ArrayList<>();
        for (Node node : twin.graph().nodes()) {
            for (int i = 0; i < node.inputs().size(); i++) {
                if (names.contains(node.input(i)) && node.isTensorInput(i)) {
                    groups.add(new Optimizer.Group(List.of(node.input(i)), Schedule.cosine(lr * step(twin, node, i, biasShare), 0, steps)));
                }
            }
        }
        return groups;
    }

    private static double step(QuantizedTwin twin, Node node, int operand, double biasShare) {
        return twin.parameters().get(node.input(operand)).size() == 0 ? 0 : step(twin.plan(), node, operand, biasShare);
    }

    /**
     * By how much a weight or bias moves at rate 1: a weight by its own step, the middle one of its channels; a bias by a part of its
     * node's output step.
     */
    public static double step(QuantPlan plan, Node node, int operand, double biasShare) {
        Slot slot = Slot.input(node.name(), operand);
        if (OperatorTraits.isBias(node.op(), operand)) {
            Slot output = Slot.output(node.name(), 0);
            if (plan.has(output) && plan.exponents(output) != null) {
                return biasShare * Math.scalb(1.0, plan.exponents(output).max());
            }
        }
        Exponents exponents = plan.has(slot) ? plan.exponents(slot) : null;
        if (exponents == null) {
            return Math.scalb(1.0, UNQUANTIZED);
        }
        int[] sorted = exponents.toArray();
        Arrays.sort(sorted);
        return Math.scalb(1.0, sorted[sorted.length / 2]);
    }
}
