package io.github.bitgrain.quantizer.tqt;

import io.github.bitgrain.core.exec.Executor;
import io.github.bitgrain.core.graph.Graph;
import io.github.bitgrain.core.graph.Node;
import io.github.bitgrain.core.graph.Parameters;
import io.github.bitgrain.core.op.MatMul;
import io.github.bitgrain.core.quant.FakeQuantization;
import io.github.bitgrain.core.quant.Slot;
import io.github.bitgrain.core.tensor.Shape;
import io.github.bitgrain.core.tensor.Tensor;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Takes out the mean error of every channel (Nagel et al. 2019, section 4.2, on data): node by node, with everything before
 * already quantized and corrected, the difference of the float and the quantized mean goes into the bias.
 */
final class BiasCorrection {
    private BiasCorrection() {}

    static void apply(QuantizedTwin twin, Map<String, Shape> shapes, List<Map<String, Tensor>> batches, int threads) {
        Graph graph = twin.graph();
        List<Node> nodes = graph.nodes().stream().filter(node -> hasBias(graph, node)).toList();
        Map<String, double[]> wanted = new LinkedHashMap<>();
        Executor.Options options = Executor.Options.defaults().outputs(nodes.stream().map(Node::output).toList()).threads(threads);
        if (nodes.isEmpty()) {
            return;
        }
        try (Executor executor = new Executor(graph, twin.original().parameters(), options)) {
            for (Map<String, Tensor> batch : batches) {
                executor.run(batch).forEach((name, tensor) -> addMeans(tensor, wanted.computeIfAbsent(name, key -> new double[tensor.shape().dim(1)])));
            }
        }
        Set<Node> open = new HashSet<>(nodes);
        ActivationCache cache = new ActivationCache(TqtSetting.Collecting.MEMORY, ActivationCache.LIMIT);
        try (Frontier frontier = new Frontier(graph, shapes, twin::expansion, twin.parameters(), batches, cache, List.of(), threads)) {
            for (Node node : nodes) {
                frontier.advanceTo(List.of(node.input(0)), open);
                correct(twin, node, wanted.get(node.output()), found(twin, shapes, node, frontier, batches.size(), threads), batches.size());
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

    private static double[] found(QuantizedTwin twin, Map<String, Shape> shapes, Node node, Frontier frontier, int batches, int threads) {
        boolean rounded = twin.plan().isQuantized(node.name()) && twin.plan().quantizes(Slot.output(node.name(), 0));
        String output = rounded ? FakeQuantization.raw(node.output()) : node.output();
        Graph part = Frontier.part(twin.graph(), shapes, List.of(node), twin::expansion, List.of(output));
        Parameters parameters = twin.parameters();
        double[] found = new double[shapes.get(node.output()).dim(1)];
        try (Executor executor = new Executor(part, parameters, Executor.Options.defaults().threads(threads))) {
            for (int b = 0; b < batches; b++) {
                addMeans(executor.run(frontier.values(part.inputs().keySet(), b)).get(output), found);
            }
        }
        return found;
    }

    private static void correct(QuantizedTwin twin, Node node, double[] wanted, double[] found, int batches) {
        float[] bias = twin.parameters().get(node.input(2)).data();
        for (int c = 0; c < bias.length; c++) {
            bias[c] += (float) ((wanted[c] - found[c]) / batches);
        }
    }

    /** Adds the mean of every channel (axis 1) of a batch. */
    static void addMeans(Tensor tensor, double[] means) {
        int channels = tensor.shape().dim(1);
        int inner = tensor.shape().size(2, tensor.shape().rank());
        double scale = 1.0 / ((double) tensor.shape().dim(0) * inner);
        for (int row = 0; row < tensor.size() / inner; row++) {
            double sum = 0;
            for (int i = row * inner; i < (row + 1) * inner; i++) {
                sum += tensor.data()[i];
            }
            means[row % channels] += sum * scale;
        }
    }
}
