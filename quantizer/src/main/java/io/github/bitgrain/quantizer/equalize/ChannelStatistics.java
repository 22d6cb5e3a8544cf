package io.github.bitgrain.quantizer.equalize;

import io.github.bitgrain.core.data.DataSource;
import io.github.bitgrain.core.exec.Executor;
import io.github.bitgrain.core.graph.Model;
import io.github.bitgrain.core.tensor.Tensor;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What a float network does per channel on calibration samples: the largest magnitude of every sample, variance, and how far
 * a range found on some samples has to be widened to suit the others.
 */
final class ChannelStatistics {
    /** Factors by which a range is tried wider than the largest value seen. */
    private static final double[] MARGINS = {1, 1.05, 1.1, 1.2, 1.3, 1.5, 1.75, 2};
    private static final int FOLDS = 4;

    private final Map<String, Channels> channels = new LinkedHashMap<>();

    /** Figures of one value. */
    private static final class Channels {
        final List<float[]> largest = new ArrayList<>();
        double[] sum;
        double[] squares;
        double[] positive;
        long perChannel;
        double[] clipped;
    }

    /** Runs the samples through the network, twice, batch by batch. */
    ChannelStatistics(Model model, Collection<String> values, DataSource samples, int batch, int threads) {
        Executor.Options options = Executor.Options.defaults().outputs(List.copyOf(values)).threads(threads);
        values.forEach(value -> channels.put(value, new Channels()));
        try (Executor executor = new Executor(model.graph(), model.parameters(), options)) {
            for (Map<String, Tensor> inputs : samples.batches(batch)) {
                executor.run(inputs).forEach((name, tensor) -> collect(channels.get(name), tensor));
            }
            int first = 0;
            for (Map<String, Tensor> inputs : samples.batches(batch)) {
                int start = first;
                Map<String, Tensor> results = executor.run(inputs);
                results.forEach((name, tensor) -> clip(channels.get(name), tensor, start));
                first += results.values().iterator().next().shape().dim(0);
            }
        }
    }

    private static void collect(Channels figures, Tensor tensor) {
        int count = tensor.shape().dim(1);
        int inner = tensor.shape().size(2, tensor.shape().rank());
        if (figures.sum == null) {
            figures.sum = new double[count];
            figures.squares = new double[count];
            figures.positive = new double[count];
        }
        float[] data = tensor.data();
        for (int sample = 0; sample < tensor.shape().dim(0); sample++) {
            float[] largest = new float[count];
            for (int c = 0; c < count; c++) {
                int start = (sample * count + c) * inner;
                float max = 0;
                double sum = 0;
                double squares = 0;
                int positive = 0;
                for (int i = start; i < start + inner; i++) {
                    float v = data[i];
                    max = Math.max(max, Math.abs(v));
                    sum += v;
                    squares += (double) v * v;
                    positive += v != 0 ? 1 : 0;
                }
                largest[c] = max;
                figures.sum[c] += sum;
                figures.squares[c] += squares;
                figures.positive[c] += positive;
            }
            figures.largest.add(largest);
            figures.perChannel += inner;
        }
    }

    /** Squared errors by clipping samples to margin · the range of the other folds. */
    private static void clip(Channels figures, Tensor tensor, int firstSample) {
        int count = tensor.shape().dim(1);
        int inner = tensor.shape().size(2, tensor.shape().rank());
        if (figures.clipped == null) {
            figures.clipped = new double[MARGINS.length];
        }
        float[] data = tensor.data();
        for (int sample = 0; sample < tensor.shape().dim(0); sample++) {
            float[] own = figures.largest.get(firstSample + sample);
            float[] others = rangeWithout(figures, (firstSample + sample) % FOLDS);
            for (int c = 0; c < count; c++) {
                if (own[c] <= others[c]) {
                    continue;
                }
                int start = (sample * count + c) * inner;
                for (int i = start; i < start + inner; i++) {
                    double v = Math.abs(data[i]);
                    for (int m = 0; m < MARGINS.length && v > others[c] * MARGINS[m]; m++) {
                        double error = v - others[c] * MARGINS[m];
                        figures.clipped[m] += error * error;
                    }
                }
            }
        }
    }

    private static float[] rangeWithout(Channels figures, int fold) {
        float[] range = new float[figures.largest.getFirst().length];
        for (int sample = 0; sample < figures.largest.size(); sample++) {
            if (sample % FOLDS != fold || figures.largest.size() < FOLDS) {
                float[] largest = figures.largest.get(sample);
                for (int c = 0; c < range.length; c++) {
                    range[c] = Math.max(range[c], largest[c]);
                }
            }
        }
        return range;
    }

    /** Largest magnitude of every channel over all samples. */
    float[] range(String value) {
        return rangeWithout(channels.get(value), FOLDS);
    }

    /** Variance of every channel. */
    double[] variance(String value) {
        Channels figures = channels.get(value);
        double[] variance = new double[figures.sum.length];
        for (int c = 0; c < variance.length; c++) {
            double mean = figures.sum[c] / figures.perChannel;
            variance[c] = Math.max(0, figures.squares[c] / figures.perChannel - mean * mean);
        }
        return variance;
    }

    /** Share of the elements of every channel that are not zero. */
    double[] density(String value) {
        Channels figures = channels.get(value);
        double[] density = new double[figures.positive.length];
        for (int c = 0; c < density.length; c++) {
            density[c] = figures.positive[c] / figures.perChannel;
        }
        return density;
    }

    /** Mean of every channel. */
    double[] mean(String value) {
        Channels figures = channels.get(value);
        double[] mean = new double[figures.sum.length];
        for (int c = 0; c < mean.length; c++) {
            mean[c] = figures.sum[c] / figures.perChannel;
        }
        return mean;
    }

    /** The margin with the least error on samples that the range was not taken from, with so many steps in the range. */
    double margin(String value, int steps) {
        Channels figures = channels.get(value);
        float[] range = range(value);
        double best = Double.POSITIVE_INFINITY;
        double margin = 1;
        for (int m = 0; m < MARGINS.length; m++) {
            double error = figures.clipped[m];
            for (int c = 0; c < range.length; c++) {
                double step = range[c] * MARGINS[m] / steps;
                error += figures.positive[c] * step * step / 12;
            }
            if (error < best) {
                best = error;
                margin = MARGINS[m];
            }
        }
        return margin;
    }
}
