package io.github.bitgrain.quantizer.equalize;

import io.github.bitgrain.core.graph.Graph;
import io.github.bitgrain.core.graph.Model;
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

/**
 * Cross-layer equalization of weights as ESP-PPQ does it (esp-ppq: quantization/algorithm/equalization.py, after Nagel et al. 2019):
 * layers that are joined by activations which commute with positive factors share their ranges per channel. A Clip breaks the
 * chain; {@link RangeEqualization} is the way through it.
 */
public final class LayerEqualization {
    private static final Set<Class<? extends Op>> RELAYS = Set.of(
            Relu.class, MaxPool.class, GlobalMaxPool.class, PRelu.class, AveragePool.class, GlobalAveragePool.class, LeakyRelu.class, Identity.class);
    private static final Set<Class<? extends Op>> SUMS = Set.of(Add.class, Sub.class);
    private static final float LARGEST_FACTOR = 10;

    private final Graph graph;
    private final Parameters parameters;
    private final EqualizationSetting setting;

    private LayerEqualization(Model model, EqualizationSetting setting) {
        graph = model.graph();
        parameters = model.parameters().copy();
        this.setting = setting;
    }

    /** Layers whose output channels are scaled, and those whose input channels are scaled back. */
    private record Pair(List<Node> upstream, List<Node> downstream) {}

    /** The equalized network: the same function, other weights. */
    public static Model apply(Model model, EqualizationSetting setting) {
        LayerEqualization pass = new LayerEqualization(model, setting);
        List<Pair> pairs = pass.pairs();
        for (int i = 0; i < setting.iterations(); i++) {
            pairs.forEach(pass::equalize);
        }
        return new Model(model.graph(), pass.parameters);
    }

    private boolean isLayer(Node node) {
        return (node.op() instanceof Conv || node.op() instanceof Gemm) && graph.isParameter(node.input(1));
    }

    private boolean isRelay(Node node) {
        return RELAYS.contains(node.op().getClass()) || setting.optLevel() > 1 && SUMS.contains(node.op().getClass());
    }

    private List<Pair> pairs() {
        List<Pair> pairs = new ArrayList<>();
        Set<Node> visited = new HashSet<>();
        Set<String> wanted = new HashSet<>(setting.interestedLayers());
        for (Node node : graph.nodes()) {
            if (!isLayer(node) || visited.contains(node) || !wanted.isEmpty() && !wanted.contains(node.name())) {
                continue;
            }
            Set<Node> downstream = ends(List.of(node), false);
            Set<Node> upstream = ends(downstream, true);
            visited.addAll(upstream);
            boolean closed = !downstream.isEmpty() && upstream.stream().allMatch(this::isLayer) && downstream.stream().allMatch(this::isLayer);
            if (closed && channelsAgree(upstream, downstream)) {
                pairs.add(new Pair(List.copyOf(upstream), List.copyOf(downstream)));
            }
        }
        return pairs;
    }

    /** The first nodes that are no relays, from {@code starts} downwards or upwards. */
    private Set<Node> ends(Iterable<Node> starts, boolean up) {
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

    private float[] weights(Node node) {
        return parameters.get(node.input(1)).data();
    }

    private void equalize(Pair pair) {
        int channels = view(pair.upstream().getFirst()).rows();
        float[] up = new float[channels];
        float[] down = new float[channels];
        for (Node node : pair.upstream()) {
            view(node).forEach(weights(node), (row, channel, value) -> up[row] = Math.max(up[row], (float) Math.abs(value)));
            if (setting.includingBias() && node.hasInput(2)) {
                float[] bias = parameters.get(node.input(2)).data();
                for (int c = 0; c < channels; c++) {
                    up[c] = Math.max(up[c], Math.abs(bias[c]) * (float) setting.biasMultiplier());
                }
            }
        }
        for (Node node : pair.downstream()) {
            view(node).forEach(weights(node), (row, channel, value) -> down[channel] = Math.max(down[channel], (float) Math.abs(value)));
        }
        float[] factor = new float[channels];
        for (int c = 0; c < channels; c++) {
            float both = up[c] + down[c];
            factor[c] = both == 0 || both < (float) setting.valueThreshold()
                    ? 1
                    : Math.clamp(1 / (float) Math.sqrt(up[c] / down[c]), 1 / LARGEST_FACTOR, LARGEST_FACTOR);
        }
        for (Node node : pair.upstream()) {
            view(node).change(weights(node), (row, channel, value) -> (float) value * factor[row]);
            if (node.hasInput(2)) {
                float[] bias = parameters.get(node.input(2)).data();
                for (int c = 0; c < channels; c++) {
                    bias[c] *= factor[c];
                }
            }
        }
        for (Node node : pair.downstream()) {
            view(node).change(weights(node), (row, channel, value) -> (float) value / factor[channel]);
        }
    }
}
