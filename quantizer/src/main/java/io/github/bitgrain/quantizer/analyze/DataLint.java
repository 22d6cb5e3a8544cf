package io.github.bitgrain.quantizer.analyze;

import io.github.bitgrain.core.data.DataSource;
import io.github.bitgrain.core.exec.Executor;
import io.github.bitgrain.core.graph.Model;
import io.github.bitgrain.core.stats.Extremes;
import io.github.bitgrain.core.tensor.Shape;
import io.github.bitgrain.core.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.stream.Collectors;

/**
 * What looks wrong about calibration data. Networks with batch normalization keep the statistics of what they were trained on;
 * others are doubted only where their first layer is far out of balance. Looks at few samples, and only at the first layers for
 * most of them.
 */
public final class DataLint {
    /** Fewer calibration samples than this leave ranges to chance. */
    private static final int FEW = 16;
    /** Samples that statistics are made of, spread over the data. */
    private static final int SAMPLES = 64;
    /** Samples that every variant is tried on. */
    private static final int TRIED = 16;
    /** Samples after which an output that never changed is called constant. */
    private static final int RUNS = 16;
    /** Distance ({@link FirstNorms}) up to which data count as those of training; real networks with their own data: 0.002 to 0.42. */
    private static final double CLOSE = 0.35;
    /** A variant is named if it is this many times as close. */
    private static final double CLOSER = 3;
    /** Distance that no other kind of data explains; a factor of 255 makes 2.4 to 14. */
    private static final double FAR = 2;
    /** A variant of such data need not come closer: few samples of a network without positions, such as windows of sound, stay this far. */
    private static final double NEAR = 1.2;
    /** Fewer samples say nothing about variances; up to {@link #FEW} they are only believed beyond {@link #FAR}. */
    private static final int FEWEST = 8;
    /** Without batch normalization: inputs beyond this, while three quarters of the biases vanish beside them. */
    private static final double LARGE = 50;
    private static final double VANISHING = 0.02;
    /** Inputs within this, while half of the biases outweigh all that is made of them. */
    private static final double SMALL = 0.02;
    private static final double OUTWEIGHING = 10;

    private final Model network;
    private final DataSource data;
    private final int threads;
    private final List<String> warnings = new ArrayList<>();

    private DataLint(Model network, DataSource data, int threads) {
        this.network = network;
        this.data = data;
        this.threads = threads;
    }

    /**
     * The warnings, one line each; none where nothing is certain.
     *
     * @param variants forms that the values of an input could have been given, by its name; those with reversed channels keep the treatment
     *     of each channel as it is
     */
    public static List<String> warnings(Model network, DataSource data, Map<String, List<InputVariant>> variants, int threads) {
        return new DataLint(network, data, threads).look(variants);
    }

    private List<String> look(Map<String, List<InputVariant>> variants) {
        if (data.samples() < FEW) {
            warnings.add("only " + data.samples() + " calibration samples; a few dozen cover the ranges better");
        }
        network.graph().inputs().keySet().forEach(input -> look(input, variants.getOrDefault(input, List.of())));
        constantOutputs();
        return warnings;
    }

    private void look(String input, List<InputVariant> variants) {
        try (FirstNorms norms = FirstNorms.of(network, input, threads)) {
            double largest = norms == null ? lookWithoutNorms(input) : look(input, norms, variants);
            if (largest == 0) {
                warnings.add("input \"" + input + "\" is zero in all samples; check --scale");
            }
        }
    }

    /** Returns the largest |x|. */
    private double look(String input, FirstNorms norms, List<InputVariant> variants) {
        FirstNorms.Statistics asIs = norms.new Statistics();
        Shape shape = network.graph().inputs().get(input).with(0, 1);
        InputVariant reversed = variants.stream().filter(InputVariant::reversed).findFirst().orElse(InputVariant.REVERSED);
        ChannelOrder order = ChannelOrder.of(shape, reversed);
        double largest = each(input, SAMPLES, sample -> {
            asIs.add(sample);
            if (order != null) {
                order.add(sample);
            }
        });
        if (largest == 0 || data.samples() < FEWEST) {
            return largest;
        }
        double distance = asIs.distance();
        if (data.samples() < FEW && distance <= FAR) {
            return largest;
        }
        if (distance > CLOSE && namesVariant(input, norms, distance, variants)) {
            return largest;
        }
        if (distance > FAR) {
            warnings.add(String.format(Locale.ROOT, "input \"%s\" does not look like the data of training: statistics at \"%s\" are off by %.2f, values seem "
                    + "%.3g times as large as they were; check --scale, --mean, --std", input, norms.name(), distance, asIs.spread()));
            return largest;
        }
        TrainedMeans trained = order == null ? null : TrainedMeans.of(norms, shape);
        if (trained != null && order.isReversed(trained)) {
            FirstNorms.Statistics turned = norms.new Statistics();
            each(input, SAMPLES, sample -> turned.add(reversed.of(sample)));
            if (turned.distance() < distance) {
                warnings.add("input \"" + input + "\": the channels look swapped (RGB and BGR): their means were " + list(trained.means())
                        + " in training and are " + list(order.means()) + " in the data; reverse the order of channels in the data, "
                        + "unless its pictures do have such colours");
            }
        }
        return largest;
    }

    /** Names the variant that fits best, if it fits far better than the data as they are. */
    private boolean namesVariant(String input, FirstNorms norms, double distance, List<InputVariant> variants) {
        List<InputVariant> tried = variants.stream().filter(variant -> !variant.reversed()).toList();
        List<FirstNorms.Statistics> statistics = tried.stream().map(variant -> norms.new Statistics()).toList();
        each(input, TRIED, sample -> {
            for (int v = 0; v < tried.size(); v++) {
                statistics.get(v).add(tried.get(v).of(sample));
            }
        });
        int best = -1;
        double least = Math.min(distance > FAR ? NEAR : CLOSE, distance / CLOSER);
        for (int v = 0; v < tried.size(); v++) {
            if (statistics.get(v).distance() < least) {
                best = v;
                least = statistics.get(v).distance();
            }
        }
        if (best >= 0) {
            warnings.add(String.format(Locale.ROOT, "input \"%s\" does not look like the data of training: statistics at \"%s\" are off by %.2f; "
                    + "try %s alone (off by %.2f)", input, norms.name(), distance, tried.get(best).advice(), least));
        }
        return best >= 0;
    }

    private double lookWithoutNorms(String input) {
        try (BiasBalance balance = BiasBalance.of(network, input, threads)) {
            double largest = each(input, TRIED, balance == null ? sample -> { } : balance::add);
            if (balance == null) {
                return largest;
            }
            String beside = input + "\" reaches " + number(largest) + ", beside which the biases of \"" + balance.name() + "\"";
            if (largest > LARGE && balance.quantile(0.75) < VANISHING && balance.quantile(1) > 0) {
                warnings.add("input \"" + beside + " vanish: the network expects smaller values; check --scale, --mean, --std");
            } else if (largest > 0 && largest < SMALL && balance.quantile(0.5) > OUTWEIGHING) {
                warnings.add("input \"" + beside + " are everything: the network expects larger values; check --scale, --mean, --std");
            }
            return largest;
        }
    }

    /** Shows samples of an input that are spread over the data; returns the largest |x|. */
    private double each(String input, int most, Consumer<Tensor> consumer) {
        double largest = 0;
        int count = Math.min(most, data.samples());
        for (int i = 0; i < count; i++) {
            Tensor sample = data.spread(i, count).get(input);
            largest = Math.max(largest, Extremes.of(sample.data(), 0, sample.size()).amax());
            consumer.accept(sample);
        }
        return largest;
    }

    /** Runs the network until all outputs have changed. */
    private void constantOutputs() {
        int count = Math.min(RUNS, data.samples());
        Map<String, float[]> first = new HashMap<>();
        Map<String, Boolean> changes = new TreeMap<>();
        try (Executor executor = new Executor(network.graph(), network.parameters(), Executor.Options.defaults().threads(threads))) {
            for (int i = 0; i < count && (i < 2 || changes.containsValue(false)); i++) {
                executor.run(data.spread(i, count)).forEach((name, tensor) -> {
                    float[] before = first.putIfAbsent(name, tensor.data().clone());
                    changes.merge(name, before != null && !Arrays.equals(before, tensor.data()), Boolean::logicalOr);
                });
            }
        }
        changes.forEach((name, changing) -> {
            if (!changing && count > 1) {
                warnings.add("output \"" + name + "\" is the same for all samples; check the data and its preprocessing");
            }
        });
    }

    private static String list(double[] values) {
        return Arrays.stream(values).mapToObj(DataLint::number).collect(Collectors.joining(", "));
    }

    private static String number(double value) {
        return String.format(Locale.ROOT, "%.3g", value);
    }
}
