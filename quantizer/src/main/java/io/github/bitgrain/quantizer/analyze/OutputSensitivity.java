package io.github.bitgrain.quantizer.analyze;

import io.github.bitgrain.core.autodiff.GradientExecutor;
import io.github.bitgrain.core.exec.Executor;
import io.github.bitgrain.core.graph.Graph;
import io.github.bitgrain.core.graph.Model;
import io.github.bitgrain.core.graph.Node;
import io.github.bitgrain.core.op.Add;
import io.github.bitgrain.core.tensor.Shape;
import io.github.bitgrain.core.tensor.Tensor;
import io.github.bitgrain.kernels.Kernels;
import java.util.ArrayList;
import java.util.Arrays;
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
public final class OutputSensitivity {
    private static final int SAMPLES = 32;
    private static final int SIGNS_PER_SAMPLE = 4;
    private static final long SEED = 1;
    /** No channel is given up: the matrix is an average, and single inputs may need what most do not. */
    private static final float LEAST = 0.02f;

    private OutputSensitivity() {}

    /**
     * Weights of the channels (axis 1) of values.
     *
     * @param model float network
     * @param outputs values that count as its outputs, the squares of their errors alike
     * @param values hidden values
     * @param samples inputs of one sample each; a few dozen at most
     * @return by value, for those on which an output depends, a weight per channel; their mean is 1
     */
    public static Map<String, float[]> ofChannels(Model model, Map<String, Shape> shapes, List<String> outputs, List<String> values,
            List<Map<String, Tensor>> samples, int threads) {
        float[] magnitudes = new float[outputs.size()];
        Arrays.fill(magnitudes, 1);
        Map<String, float[]> sums = squares(model, shapes, outputs, magnitudes, values, samples, threads);
        sums.values().removeIf(sum -> !normalize(sum));
        return sums;
    }

    /**
     * What noise in channels makes of the outputs: noise ÷ signal there, to first order, for noise of variance 1 in every element of a channel, up to a
     * factor common to all.
     *
     * @param model float network, all of whose operators have gradients
     * @param outputs values that count as its outputs, each by its own noise ÷ signal
     * @param values hidden values
     * @param samples inputs of one sample each; a few dozen at most
     * @return by value, for those on which an output depends
     */
    public static Map<String, float[]> noiseGains(Model model, Map<String, Shape> shapes, List<String> outputs, List<String> values,
            List<Map<String, Tensor>> samples, int threads) {
        return squares(model, shapes, outputs, magnitudes(model, outputs, samples, threads), values, samples, threads);
    }

    /** Whether an error anywhere in front of the outputs can be followed to them. */
    public static boolean isDefined(Graph graph, List<String> outputs) {
        return graph.needed(outputs).stream().allMatch(node -> GradientExecutor.hasGradient(node.op()));
    }

    /** Distances of targets for which the gradients of an output of n elements have the square of the Jacobian ÷ (n · mean square). */
    private static float[] magnitudes(Model model, List<String> outputs, List<Map<String, Tensor>> samples, int threads) {
        double[] squares = new double[outputs.size()];
        int[] elements = new int[outputs.size()];
        try (Executor executor = new Executor(model.graph(), model.parameters(), Executor.Options.defaults().outputs(outputs).threads(threads))) {
            for (Map<String, Tensor> sample : samples) {
                Map<String, Tensor> results = executor.run(sample);
                for (int o = 0; o < squares.length; o++) {
                    float[] data = results.get(outputs.get(o)).data();
                    elements[o] = data.length;
                    for (float value : data) {
                        squares[o] += (double) value * value / data.length / samples.size();
                    }
                }
            }
        }
        float[] magnitudes = new float[squares.length];
        for (int o = 0; o < squares.length; o++) {
            magnitudes[o] = squares[o] == 0 ? 0 : (float) (Math.sqrt(elements[o] / squares[o]) / 2);
        }
        return magnitudes;
    }

    /** Sums over samples and elements of squared gradients, for targets so far from the results as given. */
    private static Map<String, float[]> squares(Model model, Map<String, Shape> shapes, List<String> outputs, float[] magnitudes, List<String> values,
            List<Map<String, Tensor>> samples, int threads) {
        Set<String> open = new LinkedHashSet<>(values);
        Graph graph = OutputLoss.added(opened(model.graph(), shapes, open, outputs), shapes);
        Set<String> disturbances = new LinkedHashSet<>();
        Map<String, Tensor> inputs = new LinkedHashMap<>();
        for (String value : open) {
            disturbances.add(disturbance(value));
            inputs.put(disturbance(value), Tensor.zeros(shapes.get(value)));
        }
        outputs.forEach(output -> inputs.put(OutputLoss.target(output), Tensor.zeros(shapes.get(output))));
        Map<String, float[]> sums = new LinkedHashMap<>();
        try (GradientExecutor.Storage storage = new GradientExecutor.Storage(threads);
                GradientExecutor executor = new GradientExecutor(graph, model.parameters(), 1, OutputLoss.NAME, disturbances, outputs, storage, Kernels.floats())) {
            SplittableRandom random = new SplittableRandom(SEED);
            for (Map<String, Tensor> sample : samples) {
                inputs.putAll(sample);
                executor.loss(inputs);
                List<Tensor> results = outputs.stream().map(executor::read).toList();
                for (int i = 0; i < SIGNS_PER_SAMPLE; i++) {
                    for (int o = 0; o < results.size(); o++) {
                        // The gradient of the squared difference to a target one sign away is that sign times the Jacobian.
                        float[] target = inputs.get(OutputLoss.target(outputs.get(o))).data();
                        for (int k = 0; k < target.length; k++) {
                            target[k] = results.get(o).data()[k] - (random.nextBoolean() ? magnitudes[o] : -magnitudes[o]);
                        }
                    }
                    executor.step(inputs);
                    Map<String, Tensor> gradients = executor.gradients();
                    open.forEach(value -> addSquares(gradients.get(disturbance(value)), sums, value));
                }
            }
        }
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

    /** As many samples of batches as {@link #ofChannels} needs, one by one. */
    public static List<Map<String, Tensor>> ofBatches(List<Map<String, Tensor>> batches) {
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
