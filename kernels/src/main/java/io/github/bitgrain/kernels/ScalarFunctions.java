package io.github.bitgrain.kernels;

/** The functions of {@link UnaryFunction} and {@link BinaryFunction} and their derivatives, one value at a time. */
final class ScalarFunctions {
    private static final double SQRT_HALF = Math.sqrt(0.5);
    private static final double SQRT_2_OVER_PI = Math.sqrt(2 / Math.PI);
    private static final double GELU_CUBIC = 0.044715;
    private static final float SIXTH = 1f / 6f;

    private ScalarFunctions() {}

    static float apply(UnaryFunction f, float p, float q, float x) {
        return switch (f) {
            case RELU -> Math.max(x, 0f);
            case LEAKY_RELU -> x >= 0 ? x : p * x;
            case CLIP -> Math.min(Math.max(x, p), q);
            case SIGMOID -> (float) sigmoid(x);
            case TANH -> (float) Math.tanh(x);
            case SWISH -> (float) (x * sigmoid(x));
            case HARD_SIGMOID -> Math.min(Math.max(p * x + q, 0f), 1f);
            case HARD_SWISH -> x * Math.min(Math.max(x * SIXTH + 0.5f, 0f), 1f);
            case ELU -> x >= 0 ? x : (float) (p * Math.expm1(x));
            case GELU -> (float) (x * normal(x));
            case GELU_TANH -> (float) (0.5 * x * (1 + Math.tanh(geluInner(x))));
            case EXP -> (float) Math.exp(x);
            case LOG -> (float) Math.log(x);
            case SQRT -> (float) Math.sqrt(x);
            case RECIPROCAL -> 1f / x;
            case NEGATE -> -x;
            case ABS -> Math.abs(x);
            case ERF -> (float) erf(x);
        };
    }

    /** Derivative at x, where y = f(x). */
    static float derivative(UnaryFunction f, float p, float q, float x, float y) {
        return switch (f) {
            case RELU -> x > 0 ? 1f : 0f;
            case LEAKY_RELU -> x >= 0 ? 1f : p;
            case CLIP -> x >= p && x <= q ? 1f : 0f;
            case SIGMOID -> y * (1f - y);
            case TANH -> 1f - y * y;
            case SWISH -> {
                double s = sigmoid(x);
                yield (float) (s + x * s * (1 - s));
            }
            case HARD_SIGMOID -> p * x + q > 0 && p * x + q < 1 ? p : 0f;
            case HARD_SWISH -> x <= -3 ? 0f : x >= 3 ? 1f : x * (2 * SIXTH) + 0.5f;
            case ELU -> x >= 0 ? 1f : y + p;
            case GELU -> (float) (normal(x) + x * Math.exp(-0.5 * x * x) / Math.sqrt(2 * Math.PI));
            case GELU_TANH -> {
                double t = Math.tanh(geluInner(x));
                yield (float) (0.5 * (1 + t) + 0.5 * x * (1 - t * t) * SQRT_2_OVER_PI * (1 + 3 * GELU_CUBIC * x * x));
            }
            case EXP -> y;
            case LOG -> 1f / x;
            case SQRT -> y == 0 ? 0f : 0.5f / y;
            case RECIPROCAL -> -y * y;
            case NEGATE -> -1f;
            case ABS -> Math.signum(x);
            case ERF -> (float) (2 / Math.sqrt(Math.PI) * Math.exp(-(double) x * x));
        };
    }

    static float apply(BinaryFunction f, float a, float b) {
        return switch (f) {
            case ADD -> a + b;
            case SUBTRACT -> a - b;
            case MULTIPLY -> a * b;
            case DIVIDE -> a / b;
            case MAXIMUM -> Math.max(a, b);
            case MINIMUM -> Math.min(a, b);
        };
    }

    private static double sigmoid(double x) {
        return 1 / (1 + Math.exp(-x));
    }

    private static double normal(double x) {
        return 0.5 * (1 + erf(x * SQRT_HALF));
    }

    private static double geluInner(double x) {
        return SQRT_2_OVER_PI * (x + GELU_CUBIC * x * x * x);
    }

    /**
     * Error function to double precision: Taylor series near zero, continued fraction of erfc (modified Lentz) beyond
     * (Abramowitz and Stegun 7.1.5 and 7.1.14).
     */
    static double erf(double x) {
        double a = Math.abs(x);
        if (a < 2.5) {
            double term = a;
            double sum = a;
            for (int n = 1; Math.abs(term) > 1e-17 * sum; n++) {
                term *= -a * a / n;
                sum += term / (2 * n + 1);
            }
            return Math.copySign(2 / Math.sqrt(Math.PI) * sum, x);
        }
        if (a > 6) {
            return Math.signum(x);
        }
        double f = a;
        double c = a;
        double d = 0;
        for (int n = 1; n < 200; n++) {
            double k = n / 2.0;
            d = 1 / (a + k * d);
            c = a + k / c;
            double delta = c * d;
            f *= delta;
            if (Math.abs(delta - 1) < 1e-16) {
                break;
            }
        }
        return Math.copySign(1 - Math.exp(-a * a) / (Math.sqrt(Math.PI) * f), x);
    }
}
