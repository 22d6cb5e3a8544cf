package io.github.bitgrain.quantizer.search;

import io.github.bitgrain.core.graph.Graph;
import io.github.bitgrain.core.graph.Node;
import io.github.bitgrain.core.op.Clip;
import io.github.bitgrain.core.op.Elu;
import io.github.bitgrain.core.op.Gelu;
import io.github.bitgrain.core.op.HardSigmoid;
import io.github.bitgrain.core.op.HardSwish;
import io.github.bitgrain.core.op.LeakyRelu;
import io.github.bitgrain.core.op.Op;
import io.github.bitgrain.core.op.PRelu;
import io.github.bitgrain.core.op.Relu;
import io.github.bitgrain.core.op.Resize;
import io.github.bitgrain.core.op.Sigmoid;
import io.github.bitgrain.core.op.Swish;
import io.github.bitgrain.core.op.Tanh;
import io.github.bitgrain.core.quant.QuantPlan;
import io.github.bitgrain.quantizer.plan.OperatorTraits;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** Nodes that change their width together: an operator that rounds, with the activations behind it. */
final class LayerGroups {
    private static final Set<Class<? extends Op>> ACTIVATIONS = Set.of(Relu.class, Clip.class, Sigmoid.class, Swish.class, HardSwish.class,
            HardSigmoid.class, Tanh.class, Gelu.class, LeakyRelu.class, PRelu.class, Elu.class);

    private LayerGroups() {}

    /** The groups that the plan runs at 8 bits and that may have 16, in graph order; the first node of each names it. */
    static List<List<Node>> of(Graph graph, QuantPlan plan) {
        List<List<Node>> groups = new ArrayList<>();
        Set<String> taken = new HashSet<>();
        for (Node head : graph.nodes()) {
            if (plan.bits(head.name()) != Byte.SIZE || !mayBeWide(head.op()) || !taken.add(head.name())) {
                continue;
            }
            List<Node> group = new ArrayList<>(List.of(head));
            for (Node next = onlyReader(graph, head); next != null && ACTIVATIONS.contains(next.op().getClass())
                    && plan.bits(next.name()) == Byte.SIZE && taken.add(next.name()); next = onlyReader(graph, next)) {
                group.add(next);
            }
            groups.add(group);
        }
        return groups;
    }

    /** Recurrent operators keep their gates' widths, the chip's Resize does nothing at 16 bits, and the others do not round. */
    private static boolean mayBeWide(Op op) {
        return !OperatorTraits.isPassive(op) && !OperatorTraits.isRecurrent(op) && !OperatorTraits.hasFloatOutput(op) && !(op instanceof Resize);
    }

    private static Node onlyReader(Graph graph, Node node) {
        if (node.outputs().size() != 1 || graph.isOutput(node.output())) {
            return null;
        }
        List<Node> readers = graph.consumers(node.output());
        return readers.size() == 1 ? readers.getFirst() : null;
    }

    /** The nodes together with those that pass on nothing but their values and would otherwise narrow them in between. */
    static Set<String> withPassive(Graph graph, QuantPlan plan, Set<String> wide) {
        Set<String> all = new LinkedHashSet<>(wide);
        for (Node node : graph.nodes()) {
            if (OperatorTraits.isPassive(node.op()) && plan.bits(node.name()) == Byte.SIZE) {
                List<Node> makers = new ArrayList<>();
                for (int i = 0; i < node.inputs().size(); i++) {
                    Node maker = node.isTensorInput(i) && node.hasInput(i) ? graph.producer(node.input(i)) : null;
                    if (maker != null) {
                        makers.add(maker);
                    }
                }
                if (!makers.isEmpty() && makers.stream().allMatch(maker -> all.contains(maker.name()))) {
                    all.add(node.name());
                }
            }
        }
        return all;
    }
}
