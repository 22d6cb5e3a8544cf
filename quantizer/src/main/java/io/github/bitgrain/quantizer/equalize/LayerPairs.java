package io.github.bitgrain.quantizer.equalize;

import io.github.bitgrain.core.BitgrainException;
import io.github.bitgrain.core.graph.Graph;
import io.github.bitgrain.core.graph.Node;
import io.github.bitgrain.core.graph.Parameters;
import io.github.bitgrain.core.op.Add;
import io.github.bitgrain.core.op.AveragePool;
import io.github.bitgrain.core.op.Conv;
import io.github.bitgrain.core.op.Gemm;
import io.github.bitgrain.core.op.GlobalAveragePool;
import io.github.bitgrain.core.op.GlobalMaxPool;
import io.github.bitgrain.core.op.Identity;
import io.github.bitgrain.core.op.LeakyRelu;
import io.github.bitgrain.core.op.MaxPool;
import io.github.bitgrain.core.op.Op;
import io.github.bitgrain.core.op.PRelu;
import io.github.bitgrain.core.op.Relu;
import io.github.bitgrain.core.op.Sub;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** Layers joined by operators that work on each channel alone, as ESP-PPQ finds them (esp-ppq: quantization/optim/equalization.py). */
final class LayerPairs {
    private static final Set<Class<? extends Op>> RELAYS = Set.of(
            Relu.class, MaxPool.class, GlobalMaxPool.class, PRelu.class, AveragePool.class, GlobalAveragePool.class, LeakyRelu.class, Identity.class);
    private static final Set<Class<? extends Op>> SUMS = Set.of(Add.class, Sub.class);

    private final Graph graph;
    private final Parameters parameters;
    private final boolean sums;

    private LayerPairs(Graph graph, Parameters parameters, int optLevel) {
        this.graph = graph;
        this.parameters = parameters;
        this.sums = optLevel > 1;
    }

    /** Layers whose output channels are the input channels of others, and what stands between. */
    record Pair(List<Node> upstream, List<Node> downstream, List<Node> relays) {}

    /**
     * Checks what the settings of all that works on pairs have in common.
     *
     * @param group name of the group of settings
     * @throws BitgrainException (usage) naming the setting
     */
    static void check(String group, int optLevel, int iterations) {
        if (optLevel != 1 && optLevel != 2) {
            throw BitgrainException.usage(group + ".opt_level: " + optLevel + " is neither 1 nor 2");
        }
        if (iterations < 1) {
            throw BitgrainException.usage(group + ".iterations: " + iterations + " is less than 1");
        }
    }

    /**
     * All pairs.
     *
     * @param optLevel 1: through activations and pooling; 2: through sums too
     * @param interested layers whose pairs are wanted; empty: all
     */
    static List<Pair> of(Graph graph, Parameters parameters, int optLevel, List<String> interested) {
        return new LayerPairs(graph, parameters, optLevel).pairs(new HashSet<>(interested));
    }

    private List<Pair> pairs(Set<String> wanted) {
        List<Pair> pairs = new ArrayList<>();
        Set<Node> visited = new HashSet<>();
        for (Node node : graph.nodes()) {
            if (!isLayer(node) || visited.contains(node) || !wanted.isEmpty() && !wanted.contains(node.name())) {
                continue;
            }
            Set<Node> relays = new LinkedHashSet<>();
            Set<Node> downstream = ends(List.of(node), false, relays);
            Set<Node> upstream = ends(downstream, true, relays);
            visited.addAll(upstream);
            boolean closed = !downstream.isEmpty() && upstream.stream().allMatch(this::isLayer) && downstream.stream().allMatch(this::isLayer);
            if (closed && channelsAgree(upstream, downstream)) {
                pairs.add(new Pair(List.copyOf(upstream), List.copyOf(downstream), List.copyOf(relays)));
            }
        }
        return pairs;
    }

    private boolean isLayer(Node node) {
        return (node.op() instanceof Conv || node.op() instanceof Gemm) && graph.isParameter(node.input(1));
    }

    private boolean isRelay(Node node) {
        return RELAYS.contains(node.op().getClass()) || sums && SUMS.contains(node.op().getClass());
    }

    /** The first nodes that are no relays, from {@code starts} downwards or upwards. */
    private Set<Node> ends(Iterable<Node> starts, boolean up, Set<Node> relays) {
        Set<Node> ends = new LinkedHashSet<>();
        Set<Node> seen = new HashSet<>();
        Deque<Node> queue = new ArrayDeque<>();
        for (Node start : starts) {
            queue.addAll(neighbours(start, up));
        }
        while (!queue.isEmpty()) {
            Node node = queue.remove();
            if (!seen.add(node)) {
                continue;
            }
            if (isRelay(node)) {
                relays.add(node);
                queue.addAll(neighbours(node, up));
            } else {
                ends.add(node);
            }
        }
        return ends;
    }

    private List<Node> neighbours(Node node, boolean up) {
        List<Node> found = new ArrayList<>();
        if (up) {
            for (int i = 0; i < node.inputs().size(); i++) {
                Node maker = node.isTensorInput(i) ? graph.producer(node.input(i)) : null;
                if (maker != null) {
                    found.add(maker);
                }
            }
        } else {
            node.outputs().forEach(output -> found.addAll(graph.consumers(output)));
        }
        return found;
    }

    private boolean channelsAgree(Set<Node> upstream, Set<Node> downstream) {
        Set<Integer> counts = new HashSet<>();
        upstream.forEach(node -> counts.add(view(node).rows()));
        downstream.forEach(node -> counts.add(view(node).channels()));
        return counts.size() == 1;
    }

    private WeightView view(Node node) {
        return new WeightView(node, parameters.get(node.input(1)).shape());
    }
}
