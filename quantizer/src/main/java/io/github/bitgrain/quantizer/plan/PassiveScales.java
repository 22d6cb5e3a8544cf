package io.github.bitgrain.quantizer.plan;

import io.github.bitgrain.core.BitgrainException;
import io.github.bitgrain.core.graph.Graph;
import io.github.bitgrain.core.graph.Node;
import io.github.bitgrain.core.quant.Exponents;
import io.github.bitgrain.core.quant.QuantPlan;
import io.github.bitgrain.core.quant.Slot;
import io.github.bitgrain.core.quant.SlotState;

/** Scales that follow from others: a bias has that of its accumulator, a bound that of the input. */
public final class PassiveScales {
    private PassiveScales() {}

    /** The plan with derived scales; to be applied again after other exponents have changed. */
    public static QuantPlan apply(Graph graph, QuantPlan plan) {
        QuantPlan.Builder edit = plan.edit();
        for (Node node : graph.nodes()) {
            if (!plan.isQuantized(node.name())) {
                continue;
            }
            if (hasBias(node, plan)) {
                deriveBias(node, edit);
            }
            gates(node, edit);
            for (int i = 1; i < node.inputs().size(); i++) {
                if (PlanCreation.followsInput(node, i)) {
                    edit.follow(Slot.input(node.name(), i), Slot.input(node.name(), 0));
                }
            }
        }
        return edit.build();
    }

    /** The plan with the scale of one node's bias, if the node has one and input and weight have scales. */
    public static QuantPlan biasOf(Node node, QuantPlan plan) {
        boolean known = plan.isQuantized(node.name()) && hasBias(node, plan) && plan.exponents(Slot.input(node.name(), 0)) != null
                && plan.exponents(Slot.input(node.name(), 1)) != null;
        if (!known) {
            return plan;
        }
        QuantPlan.Builder edit = plan.edit();
        deriveBias(node, edit);
        return edit.build();
    }

    private static boolean hasBias(Node node, QuantPlan plan) {
        return OperatorTraits.hasBias(node.op()) && plan.has(Slot.input(node.name(), 2)) && node.hasInput(2);
    }

    /** Biases and cells of recurrent operators have the scale of their gates. */
    private static void gates(Node node, QuantPlan.Builder edit) {
        int exponent = OperatorTraits.gateExponent(node.op());
        for (int i = 0; i < node.inputs().size(); i++) {
            if (OperatorTraits.isGate(node.op(), true, i) && node.hasInput(i)) {
                gate(Slot.input(node.name(), i), exponent, edit);
            }
        }
        for (int i = 0; i < node.outputs().size(); i++) {
            if (OperatorTraits.isGate(node.op(), false, i)) {
                gate(Slot.output(node.name(), i), exponent, edit);
            }
        }
    }

    private static void gate(Slot slot, int exponent, QuantPlan.Builder edit) {
        edit.exponents(slot, Exponents.of(exponent)).state(slot, SlotState.PASSIVE);
    }

    private static void deriveBias(Node node, QuantPlan.Builder edit) {
        Exponents x = edit.exponents(Slot.input(node.name(), 0));
        Exponents w = edit.exponents(Slot.input(node.name(), 1));
        if (x == null || w == null) {
            throw new BitgrainException(BitgrainException.Kind.INTERNAL,
                    "node \"" + node.name() + "\": the bias has no scale, since input or weight was not calibrated");
        }
        Slot bias = Slot.input(node.name(), 2);
        edit.exponents(bias, w.plus(x.single())).state(bias, SlotState.PASSIVE);
    }
}
