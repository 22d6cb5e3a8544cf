package io.github.bitgrain.quantizer.qat;

import io.github.bitgrain.core.BitgrainException;
import java.util.List;

/**
 * The learning rate over a run (SuperGradients: utils/callbacks/callbacks.py). A rate that follows from a step applies to the next one.
 *
 * @param mode how it falls
 * @param initial rate after warm-up
 * @param warmUpEpochs epochs of linear growth, set at the beginning of each
 * @param warmUpSteps steps of linear growth in the first epoch; with epochs of growth these decide alone
 * @param warmUpInitial first rate of the growth; null: initial ÷ (epochs + 1)
 * @param coolDownEpochs epochs at the end that keep the rate
 * @param finalRatio {@link Mode#COSINE}: last rate ÷ initial
 * @param milestones {@link Mode#STEP}: epochs at whose end the rate falls
 * @param decay {@link Mode#STEP}, {@link Mode#EXPONENTIAL}: factor
 */
public record LearningRate(Mode mode, double initial, int warmUpEpochs, int warmUpSteps, Double warmUpInitial, int coolDownEpochs,
        double finalRatio, List<Integer> milestones, double decay) {
    private static final double POLYNOMIAL = 0.9;

    /** How the rate falls. */
    public enum Mode {
        /** Not at all. */
        CONSTANT,
        /** Along half a cosine. */
        COSINE,
        /** By a factor at milestones. */
        STEP,
        /** By a factor per epoch, smoothly. */
        EXPONENTIAL,
        /** As (1 − step / steps)^0.9. */
        POLY
    }

    /** Checks the numbers. */
    public LearningRate {
        if (!(initial >= 0) || warmUpEpochs < 0 || warmUpSteps < 0 || coolDownEpochs < 0 || warmUpInitial != null && !(warmUpInitial >= 0)) {
            throw BitgrainException.usage("learning rate " + initial + ", warm-up of " + warmUpEpochs + " epochs or " + warmUpSteps + " steps: none may be negative");
        }
        milestones = List.copyOf(milestones);
    }

    /** Always the same. */
    public static LearningRate constant(double rate) {
        return new LearningRate(Mode.CONSTANT, rate, 0, 0, null, 0, 1, List.of(), 1);
    }

    /** Along half a cosine to {@code rate · finalRatio}. */
    public static LearningRate cosine(double rate, double finalRatio) {
        return new LearningRate(Mode.COSINE, rate, 0, 0, null, 0, finalRatio, List.of(), 1);
    }

    /** By a factor at the end of the epochs given. */
    public static LearningRate step(double rate, double decay, List<Integer> milestones) {
        return new LearningRate(Mode.STEP, rate, 0, 0, null, 0, 1, milestones, decay);
    }

    /** This with warm-up. */
    public LearningRate warmUp(int epochs, int steps, Double from) {
        return new LearningRate(mode, initial, epochs, steps, from, coolDownEpochs, finalRatio, milestones, decay);
    }

    /** The rate of every step of a run. */
    public double[] rates(int epochs, int stepsPerEpoch) {
        double[] rates = new double[epochs * stepsPerEpoch];
        double start = warmUpInitial != null ? warmUpInitial : initial / (warmUpEpochs + 1);
        int growing = Math.min(warmUpSteps, stepsPerEpoch);
        double rate = initial;
        for (int epoch = 0; epoch < epochs; epoch++) {
            if (warmUpEpochs > 0 && epoch <= warmUpEpochs) {
                rate = start + epoch * (initial - start) / warmUpEpochs;
            }
            for (int batch = 0; batch < stepsPerEpoch; batch++) {
                int step = epoch * stepsPerEpoch + batch;
                if (step < growing) {
                    rate = growing == 1 ? start : start + step * (initial - start) / (growing - 1);
                }
                rates[step] = rate;
                rate = after(rate, epoch, batch, step, growing, epochs, stepsPerEpoch);
            }
            if (mode == Mode.STEP && epoch >= warmUpEpochs) {
                int passed = epoch;
                rate = initial * Math.pow(decay, milestones.stream().filter(milestone -> milestone <= passed).count());
            }
        }
        return rates;
    }

    private double after(double rate, int epoch, int batch, int step, int growing, int epochs, int stepsPerEpoch) {
        boolean falls = epoch >= warmUpEpochs && epoch < epochs - coolDownEpochs && step >= growing;
        if (!falls) {
            return rate;
        }
        int done = Math.max(0, stepsPerEpoch * (epoch - warmUpEpochs) + batch - growing);
        int all = stepsPerEpoch * (epochs - warmUpEpochs - coolDownEpochs) - growing;
        return switch (mode) {
            case CONSTANT, STEP -> rate;
            case COSINE -> onCosine(done, all);
            case EXPONENTIAL -> initial * Math.pow(decay, (double) done / stepsPerEpoch);
            case POLY -> initial * Math.pow(1 - (double) done / Math.max(1, all), POLYNOMIAL);
        };
    }

    /** The rate after {@code done} of {@code all} steps of the cosine. */
    double onCosine(int done, int all) {
        return initial * finalRatio + (1 - finalRatio) * 0.5 * initial * (1 + Math.cos(Math.PI * done / (all + 1.0)));
    }
}
