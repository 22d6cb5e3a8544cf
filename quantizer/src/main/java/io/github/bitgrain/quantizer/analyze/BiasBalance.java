package io.github.bitgrain.quantizer.analyze;

import io.github.bitgrain.core.exec.Executor;
import io.github.bitgrain.core.graph.Graph;
import io.github.bitgrain.core.graph.Model;
import io.github.bitgrain.core.graph.Node;
import io.github.bitgrain.core.tensor.Tensor;
import io.github.bitgrain.quantizer.plan.OperatorTraits;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * Biases of the first layer of an input beside what it makes of the samples. Trained together, they are of like size; inputs of
 * the wrong scale make one of them vanish. Says much less than a batch normalization, which is preferred where there is one.
 */
final class BiasBalance implements AutoCloseable {
    private static final int BIAS = 2;

    private final String input;
    private final Node layer;
    private final float[] biases;
    private final Executor executor;
    private final ChannelMoments moments;

    private BiasBalance(Model model, String input, Node layer, int threads) {
        this.input = input;
        this.layer = layer;
        biases = model.parameters().get(layer.input(BIAS)).data();
        executor = new Executor(model.graph().part(List.of(layer.output())), model.parameters(), Executor.Options.defaults().threads(threads));
        moments = new ChannelMoments(biases.length);
    }

    /** The first layer of an input, if nothing but that input reaches it; null if there is none with a bias. */
    static BiasBalance of(Model model, String input, int threads) {
        Graph graph = model.graph();
        Set<String> reached = new HashSet<>(Set.of(input));
        for (Node node : graph.nodes()) {
            if (node.inputs().stream().noneMatch(reached::contains)) {
                continue;
            }
            if (OperatorTraits.isComputing(node.op()) || OperatorTraits.isRecurrent(node.op())) {
                boolean fits = OperatorTraits.hasBias(node.op()) && node.hasInput(BIAS) && graph.isParameter(node.input(1)) && graph.isParameter(node.input(BIAS))
                        && graph.needed(List.of(node.output())).stream().flatMap(before -> before.inputs().stream())
                                .allMatch(value -> value.equals(input) || !graph.inputs().containsKey(value));
                return fits ? new BiasBalance(model, input, node, threads) : null;
            }
            reached.addAll(node.outputs());
        }
        return null;
    }

    /** Name of the layer. */
    String name() {
        return layer.name();
    }

    /** Takes one sample. */
    void add(Tensor sample) {
        moments.add(executor.run(Map.of(input, sample)).get(layer.output()), 0, biases.length);
    }

    /** Quantile of |bias| ÷ standard deviation over the channels. */
    double quantile(double share) {
        double[] ratios = IntStream.range(0, biases.length)
                .mapToDouble(c -> Math.abs(biases[c]) / Math.sqrt(Math.max(Float.MIN_NORMAL, moments.variance(c)))).sorted().toArray();
        return ratios[(int) (share * (ratios.length - 1))];
    }

    @Override
    public void close() {
        executor.close();
    }
}
