package io.github.bitgrain.quantizer.qat;

import io.github.bitgrain.core.tensor.Tensor;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/**
 * Average of a network's state over training: {@code average = d · average + (1 − d) · state} after each update (SuperGradients:
 * utils/ema.py). Ranges of quantizers are copied, not averaged, so that the average is a quantized network too.
 */
public final class Ema {
    private final Setting setting;
    private final int steps;
    private final Set<String> copied;
    private final Map<String, Tensor> live;
    private final Map<String, float[]> average = new LinkedHashMap<>();

    /** How the decay d grows. */
    public enum Growth {
        /** Always {@code decay}. */
        CONSTANT,
        /** min(decay, (1 + step) / (10 + step)). */
        THRESHOLD,
        /** decay · (1 − e^(−β · step / steps)). */
        EXP
    }

    /**
     * How to average.
     *
     * @param decay largest d
     * @param beta of {@link Growth#EXP}
     */
    public record Setting(Growth growth, double decay, double beta) {
        /** .9999, exponential with β = 15. */
        public static final Setting DEFAULT = new Setting(Growth.EXP, 0.9999, 15);

        /** d after {@code step} of {@code steps} updates. */
        public double decay(int step, int steps) {
            return switch (growth) {
                case CONSTANT -> decay;
                case THRESHOLD -> Math.min(decay, (1.0 + step) / (10 + step));
                case EXP -> decay * (1 - Math.exp(-beta * step / steps));
            };
        }
    }

    /**
     * An average that begins with the present state.
     *
     * @param steps updates of the whole run
     */
    public Ema(Setting setting, int steps, Trainee trainee) {
        this.setting = setting;
        this.steps = steps;
        copied = trainee.ranges();
        live = trainee.state();
        live.forEach((name, tensor) -> average.put(name, tensor.data().clone()));
    }

    /** Takes the state after an update into account; updates count from 1. */
    public void update(int update) {
        float kept = (float) setting.decay(update, steps);
        live.forEach((name, tensor) -> {
            float[] mean = average.get(name);
            float share = copied.contains(name) ? 0f : kept;
            for (int i = 0; i < mean.length; i++) {
                mean[i] = share * mean[i] + (1 - share) * tensor.data()[i];
            }
        });
    }

    /** Exchanges the live state and the average. */
    public void swap() {
        live.forEach((name, tensor) -> {
            float[] mean = average.get(name);
            for (int i = 0; i < mean.length; i++) {
                float now = tensor.data()[i];
                tensor.data()[i] = mean[i];
                mean[i] = now;
            }
        });
    }

    /** The averages by name, live. */
    Map<String, float[]> state() {
        return average;
    }
}
