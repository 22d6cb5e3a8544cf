package io.github.bitgrain.simulator.lowering;

import io.github.bitgrain.core.op.Clip;
import io.github.bitgrain.core.op.Elu;
import io.github.bitgrain.core.op.Exp;
import io.github.bitgrain.core.op.Gelu;
import io.github.bitgrain.core.op.HardSigmoid;
import io.github.bitgrain.core.op.HardSwish;
import io.github.bitgrain.core.op.Identity;
import io.github.bitgrain.core.op.LeakyRelu;
import io.github.bitgrain.core.op.Log;
import io.github.bitgrain.core.op.Neg;
import io.github.bitgrain.core.op.Op;
import io.github.bitgrain.core.op.Relu;
import io.github.bitgrain.core.op.Sigmoid;
import io.github.bitgrain.core.op.Sqrt;
import io.github.bitgrain.core.op.Swish;
import io.github.bitgrain.core.op.Tanh;
import java.util.function.DoubleUnaryOperator;

/**
 * The functions that lookup tables hold, evaluated in binary64. Narrowed to binary32 they equal ESP-PPQ's, which evaluates
 * in binary32, wherever the result does not lie within a rounding error of a tie.
 */
final class ActivationFunctions {
    private static final double GELU_CUBIC = 0.044715;

    private ActivationFunctions() {}

    static DoubleUnaryOperator of(Op op) {
        return switch (op) {
            case Relu any -> x -> Math.max(x, 0);
            case LeakyRelu(float alpha) -> x -> x >= 0 ? x : alpha * x;
            // Not expm1: ESP-PPQ and the chip subtract 1 from the narrowed exponential.
            case Elu(float alpha) -> x -> x >= 0 ? x : alpha * ((float) Math.exp(x) - 1f);
            case Clip(float min, float max) -> x -> Math.min(Math.max(x, min), max);
            case Sigmoid any -> ActivationFunctions::sigmoid;
            case Tanh any -> Math::tanh;
            case Swish any -> x -> x * sigmoid(x);
            case HardSigmoid(float alpha, float beta) -> x -> Math.clamp(alpha * x + beta, 0, 1);
            case HardSwish any -> x -> x * Math.clamp(x / 6 + 0.5, 0, 1);
            case Gelu(boolean tanh) -> tanh ? ActivationFunctions::geluByTanh : ActivationFunctions::gelu;
            case Exp any -> Math::exp;
            case Log any -> Math::log;
            case Sqrt any -> Math::sqrt;
            case Neg any -> x -> -x;
            case Identity any -> x -> x;
            default -> throw new IllegalArgumentException(op.onnxType() + " has no table function");
        };
    }

    private static double sigmoid(double x) {
        return 1 / (1 + Math.exp(-x));
    }

    private static double gelu(double x) {
        return 0.5 * x * (1 + erf(x / Math.sqrt(2)));
    }

    private static double geluByTanh(double x) {
        return 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + GELU_CUBIC * x * x * x)));
    }

    /** The error function by its Taylor series, by its continued fraction where that converges faster; exact to 1e-15. */
    static double erf(double x) {
        double size = Math.abs(x);
        double value = size < 2.5 ? series(size) : 1 - tail(size);
        return Math.copySign(value, x);
    }

    private static double series(double x) {
        double term = x;
        double sum = x;
        for (int n = 1; Math.abs(term) > 1e-17 * sum; n++) {
            term *= -x * x / n;
            sum += term / (2 * n + 1);
        }
        return 2 / Math.sqrt(Math.PI) * sum;
    }

    private static double tail(double x) {
        double fraction = x;
        for (int k = 60; k >= 1; k--) {
            fraction = x + k / 2.0 / fraction;
        }
        return Math.exp(-x * x) / Math.sqrt(Math.PI) / fraction;
    }
}
