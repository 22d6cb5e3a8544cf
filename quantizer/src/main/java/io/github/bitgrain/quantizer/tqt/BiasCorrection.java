package io.github.bitgrain.quantizer.tqt;

import io.github.bitgrain.core.exec.Executor;
import io.github.bitgrain.core.graph.Graph;
import io.github.bitgrain.core.graph.Model;
import io.github.bitgrain.core.graph.Node;
import io.github.bitgrain.core.op.MatMul;
import io.github.bitgrain.core.quant.FakeQuantization;
import io.github.bitgrain.core.quant.Slot;
import io.github.bitgrain.core.tensor.Tensor;
import java.util.List;
import java.util.Map;

/**
 * Takes out the mean error of every channel (Nagel et al. 2019, section 4.2, on data): node by node, with everything before
 * already quantized and corrected, the difference of the float and the quantized mean goes into the bias.
 */
final class BiasCorrection {
    private BiasCorrection() {}

    static void apply(QuantizedTwin twin, List<Map<String, Tensor>> batches, int threads) {
        Graph graph = twin.graph();
        List<Node> nodes = graph.nodes().stream()
                .filter(node -> BlockBuilder.isComputing(node) && !(node.op() instanceof MatMul) && node.hasInput(2) && graph.isParameter(node.input(2)))
                .toList();
        List<String> outputs = nodes.stream().map(Node::output).toList();
        Map<String, double[]> wanted = new java.util.LinkedHashMap<>();
        try (Executor executor = new Executor(graph, twin.original().parameters(), Executor.Options.defaults().outputs(outputs).threads(threads))) {
            for (Map<String, Tensor> batch : batches) {
                executor.run(batch).forEach((name, tensor) -> addMeans(tensor, wanted.computeIfAbsent(name, key -> new double[tensor.shape().dim(1)])));
            }
        }
        Model quantized = twin.quantized();
        for (Node node : nodes) {
            boolean rounded = twin.plan().quantizes(Slot.output(node.name(), 0));
            String output = rounded ? FakeQuantization.raw(node.output()) : node.output();
            double[] found = new double[wanted.get(node.output()).length];
            try (Executor executor = new Executor(quantized.graph(), quantized.parameters(),
                    Executor.Options.defaults().outputs(List.of(output)).threads(threads))) {
                for (Map<String, Tensor> batch : batches) {
                    addMeans(executor.run(batch).get(output), found);
                }
            }
            float[] bias = twin.parameters().get(node.input(2)).data();
            for (int c = 0; c < bias.length; c++) {
                bias[c] += (float) ((wanted.get(node.output())[c] - found[c]) / batches.size());
            }
        }
    }

    private static void addMeans(Tensor tensor, double[] means) {
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
