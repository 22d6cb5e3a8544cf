package io.github.bitgrain.quantizer.tqt;

import io.github.bitgrain.core.autodiff.GradientExecutor;
import io.github.bitgrain.core.graph.Graph;
import io.github.bitgrain.core.graph.Model;
import io.github.bitgrain.core.graph.Node;
import io.github.bitgrain.core.op.Add;
import io.github.bitgrain.core.tensor.Shape;
import io.github.bitgrain.core.tensor.Tensor;
import io.github.bitgrain.kernels.Kernels;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;

/**
 * How much an error in a channel of a hidden value shows in the network's output. A block that is trained on its own error
 * takes all channels to be alike; after equalization they have like ranges, yet the network hangs on some of them and hardly
 * uses others. The weights are the diagonal of the output's Gauss–Newton matrix, averaged over a channel and over samples
 * (block reconstruction of Li et al., BRECQ, 2021, section 3.2), from products of random signs with the Jacobian.
 */
final class OutputSensitivity {
    private static final int SAMPLES = 32;
    private static final int SIGNS_PER_SAMPLE = 4;
    private static final long SEED = 1;
    /** No channel is given up: the matrix is an average, and single inputs may need what most do not. */
    private static final float LEAST = 0.02f;
    private static final String LOSS = "#loss";

    private OutputSensitivity() {}

    /**
     * Weights of the channels (axis 1) of values.
     *
     * @param model float network
     * @param outputs values that count as its outputs
     * @param values hidden values
     * @param batches inputs; some samples of them are used
     * @return by value, for those on which an output depends, a weight per channel; their mean is 1
     */
    static Map<String, float[]> ofChannels(Model model, Map<String, Shape> shapes, List<String> outputs, List<String> values,
            List<Map<String, Tensor>> batches, int threads) {
        Set<String> open = new LinkedHashSet<>(values);
        Graph graph = OutputTraining.withLoss(opened(model.graph(), shapes, open, outputs), shapes);
        Set<String> disturbances = new LinkedHashSet<>();
        Map<String, Tensor> inputs = new LinkedHashMap<>();
        for (String value : open) {
            disturbances.add(disturbance(value));
            inputs.put(disturbance(value), Tensor.zeros(shapes.get(value)));
        }
        outputs.forEach(output -> inputs.put(output + "#target", Tensor.zeros(shapes.get(output))));
        Map<String, float[]> sums = new LinkedHashMap<>();
        try (GradientExecutor.Storage storage = new GradientExecutor.Storage(threads);
                GradientExecutor executor = new GradientExecutor(graph, model.parameters(), 1, LOSS, disturbances, outputs, storage, Kernels.floats())) {
            SplittableRandom random = new SplittableRandom(SEED);
            for (Map<String, Tensor> sample : samples(batches)) {
                inputs.putAll(sample);
                executor.loss(inputs);
                List<Tensor> results = outputs.stream().map(executor::read).toList();
                for (int i = 0; i < SIGNS_PER_SAMPLE; i++) {
                    for (int o = 0; o < results.size(); o++) {
                        // The gradient of the squared difference to a target one sign away is that sign times the Jacobian.
                        float[] target = inputs.get(outputs.get(o) + "#target").data();
                        for (int k = 0; k < target.length; k++) {
                            target[k] = results.get(o).data()[k] - (random.nextBoolean() ? 1 : -1);
                        }
                    }
                    executor.step(inputs);
                    Map<String, Tensor> gradients = executor.gradients();
                    open.forEach(value -> addSquares(gradients.get(disturbance(value)), sums, value));
                }
            }
        }
        sums.values().removeIf(sum -> !normalize(sum));
        return sums;
    }

    private static String disturbance(String value) {
        return value + "#disturbance";
    }

    /** The graph with a disturbance added to each value; values that cannot be disturbed are taken out of the set. */
    private static Graph opened(Graph graph, Map<String, Shape> shapes, Set<String> open, List<String> outputs) {
        Set<String> needed = new LinkedHashSet<>();
        graph.needed(outputs).forEach(node -> needed.addAll(node.outputs()));
        open.removeIf(value -> !needed.contains(value));
        List<Node> nodes = new ArrayList<>();
        Graph.Builder builder = graph.edit();
        for (Node node : graph.nodes()) {
            nodes.add(node.withOutputs(node.outputs().stream().map(name -> open.contains(name) ? name + "#undisturbed" : name).toList()));
            for (String name : node.outputs()) {
                if (open.contains(name)) {
                    builder.input(disturbance(name), shapes.get(name));
                    nodes.add(new Node(name + "#open", new Add(), List.of(name + "#undisturbed", disturbance(name)), List.of(name)));
                }
            }
        }
        return builder.nodes(nodes).outputs(outputs).build();
    }

    private static List<Map<String, Tensor>> samples(List<Map<String, Tensor>> batches) {
        int extent = batches.getFirst().values().iterator().next().shape().dim(0);
        int all = batches.size() * extent;
        int wanted = Math.min(SAMPLES, all);
        List<Map<String, Tensor>> samples = new ArrayList<>();
        for (int i = 0; i < wanted; i++) {
            int at = (int) ((long) i * all / wanted);
            Map<String, Tensor> sample = new LinkedHashMap<>();
            batches.get(at / extent).forEach((name, batch) -> {
                int size = batch.size() / extent;
                Tensor one = Tensor.zeros(batch.shape().with(0, 1));
                System.arraycopy(batch.data(), at % extent * size, one.data(), 0, size);
                sample.put(name, one);
            });
            samples.add(sample);
        }
        return samples;
    }

    private static void addSquares(Tensor gradient, Map<String, float[]> sums, String value) {
        int channels = gradient.shape().rank() < 2 ? 1 : gradient.shape().dim(1);
        float[] sum = sums.computeIfAbsent(value, key -> new float[channels]);
        int inner = gradient.size() / channels;
        for (int i = 0; i < gradient.size(); i++) {
            sum[i / inner] += gradient.data()[i] * gradient.data()[i];
        }
    }

    private static boolean normalize(float[] weights) {
        double mean = 0;
        for (float weight : weights) {
            mean += weight / (double) weights.length;
        }
        if (!(mean > 0) || Double.isInfinite(mean)) {
            return false;
        }
        double total = 0;
        for (int c = 0; c < weights.length; c++) {
            weights[c] = Math.max(LEAST, (float) (weights[c] / mean));
            total += weights[c];
        }
        for (int c = 0; c < weights.length; c++) {
            weights[c] *= (float) (weights.length / total);
        }
        return true;
    }
}
