package io.github.bitgrain.quantizer.plan;

import io.github.bitgrain.core.graph.Graph;
import io.github.bitgrain.core.graph.Node;
import io.github.bitgrain.core.op.Relu;
import io.github.bitgrain.core.quant.QuantPlan;
import io.github.bitgrain.core.quant.Slot;
import io.github.bitgrain.core.quant.SlotConfig;
import io.github.bitgrain.core.quant.SlotState;
import java.util.List;

/**
 * Links slots that carry the same values: an activation with what it is fused into, the two sides of a passive operator, a
 * result with its readers.
 */
public final class Fusion {
    private Fusion() {}

    /** The plan with all links. */
    public static QuantPlan apply(Graph graph, QuantPlan plan) {
        QuantPlan.Builder edit = plan.edit();
        for (Node node : graph.nodes()) {
            if (plan.isQuantized(node.name())) {
                fuseActivation(graph, plan, node, edit);
            }
        }
        QuantPlan raised = edit.build();
        QuantPlan.Builder links = raised.edit();
        for (Node node : graph.nodes()) {
            if (raised.isQuantized(node.name())) {
                passThrough(graph, raised, node, links);
            }
        }
        for (Node node : graph.nodes()) {
            if (raised.isQuantized(node.name())) {
                readFromProducers(graph, raised, node, links);
            }
        }
        return links.build();
    }

    /** node → Relu or Clip, and nothing else reads the node. */
    private static void fuseActivation(Graph graph, QuantPlan plan, Node node, QuantPlan.Builder edit) {
        if (node.outputs().size() != 1) {
            return;
        }
        List<Node> readers = graph.consumers(node.output());
        if (readers.size() != 1 || !OperatorTraits.isFusedActivation(readers.getFirst().op()) || OperatorTraits.hasFloatOutput(node.op())) {
            return;
        }
        Node activation = readers.getFirst();
        if (!plan.isQuantized(activation.name())) {
            return;
        }
        if (plan.bits(activation.name()) != plan.bits(node.name())) {
            if (!OperatorTraits.isComputing(node.op()) || !(activation.op() instanceof Relu)) {
                return;
            }
            raise(edit, activation, Math.max(plan.bits(activation.name()), plan.bits(node.name())));
        }
        Slot result = Slot.output(activation.name(), 0);
        if (!edit.root(Slot.output(node.name(), 0)).equals(edit.root(result))) {
            edit.dominate(Slot.output(node.name(), 0), result);
        }
        if (!edit.root(Slot.input(activation.name(), 0)).equals(edit.root(result))) {
            edit.dominate(Slot.input(activation.name(), 0), result);
        }
    }

    private static void raise(QuantPlan.Builder edit, Node node, int bits) {
        edit.bits(node.name(), bits);
        for (Slot slot : List.of(Slot.input(node.name(), 0), Slot.output(node.name(), 0))) {
            edit.put(slot, edit.config(slot).withBits(bits));
        }
    }

    private static void passThrough(Graph graph, QuantPlan plan, Node node, QuantPlan.Builder links) {
        if (!OperatorTraits.isPassive(node.op())) {
            return;
        }
        int operand = OperatorTraits.passedOperand(node.op());
        Node maker = graph.producer(node.input(operand));
        boolean table = graph.isParameter(node.input(operand)) && operand > 0;
        if (!table && (maker == null || plan.bits(maker.name()) != plan.bits(node.name()))) {
            return;
        }
        Slot from = Slot.input(node.name(), operand);
        for (int i = 0; i < node.outputs().size(); i++) {
            Slot output = Slot.output(node.name(), i);
            if (!links.root(output).equals(links.root(from))) {
                links.dominate(output, from);
            }
        }
    }

    private static void readFromProducers(Graph graph, QuantPlan plan, Node node, QuantPlan.Builder links) {
        for (int i = 0; i < node.inputs().size(); i++) {
            Slot slot = Slot.input(node.name(), i);
            Node maker = node.isTensorInput(i) ? graph.producer(node.input(i)) : null;
            if (maker == null || plan.bits(maker.name()) != plan.bits(node.name()) || links.config(slot).state() != SlotState.INITIAL) {
                continue;
            }
            Slot source = Slot.output(maker.name(), maker.outputs().indexOf(node.input(i)));
            SlotConfig made = links.config(source);
            if (made.state() != SlotState.FP32 && made.sameScheme(links.config(slot)) && !links.root(slot).equals(links.root(source))) {
                links.dominate(slot, source);
            }
        }
    }
}
