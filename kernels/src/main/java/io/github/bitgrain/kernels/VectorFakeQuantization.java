package io.github.bitgrain.kernels;

import static io.github.bitgrain.kernels.Lanes.COUNT;
import static io.github.bitgrain.kernels.Lanes.DOUBLES;
import static io.github.bitgrain.kernels.Lanes.DOUBLE_COUNT;
import static io.github.bitgrain.kernels.Lanes.FLOATS;

import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;

/**
 * Fake quantization with the two roundings that chips use. There is no vector instruction for them in the API: adding and
 * subtracting {@link #ROUNDER} leaves the nearest even integer, exactly, for the clamped values that arrive here. Values are clamped
 * by comparison: max and min of the language treat NaN and -0 apart, which costs three times as much. The same few lines stand in
 * every loop because a method of ours that takes or returns vectors is not sure to be inlined, and boxes them where it is not.
 */
final class VectorFakeQuantization {
    /** 1.5 · 2^23: a sum with it has no fraction bits. */
    private static final float ROUNDER = 12582912f;
    /** Up to here the sum with {@link #ROUNDER} stays in [2^23, 2^24). */
    private static final float LARGEST = 1 << 21;
    /** Vectors whose products are summed in single precision: few, as products of saturated values cancel. */
    private static final int BLOCK = 16;

    private VectorFakeQuantization() {}

    /** Whether the vector loops cover the case; wider integers (biases) and other roundings are left to the scalar code. */
    static boolean covers(int exponent, float qmin, float qmax, Rounding rounding) {
        return (rounding == Rounding.HALF_EVEN || rounding == Rounding.HALF_UP) && qmin >= -LARGEST && qmax <= LARGEST
                && exponent >= Float.MIN_EXPONENT && exponent <= -Float.MIN_EXPONENT;
    }

    /** The elements of whole vectors; returns their number. {@code x / s} is {@code x (1 / s)} for powers of two. */
    static int quantizeEven(int n, float[] x, int xOffset, float[] y, int yOffset, float scale, float inverse, float qmin, float qmax) {
        FloatVector low = FloatVector.broadcast(FLOATS, qmin);
        FloatVector high = FloatVector.broadcast(FLOATS, qmax);
        FloatVector rounder = FloatVector.broadcast(FLOATS, ROUNDER);
        int end = FLOATS.loopBound(n);
        for (int i = 0; i < end; i += COUNT) {
            FloatVector v = FloatVector.fromArray(FLOATS, x, xOffset + i).mul(inverse);
            FloatVector raised = v.blend(low, v.compare(VectorOperators.LT, low));
            FloatVector clamped = raised.blend(high, raised.compare(VectorOperators.GT, high));
            clamped.add(rounder).sub(rounder).mul(scale).intoArray(y, yOffset + i);
        }
        return end;
    }

    /** As {@link #quantizeEven}: {@code floor(v + 0.5)}, with the sum in single precision as in the reference. */
    static int quantizeUp(int n, float[] x, int xOffset, float[] y, int yOffset, float scale, float inverse, float qmin, float qmax) {
        FloatVector low = FloatVector.broadcast(FLOATS, qmin);
        FloatVector high = FloatVector.broadcast(FLOATS, qmax);
        FloatVector rounder = FloatVector.broadcast(FLOATS, ROUNDER);
        int end = FLOATS.loopBound(n);
        for (int i = 0; i < end; i += COUNT) {
            FloatVector v = FloatVector.fromArray(FLOATS, x, xOffset + i).mul(inverse);
            FloatVector raised = v.blend(low, v.compare(VectorOperators.LT, low));
            FloatVector clamped = raised.blend(high, raised.compare(VectorOperators.GT, high));
            FloatVector more = clamped.add(0.5f);
            FloatVector nearest = more.add(rounder).sub(rounder);
            nearest.sub(1f, nearest.compare(VectorOperators.GT, more)).mul(scale).intoArray(y, yOffset + i);
        }
        return end;
    }

    /** The smallest float that is rounded to at least {@code qmin}. */
    private static float first(Rounding rounding, float qmin) {
        float v = qmin - 0.5f;
        while (rounding.round(v) >= qmin) {
            v = Math.nextDown(v);
        }
        while (rounding.round(v) < qmin) {
            v = Math.nextUp(v);
        }
        return v;
    }

    /** The largest float that is rounded to at most {@code qmax}. */
    private static float last(Rounding rounding, float qmax) {
        float v = qmax + 0.5f;
        while (rounding.round(v) <= qmax) {
            v = Math.nextUp(v);
        }
        while (rounding.round(v) > qmax) {
            v = Math.nextDown(v);
        }
        return v;
    }

    /**
     * The gradient for the elements of whole vectors.
     *
     * @param n a multiple of the number of lanes
     * @param partial room for one vector of half as many lanes
     * @return Σ of the gradients of alpha: {@link #BLOCK} products of each lane in single precision, those sums in double precision
     */
    static double gradient(Rounding rounding, int n, float[] x, int xOffset, float[] dy, int dyOffset, float[] dx, int dxOffset, float inverse,
            float qmin, float qmax, boolean accumulate, double[] partial) {
        if (n == 0) {
            return 0;
        }
        float first = first(rounding, qmin);
        float last = last(rounding, qmax);
        run(n, x, xOffset, dy, dyOffset, dx, dxOffset, inverse, qmin, qmax, first, last, rounding == Rounding.HALF_UP,
                accumulate, partial);
        return total(partial);
    }

    private static double total(double[] partial) {
        double sum = 0;
        for (int i = 0; i < DOUBLE_COUNT; i++) {
            sum += partial[i];
        }
        return sum;
    }

    /**
     * Values from {@code first} to {@code last} are rounded to something inside the range; their gradients pass. Half to even is half up
     * with nothing added before and nothing taken away after.
     */
    private static void run(int n, float[] x, int xOffset, float[] dy, int dyOffset, float[] dx, int dxOffset, float inverse, float qmin,
            float qmax, float first, float last, boolean up, boolean accumulate, double[] partial) {
        FloatVector low = FloatVector.broadcast(FLOATS, qmin);
        FloatVector high = FloatVector.broadcast(FLOATS, qmax);
        FloatVector rounder = FloatVector.broadcast(FLOATS, ROUNDER);
        FloatVector half = FloatVector.broadcast(FLOATS, up ? 0.5f : 0f);
        FloatVector one = FloatVector.broadcast(FLOATS, up ? 1f : 0f);
        DoubleVector front = DoubleVector.zero(DOUBLES);
        DoubleVector back = DoubleVector.zero(DOUBLES);
        int i = 0;
        do {
            FloatVector sum = FloatVector.zero(FLOATS);
            int end = Math.min(n, i + BLOCK * COUNT);
            do {
                FloatVector v = FloatVector.fromArray(FLOATS, x, xOffset + i).mul(inverse);
                VectorMask<Float> passes = v.compare(VectorOperators.GE, first).and(v.compare(VectorOperators.LE, last));
                FloatVector raised = v.blend(low, v.compare(VectorOperators.LT, low));
                FloatVector clamped = raised.blend(high, raised.compare(VectorOperators.GT, high));
                FloatVector more = clamped.add(half);
                FloatVector nearest = more.add(rounder).sub(rounder);
                FloatVector q = nearest.sub(one, nearest.compare(VectorOperators.GT, more));
                FloatVector g = FloatVector.fromArray(FLOATS, dy, dyOffset + i);
                sum = q.sub(v, passes).fma(g, sum);
                FloatVector passed = FloatVector.zero(FLOATS).blend(g, passes);
                if (accumulate) {
                    passed = passed.add(FloatVector.fromArray(FLOATS, dx, dxOffset + i));
                }
                passed.intoArray(dx, dxOffset + i);
                i += COUNT;
            } while (i < end);
            front = ((DoubleVector) sum.convertShape(VectorOperators.F2D, DOUBLES, 0)).add(front);
            back = ((DoubleVector) sum.convertShape(VectorOperators.F2D, DOUBLES, 1)).add(back);
        } while (i < n);
        front.add(back).intoArray(partial, 0);
    }

    /**
     * The gradient for rows of n elements. Reads and writes whole vectors, the gaps between rows included; they add nothing to
     * the sum.
     *
     * @param stride from row to row in all three maps
     */
    static double gradientOfRows(Rounding rounding, int rows, int n, int stride, float[] x, int xOffset, float[] dy, int dyOffset, float[] dx,
            int dxOffset, float inverse, float qmin, float qmax, boolean accumulate, double[] partial) {
        if (rows == 0 || n == 0) {
            return 0;
        }
        float first = first(rounding, qmin);
        float last = last(rounding, qmax);
        runRows(rows, n, stride, x, xOffset, dy, dyOffset, dx, dxOffset, inverse, qmin, qmax, first, last, rounding == Rounding.HALF_UP,
                accumulate, partial);
        return total(partial);
    }

    /** As {@link #run}, row after row, each a sum in single precision. */
    private static void runRows(int rows, int n, int stride, float[] x, int xOffset, float[] dy, int dyOffset, float[] dx, int dxOffset,
            float inverse, float qmin, float qmax, float first, float last, boolean up, boolean accumulate, double[] partial) {
        FloatVector low = FloatVector.broadcast(FLOATS, qmin);
        FloatVector high = FloatVector.broadcast(FLOATS, qmax);
        FloatVector rounder = FloatVector.broadcast(FLOATS, ROUNDER);
        FloatVector half = FloatVector.broadcast(FLOATS, up ? 0.5f : 0f);
        FloatVector one = FloatVector.broadcast(FLOATS, up ? 1f : 0f);
        DoubleVector front = DoubleVector.zero(DOUBLES);
        DoubleVector back = DoubleVector.zero(DOUBLES);
        int start = 0;
        do {
            FloatVector sum = FloatVector.zero(FLOATS);
            int i = 0;
            do {
                // One body for whole and broken vectors: with two the compiler inlines no more and boxes.
                VectorMask<Float> valid = FLOATS.indexInRange(i, n);
                int at = start + i;
                FloatVector v = FloatVector.zero(FLOATS).blend(FloatVector.fromArray(FLOATS, x, xOffset + at), valid).mul(inverse);
                VectorMask<Float> passes = v.compare(VectorOperators.GE, first).and(v.compare(VectorOperators.LE, last));
                FloatVector raised = v.blend(low, v.compare(VectorOperators.LT, low));
                FloatVector clamped = raised.blend(high, raised.compare(VectorOperators.GT, high));
                FloatVector more = clamped.add(half);
                FloatVector nearest = more.add(rounder).sub(rounder);
                FloatVector q = nearest.sub(one, nearest.compare(VectorOperators.GT, more));
                FloatVector g = FloatVector.zero(FLOATS).blend(FloatVector.fromArray(FLOATS, dy, dyOffset + at), valid);
                sum = q.sub(v, passes).fma(g, sum);
                FloatVector passed = FloatVector.zero(FLOATS).blend(g, passes);
                if (accumulate) {
                    passed = passed.add(FloatVector.fromArray(FLOATS, dx, dxOffset + at));
                }
                passed.intoArray(dx, dxOffset + at);
                i += COUNT;
            } while (i < n);
            front = ((DoubleVector) sum.convertShape(VectorOperators.F2D, DOUBLES, 0)).add(front);
            back = ((DoubleVector) sum.convertShape(VectorOperators.F2D, DOUBLES, 1)).add(back);
            start += stride;
        } while (start < rows * stride);
        front.add(back).intoArray(partial, 0);
    }
}
