package io.github.bitgrain.quantizer.qat;

import io.github.bitgrain.core.BitgrainException;
import io.github.bitgrain.core.tensor.Tensor;
import java.util.Locale;

/** A measure of outputs against targets. */
public enum Metric {
    /** Share of samples whose largest output is the target's class. */
    ACCURACY(true),
    /** Share of samples with the target's class among the five largest outputs. */
    TOP5(true),
    /** Mean squared error. */
    MSE(false),
    /** The loss. */
    LOSS(false);

    private final boolean greaterIsBetter;

    Metric(boolean greaterIsBetter) {
        this.greaterIsBetter = greaterIsBetter;
    }

    /** Whether larger values are better. */
    public boolean greaterIsBetter() {
        return greaterIsBetter;
    }

    /**
     * The metric of a name.
     *
     * @throws BitgrainException (usage) naming the known ones
     */
    public static Metric parse(String name) {
        for (Metric metric : values()) {
            if (metric.name().equalsIgnoreCase(name)) {
                return metric;
            }
        }
        throw BitgrainException.usage("unknown metric '" + name + "'; known: Accuracy, Top5, MSE, Loss");
    }

    /**
     * Sum over the samples of a batch; the mean over all samples is the metric.
     *
     * @param meanLoss loss of the batch, for {@link #LOSS}
     */
    public double sum(Tensor outputs, Tensor targets, double meanLoss) {
        int samples = outputs.shape().dim(0);
        int size = outputs.size() / samples;
        return switch (this) {
            case LOSS -> meanLoss * samples;
            case MSE -> {
                double sum = 0;
                for (int i = 0; i < outputs.size(); i++) {
                    double difference = (double) outputs.data()[i] - targets.data()[i];
                    sum += difference * difference;
                }
                yield sum / size;
            }
            case ACCURACY, TOP5 -> {
                int hits = 0;
                for (int n = 0; n < samples; n++) {
                    int label = targets.size() == samples ? (int) targets.data()[n] : largest(targets.data(), n * size, size);
                    hits += rank(outputs.data(), n * size, size, label) < (this == TOP5 ? 5 : 1) ? 1 : 0;
                }
                yield hits;
            }
        };
    }

    private static int largest(float[] values, int from, int count) {
        int best = 0;
        for (int c = 1; c < count; c++) {
            best = values[from + c] > values[from + best] ? c : best;
        }
        return best;
    }

    /** Number of outputs that come before the label's: larger ones, and equal ones with a lower number. */
    private static int rank(float[] values, int from, int count, int label) {
        int before = 0;
        for (int c = 0; c < count; c++) {
            float value = values[from + c];
            before += value > values[from + label] || value == values[from + label] && c < label ? 1 : 0;
        }
        return before;
    }

    /** The name in settings. */
    public String word() {
        return name().charAt(0) + name().substring(1).toLowerCase(Locale.ROOT);
    }
}
