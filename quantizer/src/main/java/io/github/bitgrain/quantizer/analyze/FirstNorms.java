package io.github.bitgrain.quantizer.analyze;

import io.github.bitgrain.core.exec.Executor;
import io.github.bitgrain.core.graph.Graph;
import io.github.bitgrain.core.graph.Model;
import io.github.bitgrain.core.graph.Node;
import io.github.bitgrain.core.op.BatchNorm;
import io.github.bitgrain.core.tensor.Tensor;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;

/**
 * The batch normalizations that an input of a network reaches before any other. Their running mean and variance tell what the
 * network was trained on.
 */
final class FirstNorms implements AutoCloseable {
    private static final int MEAN = 3;
    private static final int VARIANCE = 4;

    private final String input;
    private final List<Node> norms;
    private final Executor executor;
    private final double[] means;
    private final double[] variances;
    private final double[] epsilons;

    private FirstNorms(Model model, String input, List<Node> norms, int threads) {
        this.input = input;
        this.norms = norms;
        this.means = all(model, MEAN);
        this.variances = all(model, VARIANCE);
        this.epsilons = norms.stream().flatMapToDouble(norm -> DoubleStream.generate(((BatchNorm) norm.op())::epsilon)
                .limit(model.parameters().get(norm.input(MEAN)).size())).toArray();
        List<String> computed = norms.stream().map(norm -> norm.input(0)).filter(value -> !value.equals(input)).distinct().toList();
        this.executor = computed.isEmpty() ? null
                : new Executor(model.graph().part(computed), model.parameters(), Executor.Options.defaults().threads(threads));
    }

    /** Those of an input, with no other input before them; null if there are none that were trained. */
    static FirstNorms of(Model model, String input, int threads) {
        Map<String, Set<String>> sources = new HashMap<>();
        model.graph().inputs().keySet().forEach(name -> sources.put(name, Set.of(name)));
        Set<String> normalized = new HashSet<>();
        List<Node> norms = new ArrayList<>();
        for (Node node : model.graph().nodes()) {
            Set<String> from = new LinkedHashSet<>();
            boolean behind = false;
            for (int i = 0; i < node.inputs().size(); i++) {
                if (node.isTensorInput(i)) {
                    from.addAll(sources.getOrDefault(node.input(i), Set.of()));
                    behind |= normalized.contains(node.input(i));
                }
            }
            if (node.op() instanceof BatchNorm op) {
                if (!behind && !op.training() && from.equals(Set.of(input)) && isTrained(model, node)) {
                    norms.add(node);
                }
                behind = true;
            }
            for (String output : node.outputs()) {
                sources.put(output, from);
                if (behind) {
                    normalized.add(output);
                }
            }
        }
        return norms.isEmpty() ? null : new FirstNorms(model, input, norms, threads);
    }

    /** Whether the statistics are constants other than the mean 0 and variance 1 that training begins with. */
    private static boolean isTrained(Model model, Node norm) {
        Graph graph = model.graph();
        if (!graph.isParameter(norm.input(MEAN)) || !graph.isParameter(norm.input(VARIANCE))) {
            return false;
        }
        boolean begun = false;
        for (float mean : model.parameters().get(norm.input(MEAN)).data()) {
            begun |= mean != 0;
        }
        for (float variance : model.parameters().get(norm.input(VARIANCE)).data()) {
            begun |= variance != 1;
        }
        return begun;
    }

    /** Name of the first of them. */
    String name() {
        return norms.getFirst().name();
    }

    private double[] all(Model model, int operand) {
        return norms.stream().flatMapToDouble(norm -> {
            float[] values = model.parameters().get(norm.input(operand)).data();
            return IntStream.range(0, values.length).mapToDouble(c -> values[c]);
        }).toArray();
    }

    /** Number of channels of all of them. */
    int channels() {
        return means.length;
    }

    /** Running mean of a channel. */
    double mean(int channel) {
        return means[channel];
    }

    /** Running variance of a channel, with what normalization adds to it. */
    double variance(int channel) {
        return variances[channel] + epsilons[channel];
    }

    /** Means of all channels for one sample. */
    double[] respond(Tensor sample) {
        Statistics statistics = new Statistics();
        statistics.add(sample);
        return IntStream.range(0, channels()).mapToDouble(statistics.moments::mean).toArray();
    }

    @Override
    public void close() {
        if (executor != null) {
            executor.close();
        }
    }

    /** What samples make of the channels. */
    final class Statistics {
        private final ChannelMoments moments = new ChannelMoments(channels());

        /** Takes one sample. */
        void add(Tensor sample) {
            Map<String, Tensor> values = new HashMap<>(Map.of(input, sample));
            if (executor != null) {
                values.putAll(executor.run(Map.of(input, sample)));
            }
            int first = 0;
            for (Node norm : norms) {
                Tensor value = values.get(norm.input(0));
                int own = value.shape().dim(1);
                moments.add(value, first, own);
                first += own;
            }
        }

        /** Logarithm of variance ÷ running variance. */
        private double spread(int channel) {
            return Math.log((Math.max(0, moments.variance(channel)) + epsilons[channel]) / variance(channel));
        }

        /**
         * Mean over channels of ln(1 + (difference of means)² ÷ variance + (ln of the ratio of variances)²): 0 as in training. The
         * outer logarithm keeps single channels, dead ones above all, from deciding.
         */
        double distance() {
            return IntStream.range(0, channels()).mapToDouble(c -> {
                double shift = moments.mean(c) - means[c];
                return Math.log1p(shift * shift / variance(c) + spread(c) * spread(c));
            }).average().orElseThrow();
        }

        /** How many times as widely spread as in training the samples are: the median over channels. */
        double spread() {
            double[] spreads = IntStream.range(0, channels()).mapToDouble(this::spread).sorted().toArray();
            return Math.exp(spreads[spreads.length / 2] / 2);
        }
    }
}
