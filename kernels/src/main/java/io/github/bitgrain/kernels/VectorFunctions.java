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

    private static int swish(int n, float[] x, int xOffset, float[] y, int yOffset) {
        int end = FLOATS.loopBound(n);
        for (int i = 0; i < end; i += COUNT) {
            FloatVector v = FloatVector.fromArray(FLOATS, x, xOffset + i);
            v.div(v.neg().lanewise(VectorOperators.EXP).add(1f)).intoArray(y, yOffset + i);
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
