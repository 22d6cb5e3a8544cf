package io.github.bitgrain.quantizer.input;

import io.github.bitgrain.core.data.DataSource;
import io.github.bitgrain.core.tensor.Tensor;
import java.util.Map;

/** How often an input takes which values on calibration samples, and the error that a range of 256 steps leaves of them. */
final class InputValues {
    private static final int BINS = 4096;
    private static final int BATCH = 32;
    /** Ends of a range that are tried between the extremes and their middle. */
    private static final int ENDS = 128;

    private final double min;
    private final double max;
    /** Number, sum and sum of squares of the values in all bins before one. */
    private final double[] count = new double[BINS + 1];
    private final double[] sum = new double[BINS + 1];
    private final double[] squares = new double[BINS + 1];

    InputValues(DataSource samples, String input) {
        double lowest = Double.POSITIVE_INFINITY;
        double highest = Double.NEGATIVE_INFINITY;
        for (Map<String, Tensor> batch : samples.batches(BATCH)) {
            for (float value : batch.get(input).data()) {
                lowest = Math.min(lowest, value);
                highest = Math.max(highest, value);
            }
        }
        min = lowest;
        max = highest;
        for (Map<String, Tensor> batch : samples.batches(BATCH)) {
            for (float value : batch.get(input).data()) {
                int bin = 1 + Math.min(BINS - 1, (int) ((value - min) / (max - min) * BINS));
                count[bin]++;
                sum[bin] += value;
                squares[bin] += (double) value * value;
            }
        }
        for (int bin = 1; bin <= BINS; bin++) {
            count[bin] += count[bin - 1];
            sum[bin] += sum[bin - 1];
            squares[bin] += squares[bin - 1];
        }
    }

    /** Whether the values differ at all, and are numbers. */
    boolean isSpread() {
        return max > min && Double.isFinite(max - min);
    }

    /** Sum of squared errors of values rounded to 255 steps between two ends and clipped there. */
    double error(double least, double largest) {
        int first = edge(least);
        int last = edge(largest);
        double step = (largest - least) / InputLevels.STEPS;
        return (count[last] - count[first]) * step * step / 12
                + squares[first] - 2 * least * sum[first] + least * least * count[first]
                + squares[BINS] - squares[last] - 2 * largest * (sum[BINS] - sum[last]) + largest * largest * (count[BINS] - count[last]);
    }

    private int edge(double value) {
        return (int) Math.clamp(Math.rint((value - min) / (max - min) * BINS), 0, BINS);
    }

    /** The range with the least error. */
    InputRange range(double[] border) {
        double half = (max - min) / 2;
        double least = min;
        double largest = max;
        double best = error(min, max);
        for (int low = 0; low < ENDS; low++) {
            for (int high = 0; high < ENDS; high++) {
                double from = min + half * low / ENDS;
                double to = max - half * high / ENDS;
                double error = error(from, to);
                if (error < best) {
                    best = error;
                    least = from;
                    largest = to;
                }
            }
        }
        return new InputRange(new double[] {least}, new double[] {largest}, border);
    }

    /** Least error of a range about 0 with a power of two as step. */
    double symmetricError() {
        int exponent = InputRange.exponent(InputRange.magnitude(min, max));
        double least = Double.POSITIVE_INFINITY;
        for (int e = exponent; e > exponent - Byte.SIZE; e--) {
            least = Math.min(least, error(Math.scalb((double) InputRange.LOWEST, e), Math.scalb((double) InputRange.HIGHEST, e)));
        }
        return least;
    }

    /** Error of a map that treats all channels alike. */
    double error(InputMap map) {
        double[] ends = {(InputRange.LOWEST - map.offset(0)) / map.gain(0), (InputRange.HIGHEST - map.offset(0)) / map.gain(0)};
        return error(ends[0], ends[1]);
    }
}
