package io.github.bitgrain.quantizer.equalize;

import io.github.bitgrain.core.graph.Graph;
import io.github.bitgrain.core.graph.Node;
import io.github.bitgrain.core.op.Add;
import io.github.bitgrain.core.op.AveragePool;
import io.github.bitgrain.core.op.Clip;
import io.github.bitgrain.core.op.Conv;
import io.github.bitgrain.core.op.Flatten;
import io.github.bitgrain.core.op.Gemm;
import io.github.bitgrain.core.op.GlobalAveragePool;
import io.github.bitgrain.core.op.GlobalMaxPool;
import io.github.bitgrain.core.op.Identity;
import io.github.bitgrain.core.op.LeakyRelu;
import io.github.bitgrain.core.op.MaxPool;
import io.github.bitgrain.core.op.Relu;
import io.github.bitgrain.core.op.Sub;
import io.github.bitgrain.core.tensor.Shape;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;

/**
 * Which values must share their channel scales: the two sides of an operator that multiplies every channel's output when it
 * multiplies that channel's input (activations, pooling, sums). A group is free when every way in and out of it leads
 * through weights that can take the scale up; one that touches a graph input or output, or any other operator, is not.
 */
final class ChannelGroups {
    private final Graph graph;
    private final Map<String, Shape> shapes;
    private final Map<String, String> parents = new HashMap<>();
    private final Set<String> fixed = new LinkedHashSet<>();
    private final Map<String, List<String>> members = new LinkedHashMap<>();

    ChannelGroups(Graph graph, Map<String, Shape> shapes, Predicate<Node> equalizable) {
        this.graph = graph;
        this.shapes = shapes;
        graph.inputs().keySet().forEach(this::fix);
        for (Node node : graph.nodes()) {
            visit(node, equalizable.test(node));
        }
        graph.outputs().forEach(this::fix);
        Set<String> fixedRoots = new LinkedHashSet<>();
        fixed.forEach(value -> fixedRoots.add(root(value)));
        for (Node node : graph.nodes()) {
            for (String value : node.outputs()) {
                if (!value.isEmpty() && !fixedRoots.contains(root(value))) {
                    members.computeIfAbsent(root(value), key -> new ArrayList<>()).add(value);
                }
            }
        }
    }

    /** Free groups: root → members in graph order. */
    Map<String, List<String>> members() {
        return members;
    }

    /** The free group of a value, or null. */
    String group(String value) {
        String root = root(value);
        return members.containsKey(root) ? root : null;
    }

    /** Whether the node is an activation that is zero for negative values. */
    static boolean isRectifier(Node node) {
        return node.op() instanceof Relu || node.op() instanceof Clip clip && clip.min() == 0 && clip.max() > 0;
    }

    /** Whether the node has weights that can take scales up on both sides. */
    boolean isWeighted(Node node) {
        return node.isTensorInput(1) && graph.isParameter(node.input(1)) && (!node.hasInput(2) || graph.isParameter(node.input(2)))
                && !graph.isParameter(node.input(0))
                && (node.op() instanceof Conv || node.op() instanceof Gemm gemm && !gemm.transA() && gemm.alpha() == 1 && gemm.beta() == 1
                        && shapes.get(node.input(0)).rank() == 2);
    }

    /** Whether values pass the node channel by channel, in any order of scaling. */
    private boolean isTransparent(Node node) {
        return isRectifier(node) || node.op() instanceof LeakyRelu || node.op() instanceof MaxPool || node.op() instanceof AveragePool
                || node.op() instanceof GlobalAveragePool || node.op() instanceof GlobalMaxPool || node.op() instanceof Identity
                || node.op() instanceof Flatten flatten && flatten.axis() == 1
                || (node.op() instanceof Add || node.op() instanceof Sub) && shapes.get(node.input(0)).equals(shapes.get(node.input(1)))
                        && !graph.isParameter(node.input(0)) && !graph.isParameter(node.input(1));
    }

    private void visit(Node node, boolean equalizable) {
        if (isWeighted(node)) {
            if (!equalizable) {
                fix(node.input(0));
                fix(node.output());
            }
            return;
        }
        boolean transparent = isTransparent(node) && node.outputs().size() == 1 && shapes.get(node.output()).rank() >= 2;
        for (int i = 0; i < node.inputs().size(); i++) {
            if (node.isTensorInput(i) && !graph.isParameter(node.input(i))) {
                if (transparent) {
                    parents.put(root(node.input(i)), root(node.output()));
                } else {
                    fix(node.input(i));
                }
            }
        }
        if (!transparent) {
            node.outputs().stream().filter(value -> !value.isEmpty()).forEach(this::fix);
        }
    }

    private void fix(String value) {
        fixed.add(value);
    }

    private String root(String value) {
        String at = value;
        for (String next = parents.get(at); next != null && !next.equals(at); next = parents.get(at)) {
            at = next;
        }
        return at;
    }
}
