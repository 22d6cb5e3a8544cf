package io.github.bitgrain.core.train;

/** A learning rate over time. */
@FunctionalInterface
public interface Schedule {
    /** The rate of a step, counted from 0. */
    double rate(int step);

    /** Always the same rate. */
    static Schedule constant(double rate) {
        return step -> rate;
    }

    /** {@code rate · factor^(step / every)}, whole division: a staircase. */
    static Schedule staircase(double rate, int every, double factor) {
        if (every < 1) {
            throw new IllegalArgumentException("a stair of " + every + " steps");
        }
        return step -> rate * Math.pow(factor, step / every);
    }

    /** From {@code rate} to {@code floor} along half a cosine in {@code steps} steps, then {@code floor} (Loshchilov and Hutter 2017). */
    static Schedule cosine(double rate, double floor, int steps) {
        return step -> floor + (rate - floor) * 0.5 * (1 + Math.cos(Math.PI * Math.min(step, steps) / Math.max(steps, 1)));
    }

    /** This after {@code steps} steps in which the rate grows linearly from nothing. */
    default Schedule warmUp(int steps) {
        return step -> step < steps ? rate(step) * (step + 1) / steps : rate(step);
    }
}
