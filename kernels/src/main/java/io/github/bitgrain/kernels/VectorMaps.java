package io.github.bitgrain.kernels;

import static io.github.bitgrain.kernels.Lanes.COUNT;
import static io.github.bitgrain.kernels.Lanes.FLOATS;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;

/** Maps over runs. Each handles whole vectors and returns how many elements that were. */
final class VectorMaps {
    private VectorMaps() {}

    static int binary(BinaryFunction f, int n, float[] a, int aOffset, int aStep, float[] b, int bOffset, int bStep, float[] c, int cOffset) {
        if (n < COUNT) {
            return 0;
        }
        if (aStep == 1 && bStep == 1) {
            return switch (f) {
                case ADD -> add(n, a, aOffset, b, bOffset, c, cOffset);
                case SUBTRACT -> subtract(n, a, aOffset, b, bOffset, c, cOffset);
                case MULTIPLY -> multiply(n, a, aOffset, b, bOffset, c, cOffset);
                default -> 0;
            };
        }
        if (aStep + bStep != 1) {
            return 0;
        }
        float[] x = aStep == 1 ? a : b;
        int xOffset = aStep == 1 ? aOffset : bOffset;
        float value = aStep == 1 ? b[bOffset] : a[aOffset];
        return switch (f) {
            case ADD -> linear(n, x, xOffset, 1f, value, c, cOffset);
            case SUBTRACT -> aStep == 1 ? linear(n, x, xOffset, 1f, -value, c, cOffset) : linear(n, x, xOffset, -1f, value, c, cOffset);
            // Adding −0 changes nothing, the sign of a zero product included.
            case MULTIPLY -> linear(n, x, xOffset, value, -0f, c, cOffset);
            default -> 0;
        };
    }

    private static int add(int n, float[] a, int aOffset, float[] b, int bOffset, float[] c, int cOffset) {
        int end = FLOATS.loopBound(n);
        for (int i = 0; i < end; i += COUNT) {
            FloatVector.fromArray(FLOATS, a, aOffset + i).add(FloatVector.fromArray(FLOATS, b, bOffset + i)).intoArray(c, cOffset + i);
        }
        return end;
    }

    private static int subtract(int n, float[] a, int aOffset, float[] b, int bOffset, float[] c, int cOffset) {
        int end = FLOATS.loopBound(n);
        for (int i = 0; i < end; i += COUNT) {
            FloatVector.fromArray(FLOATS, a, aOffset + i).sub(FloatVector.fromArray(FLOATS, b, bOffset + i)).intoArray(c, cOffset + i);
        }
        return end;
    }

    private static int multiply(int n, float[] a, int aOffset, float[] b, int bOffset, float[] c, int cOffset) {
        int end = FLOATS.loopBound(n);
        for (int i = 0; i < end; i += COUNT) {
            FloatVector.fromArray(FLOATS, a, aOffset + i).mul(FloatVector.fromArray(FLOATS, b, bOffset + i)).intoArray(c, cOffset + i);
        }
        return end;
    }

    /** {@code y = factor x + addend}, rounded once. */
    private static int linear(int n, float[] x, int xOffset, float factor, float addend, float[] y, int yOffset) {
        FloatVector factors = FloatVector.broadcast(FLOATS, factor);
        FloatVector addends = FloatVector.broadcast(FLOATS, addend);
        int end = FLOATS.loopBound(n);
        for (int i = 0; i < end; i += COUNT) {
            FloatVector.fromArray(FLOATS, x, xOffset + i).fma(factors, addends).intoArray(y, yOffset + i);
        }
        return end;
    }

    /** Of each row as many elements as are returned. */
    static int sumRows(int rows, int n, float[] a, int aOffset, int aRow, float factor, float[] b, int bOffset, int bRow, float lo, float hi,
            float[] y, int yOffset, int yRow) {
        FloatVector factors = FloatVector.broadcast(FLOATS, factor);
        FloatVector low = FloatVector.broadcast(FLOATS, lo);
        FloatVector high = FloatVector.broadcast(FLOATS, hi);
        int end = FLOATS.loopBound(n);
        for (int row = 0; row < rows; row++) {
            for (int i = 0; i < end; i += COUNT) {
                FloatVector.fromArray(FLOATS, b, bOffset + row * bRow + i)
                        .fma(factors, FloatVector.fromArray(FLOATS, a, aOffset + row * aRow + i))
                        .max(low).min(high).intoArray(y, yOffset + row * yRow + i);
            }
        }
        return end;
    }

    static int addScaled(int n, float factor, float[] x, int xOffset, float[] y, int yOffset) {
        FloatVector factors = FloatVector.broadcast(FLOATS, factor);
        int end = FLOATS.loopBound(n);
        for (int i = 0; i < end; i += COUNT) {
            FloatVector.fromArray(FLOATS, x, xOffset + i).fma(factors, FloatVector.fromArray(FLOATS, y, yOffset + i)).intoArray(y, yOffset + i);
        }
        return end;
    }

    static int addProduct(int n, float[] a, int aOffset, float[] b, int bOffset, float[] y, int yOffset) {
        int end = FLOATS.loopBound(n);
        for (int i = 0; i < end; i += COUNT) {
            FloatVector.fromArray(FLOATS, a, aOffset + i)
                    .fma(FloatVector.fromArray(FLOATS, b, bOffset + i), FloatVector.fromArray(FLOATS, y, yOffset + i))
                    .intoArray(y, yOffset + i);
        }
        return end;
    }

    /** The same operations in the same order as the scalar code. */
    static int adam(int n, float[] w, int wOffset, float[] g, int gOffset, float[] m, int mOffset, float[] v, int vOffset,
            float rate, float beta1, float rest1, float beta2, float rest2, float root, float epsilon) {
        int end = FLOATS.loopBound(n);
        for (int i = 0; i < end; i += COUNT) {
            FloatVector grad = FloatVector.fromArray(FLOATS, g, gOffset + i);
            FloatVector mean = FloatVector.fromArray(FLOATS, m, mOffset + i).mul(beta1);
            mean = grad.fma(FloatVector.broadcast(FLOATS, rest1), mean);
            FloatVector square = FloatVector.fromArray(FLOATS, v, vOffset + i).mul(beta2);
            square = grad.mul(rest2).fma(grad, square);
            mean.intoArray(m, mOffset + i);
            square.intoArray(v, vOffset + i);
            FloatVector step = mean.mul(-rate).div(square.sqrt().div(root).add(epsilon));
            FloatVector.fromArray(FLOATS, w, wOffset + i).add(step).intoArray(w, wOffset + i);
        }
        return end;
    }

    /** Smallest and largest value of whole vectors, with those in {@code range}. */
    static int minMax(int n, float[] x, int xOffset, float[] range) {
        FloatVector min = FloatVector.broadcast(FLOATS, range[0]);
        FloatVector max = FloatVector.broadcast(FLOATS, range[1]);
        int end = FLOATS.loopBound(n);
        for (int i = 0; i < end; i += COUNT) {
            FloatVector v = FloatVector.fromArray(FLOATS, x, xOffset + i);
            min = v.min(min);
            max = v.max(max);
        }
        range[0] = min.reduceLanes(VectorOperators.MIN);
        range[1] = max.reduceLanes(VectorOperators.MAX);
        return end;
    }
}
