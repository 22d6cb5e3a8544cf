package io.github.bitgrain.quantizer.plan;

import io.github.bitgrain.core.graph.Graph;
import io.github.bitgrain.core.graph.Node;
import io.github.bitgrain.core.quant.QuantPlan;
import io.github.bitgrain.core.quant.Slot;
import io.github.bitgrain.core.quant.SlotState;
import io.github.bitgrain.quantizer.Profile;

/**
 * Inputs of Add, Sub, Concat and Resize take the exponent of the output, and so does what makes them where nothing else reads it. Under
 * ESP-PPQ a maker at 8 bits takes the exponent of an operator at 16 bits too, whose range it cannot hold; improved, it keeps its own
 * and is requantized.
 */
public final class Alignment {
    private Alignment() {}

    /** The calibrated plan with aligned operators. */
    public static QuantPlan apply(Graph graph, QuantPlan plan, Profile profile) {
        QuantPlan.Builder edit = plan.edit();
        for (Node node : graph.nodes()) {
            if (plan.isQuantized(node.name()) && OperatorTraits.alignsToOutput(node.op())) {
                align(graph, plan, node, profile, edit);
            }
            if (plan.isQuantized(node.name()) && OperatorTraits.isRecurrent(node.op())) {
                alignStates(node, edit);
            }
        }
        return edit.build();
    }

    /** Initial and last state of a recurrent operator are held as its states are. */
    private static void alignStates(Node node, QuantPlan.Builder edit) {
        Slot master = Slot.output(node.name(), 0);
        for (int i = 0; i < node.inputs().size(); i++) {
            if (OperatorTraits.isState(node.op(), true, i) && node.hasInput(i)) {
                edit.follow(Slot.input(node.name(), i), master);
            }
        }
        for (int i = 0; i < node.outputs().size(); i++) {
            if (OperatorTraits.isState(node.op(), false, i)) {
                edit.follow(Slot.output(node.name(), i), master);
            }
        }
    }

    private static void align(Graph graph, QuantPlan plan, Node node, Profile profile, QuantPlan.Builder edit) {
        Slot master = Slot.output(node.name(), 0);
        for (int i = 0; i < node.inputs().size(); i++) {
            Slot slot = Slot.input(node.name(), i);
            if (!node.isTensorInput(i) || edit.config(slot).state() == SlotState.FP32 || edit.root(master).equals(slot)) {
                continue;
            }
            edit.follow(slot, master);
            Node maker = graph.producer(node.input(i));
            boolean follows = maker != null && plan.isQuantized(maker.name()) && !OperatorTraits.isPassive(maker.op())
                    && graph.consumers(node.input(i)).size() == 1 && maker.outputs().size() == 1
                    && !OperatorTraits.hasFloatOutput(maker.op())
                    && (profile.isParity() || plan.bits(maker.name()) == plan.bits(node.name()));
            if (follows && !edit.root(master).equals(Slot.output(maker.name(), 0))) {
                edit.follow(Slot.output(maker.name(), 0), master);
            }
        }
    }
}
