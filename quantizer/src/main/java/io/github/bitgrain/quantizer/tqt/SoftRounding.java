package io.github.bitgrain.quantizer.tqt;

import io.github.bitgrain.core.quant.Exponents;
import io.github.bitgrain.core.quant.SlotConfig;
import io.github.bitgrain.core.tensor.Shape;
import io.github.bitgrain.core.tensor.Tensor;

/**
 * The rounding of one weight tensor as something to train (Nagel et al. 2020, AdaRound, equations 22 to 24): between the integers below
 * and above it a weight stands at {@code h(v) = clamp(1.2 · sigmoid(v) − 0.1, 0, 1)}, one v for every weight; v starts where h is the
 * weight's own fraction.
 */
final class SoftRounding {
    private static final float UPPER = 1.1f;
    private static final float LOWER = -0.1f;
    /** A rounding this close to one side counts as decided. */
    private static final float DECIDED = 0.01f;

    private final float[] below;
    private final float[] scale;
    private final float qmin;
    private final float qmax;
    private final Tensor v;

    SoftRounding(Tensor weights, SlotConfig config, Exponents exponents) {
        int n = weights.size();
        below = new float[n];
        scale = new float[n];
        qmin = config.qmin();
        qmax = config.qmax();
        v = Tensor.zeros(weights.shape());
        Shape shape = weights.shape();
        int inner = config.perChannel() ? shape.size(config.axis() + 1, shape.rank()) : n;
        int channels = config.perChannel() ? shape.dim(config.axis()) : 1;
        for (int i = 0; i < n; i++) {
            scale[i] = Math.scalb(1f, exponents.get(i / inner % channels));
            float integer = weights.data()[i] / scale[i];
            below[i] = (float) Math.floor(integer);
            v.data()[i] = (float) -Math.log((UPPER - LOWER) / (integer - below[i] - LOWER) - 1);
        }
    }

    /** What is trained, one number per weight; live. */
    Tensor variables() {
        return v;
    }

    private float sigmoid(int i) {
        return 1 / (1 + (float) Math.exp(-v.data()[i]));
    }

    private float h(int i) {
        return Math.clamp((UPPER - LOWER) * sigmoid(i) + LOWER, 0f, 1f);
    }

    /** The weights between their two integers. */
    void soft(float[] weights) {
        for (int i = 0; i < weights.length; i++) {
            weights[i] = Math.clamp(below[i] + h(i), qmin, qmax) * scale[i];
        }
    }

    /** The weights at one of their two integers, the nearer one of where training left them. */
    void hard(float[] weights) {
        for (int i = 0; i < weights.length; i++) {
            weights[i] = Math.clamp(below[i] + (v.data()[i] >= 0 ? 1 : 0), qmin, qmax) * scale[i];
        }
    }

    /**
     * The gradient of the variables.
     *
     * @param weights gradient of the soft weights
     * @param factor what the gradient counts
     * @param decisiveness weight of Σ (1 − |2h − 1|^beta), which pulls every h to 0 or 1
     */
    void gradient(float[] weights, float factor, float decisiveness, float beta, float[] gradient) {
        for (int i = 0; i < gradient.length; i++) {
            float s = sigmoid(i);
            float h = (UPPER - LOWER) * s + LOWER;
            if (h <= 0 || h >= 1) {
                gradient[i] = 0;
                continue;
            }
            float integer = below[i] + h;
            float pull = integer > qmin && integer < qmax ? weights[i] * scale[i] * factor : 0;
            float side = 2 * h - 1;
            float push = decisiveness == 0 ? 0 : -2 * decisiveness * beta * Math.signum(side) * (float) Math.pow(Math.abs(side), beta - 1);
            gradient[i] = (pull + push) * (UPPER - LOWER) * s * (1 - s);
        }
    }

    /** How many roundings are at 0 or 1 but for {@value #DECIDED}. */
    int decided() {
        int count = 0;
        for (int i = 0; i < below.length; i++) {
            count += h(i) < DECIDED || h(i) > 1 - DECIDED ? 1 : 0;
        }
        return count;
    }
}
