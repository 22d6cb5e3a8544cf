package io.github.bitgrain.quantizer.head;

import io.github.bitgrain.core.data.DataSource;
import io.github.bitgrain.core.exec.Executor;
import io.github.bitgrain.core.graph.Graph;
import io.github.bitgrain.core.graph.Model;
import io.github.bitgrain.core.graph.Node;
import io.github.bitgrain.core.op.Concat;
import io.github.bitgrain.core.stats.Extremes;
import io.github.bitgrain.core.tensor.Tensor;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What values lose that a head puts side by side under one scale.
 *
 * @param joined the value that holds them
 * @param part the one that loses most
 * @param lostBits bits that it has less than it would have under a scale of its own
 */
public record SharedScale(String joined, String part, int lostBits) {
    /**
     * The worst case among the joints of a head, or null if nothing loses a bit.
     *
     * @param network the whole network, in float
     * @param head its head
     * @param samples inputs of the network; they tell the ranges
     */
    public static SharedScale worst(Model network, NetworkHead head, DataSource samples, int threads) {
        Graph graph = network.graph();
        List<Node> joints = head.head().graph().nodes().stream().filter(node -> node.op() instanceof Concat).toList();
        Map<String, Float> largest = new LinkedHashMap<>();
        joints.forEach(joint -> HeadNodes.values(graph, joint).forEach(value -> largest.put(value, 0f)));
        if (largest.isEmpty()) {
            return null;
        }
        Executor.Options options = Executor.Options.defaults().outputs(List.copyOf(largest.keySet())).threads(threads);
        try (Executor executor = new Executor(graph, network.parameters(), options)) {
            for (Map<String, Tensor> sample : samples.batches(1)) {
                executor.run(sample).forEach((value, tensor) -> largest.merge(value, Extremes.of(tensor.data(), 0, tensor.size()).amax(), Math::max));
            }
        }
        SharedScale worst = null;
        for (Node joint : joints) {
            List<String> parts = HeadNodes.values(graph, joint).toList();
            float all = parts.stream().map(largest::get).max(Float::compare).orElse(0f);
            for (String part : parts) {
                int lost = largest.get(part) == 0 ? 0 : Math.getExponent(all) - Math.getExponent(largest.get(part));
                if (lost > (worst == null ? 0 : worst.lostBits())) {
                    worst = new SharedScale(joint.output(), part, lost);
                }
            }
        }
        return worst;
    }
}
