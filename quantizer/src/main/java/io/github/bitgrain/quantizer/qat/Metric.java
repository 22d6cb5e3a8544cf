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
    /**
     * Intersection over union of predicted and true positions, mean over the classes that occur in either; outputs [N, classes, …], targets
     * class numbers of the positions, −100 for those that do not count.
     */
    MIOU(true),
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
        throw BitgrainException.usage("unknown metric '" + name + "'; known: Accuracy, Top5, mIoU, MSE, Loss");
    }

    /** The metric over batches. */
    public final class Accumulator {
        private double sum;
        private int samples;
        private long[] both = new long[0];
        private long[] either = new long[0];

        private Accumulator() {}

        /**
         * Takes a batch into account.
         *
         * @param meanLoss loss of the batch, for {@link Metric#LOSS}
         */
        public void add(Tensor outputs, Tensor targets, double meanLoss) {
            samples += outputs.shape().dim(0);
            if (Metric.this == MIOU) {
                overlap(outputs, targets);
            } else {
                sum += Metric.this.sum(outputs, targets, meanLoss);
            }
        }

        private void overlap(Tensor outputs, Tensor targets) {
            int batch = outputs.shape().dim(0);
            int classes = outputs.shape().dim(1);
            int positions = outputs.size() / batch / classes;
            if (both.length == 0) {
                both = new long[classes];
                either = new long[classes];
            }
            for (int i = 0; i < batch * positions; i++) {
                int from = i / positions * classes * positions + i % positions;
                int wanted = targets.size() == batch * positions ? (int) targets.data()[i] : largest(targets.data(), from, classes, positions);
                if (wanted == Loss.IGNORE) {
                    continue;
                }
                int found = largest(outputs.data(), from, classes, positions);
                both[found] += found == wanted ? 1 : 0;
                either[found]++;
                either[wanted] += found == wanted ? 0 : 1;
            }
        }

        /** The metric of all batches so far. */
        public double value() {
            if (Metric.this != MIOU) {
                return sum / samples;
            }
            double shares = 0;
            int seen = 0;
            for (int c = 0; c < both.length; c++) {
                shares += either[c] == 0 ? 0 : (double) both[c] / either[c];
                seen += either[c] == 0 ? 0 : 1;
            }
            return shares / seen;
        }
    }

    /** A new one. */
    public Accumulator accumulator() {
        return new Accumulator();
    }

    private double sum(Tensor outputs, Tensor targets, double meanLoss) {
        int samples = outputs.shape().dim(0);
        int size = outputs.size() / samples;
        return switch (this) {
            case MIOU -> throw new IllegalStateException("no mean over samples");
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
                    int label = targets.size() == samples ? (int) targets.data()[n] : largest(targets.data(), n * size, size, 1);
                    hits += rank(outputs.data(), n * size, size, label) < (this == TOP5 ? 5 : 1) ? 1 : 0;
                }
                yield hits;
            }
        };
    }

    private static int largest(float[] values, int from, int count, int stride) {
        int best = 0;
        for (int c = 1; c < count; c++) {
            best = values[from + c * stride] > values[from + best * stride] ? c : best;
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
        return this == MIOU ? "mIoU" : name().charAt(0) + name().substring(1).toLowerCase(Locale.ROOT);
    }
}
