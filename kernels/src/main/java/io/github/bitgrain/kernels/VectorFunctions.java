package io.github.bitgrain.kernels;

import static io.github.bitgrain.kernels.Lanes.COUNT;
import static io.github.bitgrain.kernels.Lanes.FLOATS;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;

/**
 * Functions of one variable. Every loop is a method of its own, so that only those in use are compiled; each handles whole
 * vectors and returns how many elements that were. Transcendental functions come from the vector mathematics library of the
 * JDK (within 4 ulp, with what follows from cancellation in 1 − y).
 */
final class VectorFunctions {
    private VectorFunctions() {}

    /** Handles whole vectors; returns the number of elements done, 0 where a function has no vector loop. */
    static int unary(UnaryFunction f, float p, float q, int n, float[] x, int xOffset, float[] y, int yOffset) {
        return switch (f) {
            case RELU -> relu(n, x, xOffset, y, yOffset);
            case LEAKY_RELU -> leakyRelu(p, n, x, xOffset, y, yOffset);
            case CLIP -> clip(p, q, n, x, xOffset, y, yOffset);
            case SIGMOID -> sigmoid(n, x, xOffset, y, yOffset);
            case TANH -> tanh(n, x, xOffset, y, yOffset);
            case SWISH -> swish(n, x, xOffset, y, yOffset);
            case HARD_SIGMOID -> hardSigmoid(p, q, n, x, xOffset, y, yOffset);
            case HARD_SWISH -> hardSwish(n, x, xOffset, y, yOffset);
            case EXP -> exp(n, x, xOffset, y, yOffset);
            default -> 0;
        };
    }

    /** As {@link #unary} for {@code dx (+)= dy f'(x)}. */
    static int gradient(UnaryFunction f, float p, float q, int n, float[] x, int xOffset, float[] y, int yOffset, float[] dy, int dyOffset,
            float[] dx, int dxOffset, boolean accumulate) {
        return switch (f) {
            case RELU -> reluGradient(n, x, xOffset, dy, dyOffset, dx, dxOffset, accumulate);
            case LEAKY_RELU -> leakyReluGradient(p, n, x, xOffset, dy, dyOffset, dx, dxOffset, accumulate);
            case CLIP -> clipGradient(p, q, n, x, xOffset, dy, dyOffset, dx, dxOffset, accumulate);
            case SIGMOID -> sigmoidGradient(n, y, yOffset, dy, dyOffset, dx, dxOffset, accumulate);
            case TANH -> tanhGradient(n, y, yOffset, dy, dyOffset, dx, dxOffset, accumulate);
            case SWISH -> swishGradient(n, x, xOffset, dy, dyOffset, dx, dxOffset, accumulate);
            case HARD_SIGMOID -> hardSigmoidGradient(p, q, n, x, xOffset, dy, dyOffset, dx, dxOffset, accumulate);
            case HARD_SWISH -> hardSwishGradient(n, x, xOffset, dy, dyOffset, dx, dxOffset, accumulate);
            default -> 0;
        };
    }

    private static int relu(int n, float[] x, int xOffset, float[] y, int yOffset) {
        int end = FLOATS.loopBound(n);
        for (int i = 0; i < end; i += COUNT) {
            FloatVector v = FloatVector.fromArray(FLOATS, x, xOffset + i);
            // Compared and chosen: max and min of the language treat NaN and -0 apart, which costs three times as much.
            v.blend(0f, v.compare(VectorOperators.LT, 0f)).intoArray(y, yOffset + i);
        }
        return end;
    }

    private static int leakyRelu(float p, int n, float[] x, int xOffset, float[] y, int yOffset) {
        int end = FLOATS.loopBound(n);
        for (int i = 0; i < end; i += COUNT) {
            FloatVector v = FloatVector.fromArray(FLOATS, x, xOffset + i);
            v.mul(p).blend(v, v.compare(VectorOperators.GE, 0f)).intoArray(y, yOffset + i);
        }
        return end;
    }

    private static int clip(float p, float q, int n, float[] x, int xOffset, float[] y, int yOffset) {
        int end = FLOATS.loopBound(n);
        for (int i = 0; i < end; i += COUNT) {
            FloatVector v = FloatVector.fromArray(FLOATS, x, xOffset + i);
            FloatVector raised = v.blend(p, v.compare(VectorOperators.LT, p));
            raised.blend(q, raised.compare(VectorOperators.GT, q)).intoArray(y, yOffset + i);
        }
        return end;
    }

    private static int sigmoid(int n, float[] x, int xOffset, float[] y, int yOffset) {
        FloatVector one = FloatVector.broadcast(FLOATS, 1f);
        int end = FLOATS.loopBound(n);
        for (int i = 0; i < end; i += COUNT) {
            FloatVector v = FloatVector.fromArray(FLOATS, x, xOffset + i);
            one.div(v.neg().lanewise(VectorOperators.EXP).add(1f)).intoArray(y, yOffset + i);
        }
        return end;
    }

    private static int tanh(int n, float[] x, int xOffset, float[] y, int yOffset) {
        int end = FLOATS.loopBound(n);
        for (int i = 0; i < end; i += COUNT) {
            FloatVector v = FloatVector.fromArray(FLOATS, x, xOffset + i);
            v.lanewise(VectorOperators.TANH).intoArray(y, yOffset + i);
        }
        return end;
    }

    /**
     * {@code v / (1 + exp(−v))}. The exponential is written out (Cephes' expf: 2^k times a polynomial, within 2 ulp): around
     * the library's the compiler often keeps v in memory, at half the speed. Below −87.5 the result is −0 to 1e-36.
     */
    private static int swish(int n, float[] x, int xOffset, float[] y, int yOffset) {
        FloatVector lowest = FloatVector.broadcast(FLOATS, -87.5f);
        FloatVector highest = FloatVector.broadcast(FLOATS, 88f);
        FloatVector turns = FloatVector.broadcast(FLOATS, -1.44269504f);
        // Leaves the integer k + 127 in the lowest bits: the exponent of 2^k, once shifted.
        FloatVector rounder = FloatVector.broadcast(FLOATS, 12582912f + 127);
        FloatVector ln2 = FloatVector.broadcast(FLOATS, -0.693359375f);
        FloatVector ln2Rest = FloatVector.broadcast(FLOATS, 2.12194440e-4f);
        FloatVector p0 = FloatVector.broadcast(FLOATS, 1.9875691500e-4f);
        FloatVector p1 = FloatVector.broadcast(FLOATS, 1.3981999507e-3f);
        FloatVector p2 = FloatVector.broadcast(FLOATS, 8.3334519073e-3f);
        FloatVector p3 = FloatVector.broadcast(FLOATS, 4.1665795894e-2f);
        FloatVector p4 = FloatVector.broadcast(FLOATS, 1.6666665459e-1f);
        FloatVector p5 = FloatVector.broadcast(FLOATS, 5.0000001201e-1f);
        FloatVector one = FloatVector.broadcast(FLOATS, 1f);
        int end = FLOATS.loopBound(n);
        for (int i = 0; i < end; i += COUNT) {
            FloatVector v = FloatVector.fromArray(FLOATS, x, xOffset + i);
            FloatVector a = v.blend(lowest, v.compare(VectorOperators.LT, lowest));
            a = a.blend(highest, a.compare(VectorOperators.GT, highest));
            FloatVector shifted = a.fma(turns, rounder);
            FloatVector k = shifted.sub(rounder);
            FloatVector r = k.fma(ln2Rest, k.fma(ln2, a.neg()));
            FloatVector p = r.fma(p0, p1).fma(r, p2).fma(r, p3).fma(r, p4).fma(r, p5);
            p = p.fma(r.mul(r), r).add(one);
            FloatVector power = shifted.reinterpretAsInts().lanewise(VectorOperators.LSHL, Float.PRECISION - 1).reinterpretAsFloats();
            v.div(p.fma(power, one)).intoArray(y, yOffset + i);
        }
        return end;
    }

    private static int hardSigmoid(float p, float q, int n, float[] x, int xOffset, float[] y, int yOffset) {
        int end = FLOATS.loopBound(n);
        for (int i = 0; i < end; i += COUNT) {
            FloatVector v = FloatVector.fromArray(FLOATS, x, xOffset + i);
            v.mul(p).add(q).max(0f).min(1f).intoArray(y, yOffset + i);
        }
        return end;
    }

    private static int hardSwish(int n, float[] x, int xOffset, float[] y, int yOffset) {
        int end = FLOATS.loopBound(n);
        for (int i = 0; i < end; i += COUNT) {
            FloatVector v = FloatVector.fromArray(FLOATS, x, xOffset + i);
            v.mul(1f / 6f).add(0.5f).max(0f).min(1f).mul(v).intoArray(y, yOffset + i);
        }
        return end;
    }

    private static int exp(int n, float[] x, int xOffset, float[] y, int yOffset) {
        int end = FLOATS.loopBound(n);
        for (int i = 0; i < end; i += COUNT) {
            FloatVector v = FloatVector.fromArray(FLOATS, x, xOffset + i);
            v.lanewise(VectorOperators.EXP).intoArray(y, yOffset + i);
        }
        return end;
    }

    /** Softmax of one row of at least one vector. Exponentials and their sum in single precision, lane by lane. */
    static void softmax(int n, float[] x, int xOffset, float[] y, int yOffset) {
        int end = FLOATS.loopBound(n);
        FloatVector largest = FloatVector.fromArray(FLOATS, x, xOffset);
        for (int i = COUNT; i < end; i += COUNT) {
            largest = FloatVector.fromArray(FLOATS, x, xOffset + i).max(largest);
        }
        float max = largest.reduceLanes(VectorOperators.MAX);
        for (int i = end; i < n; i++) {
            max = Math.max(max, x[xOffset + i]);
        }
        FloatVector sums = FloatVector.zero(FLOATS);
        for (int i = 0; i < end; i += COUNT) {
            FloatVector e = FloatVector.fromArray(FLOATS, x, xOffset + i).sub(max).lanewise(VectorOperators.EXP);
            e.intoArray(y, yOffset + i);
            sums = e.add(sums);
        }
        double sum = sums.reduceLanes(VectorOperators.ADD);
        for (int i = end; i < n; i++) {
            y[yOffset + i] = (float) Math.exp((double) x[xOffset + i] - max);
            sum += y[yOffset + i];
        }
        float factor = (float) (1 / sum);
        for (int i = 0; i < n; i++) {
            y[yOffset + i] *= factor;
        }
    }

    private static int reluGradient(int n, float[] x, int xOffset, float[] dy, int dyOffset, float[] dx, int dxOffset,
            boolean accumulate) {
        int end = FLOATS.loopBound(n);
        for (int i = 0; i < end; i += COUNT) {
            FloatVector v = FloatVector.fromArray(FLOATS, x, xOffset + i);
            FloatVector g = FloatVector.fromArray(FLOATS, dy, dyOffset + i);
            FloatVector d = FloatVector.zero(FLOATS).blend(g, v.compare(VectorOperators.GT, 0f));
            if (accumulate) {
                d = d.add(FloatVector.fromArray(FLOATS, dx, dxOffset + i));
            }
            d.intoArray(dx, dxOffset + i);
        }
        return end;
    }

    private static int leakyReluGradient(float p, int n, float[] x, int xOffset, float[] dy, int dyOffset, float[] dx, int dxOffset,
            boolean accumulate) {
        int end = FLOATS.loopBound(n);
        for (int i = 0; i < end; i += COUNT) {
            FloatVector v = FloatVector.fromArray(FLOATS, x, xOffset + i);
            FloatVector g = FloatVector.fromArray(FLOATS, dy, dyOffset + i);
            FloatVector d = g.mul(p).blend(g, v.compare(VectorOperators.GE, 0f));
            if (accumulate) {
                d = d.add(FloatVector.fromArray(FLOATS, dx, dxOffset + i));
            }
            d.intoArray(dx, dxOffset + i);
        }
        return end;
    }

    private static int clipGradient(float p, float q, int n, float[] x, int xOffset, float[] dy, int dyOffset, float[] dx, int dxOffset,
            boolean accumulate) {
        int end = FLOATS.loopBound(n);
        for (int i = 0; i < end; i += COUNT) {
            FloatVector v = FloatVector.fromArray(FLOATS, x, xOffset + i);
            FloatVector g = FloatVector.fromArray(FLOATS, dy, dyOffset + i);
            FloatVector d = FloatVector.zero(FLOATS).blend(g, v.max(p).min(q).compare(VectorOperators.EQ, v));
            if (accumulate) {
                d = d.add(FloatVector.fromArray(FLOATS, dx, dxOffset + i));
            }
            d.intoArray(dx, dxOffset + i);
        }
        return end;
    }

    private static int sigmoidGradient(int n, float[] y, int yOffset, float[] dy, int dyOffset, float[] dx, int dxOffset,
            boolean accumulate) {
        FloatVector one = FloatVector.broadcast(FLOATS, 1f);
        int end = FLOATS.loopBound(n);
        for (int i = 0; i < end; i += COUNT) {
            FloatVector v = FloatVector.fromArray(FLOATS, y, yOffset + i);
            FloatVector g = FloatVector.fromArray(FLOATS, dy, dyOffset + i);
            FloatVector d = g.mul(v.mul(one.sub(v)));
            if (accumulate) {
                d = d.add(FloatVector.fromArray(FLOATS, dx, dxOffset + i));
            }
            d.intoArray(dx, dxOffset + i);
        }
        return end;
    }

    private static int tanhGradient(int n, float[] y, int yOffset, float[] dy, int dyOffset, float[] dx, int dxOffset,
            boolean accumulate) {
        FloatVector one = FloatVector.broadcast(FLOATS, 1f);
        int end = FLOATS.loopBound(n);
        for (int i = 0; i < end; i += COUNT) {
            FloatVector v = FloatVector.fromArray(FLOATS, y, yOffset + i);
            FloatVector g = FloatVector.fromArray(FLOATS, dy, dyOffset + i);
            FloatVector d = g.mul(one.sub(v.mul(v)));
            if (accumulate) {
                d = d.add(FloatVector.fromArray(FLOATS, dx, dxOffset + i));
            }
            d.intoArray(dx, dxOffset + i);
        }
        return end;
    }

    private static int swishGradient(int n, float[] x, int xOffset, float[] dy, int dyOffset, float[] dx, int dxOffset,
            boolean accumulate) {
        FloatVector one = FloatVector.broadcast(FLOATS, 1f);
        int end = FLOATS.loopBound(n);
        for (int i = 0; i < end; i += COUNT) {
            FloatVector v = FloatVector.fromArray(FLOATS, x, xOffset + i);
            FloatVector g = FloatVector.fromArray(FLOATS, dy, dyOffset + i);
            FloatVector s = one.div(v.neg().lanewise(VectorOperators.EXP).add(1f));
            FloatVector d = g.mul(v.mul(s).mul(one.sub(s)).add(s));
            if (accumulate) {
                d = d.add(FloatVector.fromArray(FLOATS, dx, dxOffset + i));
            }
            d.intoArray(dx, dxOffset + i);
        }
        return end;
    }

    private static int hardSigmoidGradient(float p, float q, int n, float[] x, int xOffset, float[] dy, int dyOffset, float[] dx, int dxOffset,
            boolean accumulate) {
        int end = FLOATS.loopBound(n);
        for (int i = 0; i < end; i += COUNT) {
            FloatVector v = FloatVector.fromArray(FLOATS, x, xOffset + i);
            FloatVector g = FloatVector.fromArray(FLOATS, dy, dyOffset + i);
            FloatVector u = v.mul(p).add(q);
            FloatVector d = FloatVector.zero(FLOATS).blend(g.mul(p), u.compare(VectorOperators.GT, 0f).and(u.compare(VectorOperators.LT, 1f)));
            if (accumulate) {
                d = d.add(FloatVector.fromArray(FLOATS, dx, dxOffset + i));
            }
            d.intoArray(dx, dxOffset + i);
        }
        return end;
    }

    private static int hardSwishGradient(int n, float[] x, int xOffset, float[] dy, int dyOffset, float[] dx, int dxOffset,
            boolean accumulate) {
        int end = FLOATS.loopBound(n);
        for (int i = 0; i < end; i += COUNT) {
            FloatVector v = FloatVector.fromArray(FLOATS, x, xOffset + i);
            FloatVector g = FloatVector.fromArray(FLOATS, dy, dyOffset + i);
            FloatVector slope = v.mul(1f / 3f).add(0.5f);
            FloatVector d = g.mul(slope.blend(0f, v.compare(VectorOperators.LE, -3f)).blend(1f, v.compare(VectorOperators.GE, 3f)));
            if (accumulate) {
                d = d.add(FloatVector.fromArray(FLOATS, dx, dxOffset + i));
            }
            d.intoArray(dx, dxOffset + i);
        }
        return end;
    }
}
