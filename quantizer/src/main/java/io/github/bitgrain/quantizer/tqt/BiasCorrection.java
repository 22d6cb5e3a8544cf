package io.github.bitgrain.quantizer.tqt;

import io.github.bitgrain.core.exec.Executor;
import io.github.bitgrain.core.graph.Graph;
import io.github.bitgrain.core.graph.Node;
import io.github.bitgrain.core.op.MatMul;
import io.github.bitgrain.core.tensor.Shape;
import io.github.bitgrain.core.tensor.Tensor;
import io.github.bitgrain.quantizer.walk.ActivationCache;
import io.github.bitgrain.quantizer.walk.Frontier;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * Takes out the mean error of every channel (Nagel et al. 2019, section 4.2, on data): node by node, with everything before
 * already quantized and corrected, the difference of the float and the quantized mean goes into the bias.
 */
final class BiasCorrection {
    private BiasCorrection() {}

    static void apply(QuantizedTwin twin, Map<String, Shape> shapes, List<Map<String, Tensor>> batches, int threads) {
        Graph graph = twin.graph();
        List<Node> nodes = graph.nodes().stream().filter(node -> hasBias(graph, node)).toList();
        ChannelMeans wanted = new ChannelMeans();
        Executor.Options options = Executor.Options.defaults().outputs(nodes.stream().map(Node::output).toList()).threads(threads);
        if (nodes.isEmpty()) {
            return;
        }
        try (Executor executor = new Executor(graph, twin.original().parameters(), options)) {
            batches.forEach(batch -> wanted.add(executor.run(batch)));
        }
        List<Integer> all = IntStream.range(0, batches.size()).boxed().toList();
        Set<Node> open = new HashSet<>(nodes);
        ActivationCache cache = new ActivationCache(false, ActivationCache.LIMIT);
        try (Frontier frontier = new Frontier(graph, shapes, twin::expansion, twin.parameters(), batches, cache, List.of(), threads)) {
            for (Node node : nodes) {
                frontier.advanceTo(List.of(node.input(0)), open);
                String raw = twin.raw(node);
                double[] found = ChannelMeans.of(List.of(raw), List.of(node), frontier, frontier, all).sum(raw);
                correct(twin, node, wanted.sum(node.output()), found, batches.size());
                open.remove(node);
                frontier.run(List.of(node), open);
            }
        }
    }

    /** Whether the node adds a parameter to its products. */
    static boolean hasBias(Graph graph, Node node) {
        return BlockBuilder.isComputing(node) && !(node.op() instanceof MatMul) && node.hasInput(2) && graph.isParameter(node.input(2))
                && !graph.isParameter(node.input(0));
    }

    private static void correct(QuantizedTwin twin, Node node, double[] wanted, double[] found, int batches) {
        float[] bias = twin.parameters().get(node.input(2)).data();
        for (int c = 0; c < bias.length; c++) {
            bias[c] += (float) ((wanted[c] - found[c]) / batches);
        }
    }
}
