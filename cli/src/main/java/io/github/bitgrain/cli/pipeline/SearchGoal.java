package io.github.bitgrain.cli.pipeline;

import io.github.bitgrain.cli.metric.Metrics;
import io.github.bitgrain.core.BitgrainException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.DoubleStream;
import java.util.stream.Stream;

/**
 * What a search of settings looks for.
 *
 * @param maxDrop largest loss of the metric on the chip, in points for shares; NaN: the best there is
 * @param budget largest estimated latency ÷ latency at 8 bits
 */
public record SearchGoal(double maxDrop, double budget) {
    private static final String SHIFTED = "tqt_optimization_setting.shift_padded=true";
    private static final double[] BUDGETS = {1.1, 1.2, 1.5, 2, 3};

    /**
     * Refuses metrics that have no drop.
     *
     * @throws BitgrainException (usage)
     */
    public static void require(String metric) {
        if (!Metrics.SHARES.contains(metric) && !Metrics.LOSSES.contains(metric)) {
            throw BitgrainException.usage("--metric " + metric + " has no drop; search with one of " + String.join(", ", Metrics.SHARES) + ", "
                    + String.join(", ", Metrics.LOSSES));
        }
    }

    /** How much worse than the float network: points for shares, nats or perplexity as they are. */
    public static double drop(String metric, double real, double chip) {
        return Metrics.LOSSES.contains(metric) ? chip - real : 100 * (real - chip);
    }

    /** Whether a model is fast enough; how long Pads take is known only when it is made. */
    public boolean allows(double latency) {
        return latency <= budget + 1e-9;
    }

    /** Whether a drop is small enough to stop. */
    public boolean isMet(double drop) {
        // Shares are counts: 0.5 points of 1,000 must not fail by a rounding of the difference.
        return drop <= maxDrop + 1e-9;
    }

    /**
     * What is tried, in this order: faster models first, of those the one that is made faster.
     *
     * @param tqt whether thresholds are to be trained in any case
     * @param equalizable whether channel ranges can be evened out (profile improved)
     * @param padded whether Pads would let more values use all their levels
     */
    public List<Attempt> attempts(boolean tqt, boolean equalizable, boolean padded) {
        List<Attempt> attempts = new ArrayList<>();
        // The improved training corrects biases and evens out ranges itself.
        List<String> trained = equalizable ? List.of("tqt_optimization=true", "equalization=false", "bias_correct=false", "ssd_equalization=false")
                : List.of("tqt_optimization=true");
        // Evened out ranges leave mean errors, which cost more than they gain where nothing takes them out.
        List<String> equalized = List.of("equalization=true", "bias_correct=true");
        if (!tqt) {
            attempts.add(new Attempt("calibrated", equalizable ? List.of("equalization=false") : List.of(), 1));
            if (equalizable) {
                attempts.add(new Attempt("equalized", equalized, 1));
            }
        }
        attempts.add(new Attempt("trained", trained, 1));
        if (padded && budget > 1) {
            attempts.add(new Attempt("trained, ranges shifted behind Pads", Stream.concat(trained.stream(), Stream.of(SHIFTED)).toList(), 1));
        }
        DoubleStream.concat(DoubleStream.of(BUDGETS).filter(b -> b < budget), DoubleStream.of(budget).filter(b -> b > 1)).forEach(b -> {
            if (!tqt) {
                attempts.add(new Attempt("16 bits within " + b + "x", equalizable ? equalized : List.of(), b));
            }
            attempts.add(new Attempt("16 bits within " + b + "x, trained", trained, b));
        });
        return attempts;
    }
}
