package io.github.bitgrain.kernels;

import static io.github.bitgrain.kernels.Lanes.COUNT;
import static io.github.bitgrain.kernels.Lanes.DOUBLES;
import static io.github.bitgrain.kernels.Lanes.DOUBLE_COUNT;
import static io.github.bitgrain.kernels.Lanes.FLOATS;
import static io.github.bitgrain.kernels.Lanes.INTS;

import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
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
    /** Up to here {@link #ROUNDER} times the scale is a float. */
    private static final int LARGEST_EXPONENT = Float.MAX_EXPONENT - 24;
    /** Vectors whose products are summed in single precision: few, as products of saturated values cancel. */
    private static final int BLOCK = 16;

    private VectorFakeQuantization() {}

    /** Whether the vector loops cover the case; wider integers (biases) and other roundings are left to the scalar code. */
    static boolean covers(int exponent, float qmin, float qmax, Rounding rounding) {
        return (rounding == Rounding.HALF_EVEN || rounding == Rounding.HALF_UP) && qmin >= -LARGEST && qmax <= LARGEST
                && exponent >= Float.MIN_EXPONENT && exponent <= LARGEST_EXPONENT;
    }

    /**
     * The elements of whole vectors in each of {@code rows} rows, {@code xRow} and {@code yRow} floats apart; returns their number in a row.
     * {@code x / s} is {@code x (1 / s)} for powers of two.
     */
    static int vectors(Rounding rounding, int rows, int n, float[] x, int xOffset, int xRow, float[] y, int yOffset, int yRow, float scale,
            float inverse, float qmin, float qmax) {
        return rounding == Rounding.HALF_EVEN ? quantizeEven(rows, n, x, xOffset, xRow, y, yOffset, yRow, scale, inverse, qmin, qmax)
                : quantizeUp(rows, n, x, xOffset, xRow, y, yOffset, yRow, scale, inverse, qmin, qmax);
    }

    // Rounded first and limited then, as sums with ROUNDER: a sum outside of [2^23, 2^24) is not rounded to a whole number, but stays on its side
    // of the limits. Products with powers of two are exact, so that each fma rounds as the sum alone would.

    private static int quantizeEven(int rows, int n, float[] x, int xOffset, int xRow, float[] y, int yOffset, int yRow, float scale, float inverse,
            float qmin, float qmax) {
        FloatVector low = FloatVector.broadcast(FLOATS, ROUNDER + qmin);
        FloatVector high = FloatVector.broadcast(FLOATS, ROUNDER + qmax);
        FloatVector rounder = FloatVector.broadcast(FLOATS, ROUNDER);
        FloatVector back = FloatVector.broadcast(FLOATS, -ROUNDER * scale);
        FloatVector by = FloatVector.broadcast(FLOATS, inverse);
        FloatVector times = FloatVector.broadcast(FLOATS, scale);
        int end = FLOATS.loopBound(n);
        for (int row = 0; row < rows; row++) {
            for (int i = 0; i < end; i += COUNT) {
                FloatVector sum = FloatVector.fromArray(FLOATS, x, xOffset + row * xRow + i).fma(by, rounder);
                FloatVector raised = sum.blend(low, sum.compare(VectorOperators.LT, low));
                FloatVector limited = raised.blend(high, raised.compare(VectorOperators.GT, high));
                limited.fma(times, back).intoArray(y, yOffset + row * yRow + i);
            }
        }
        return end;
    }

    /**
     * {@link WholeRange} in place, on the elements of whole vectors in each of {@code rows} rows, {@code distance} floats apart; returns their
     * number in a row. Sums with {@link #ROUNDER} that are not negative have the order of their bits, and a negative one is a negative integer
     * too, so that the limits of integers, an instruction each, serve.
     */
    static int wholes(int rows, int n, float[] y, int offset, int distance, float lowest, float highest) {
        IntVector low = IntVector.broadcast(INTS, Float.floatToRawIntBits(ROUNDER + lowest));
        IntVector high = IntVector.broadcast(INTS, Float.floatToRawIntBits(ROUNDER + highest));
        FloatVector rounder = FloatVector.broadcast(FLOATS, ROUNDER);
        int end = FLOATS.loopBound(n);
        for (int row = 0; row < rows; row++) {
            for (int i = 0; i < end; i += COUNT) {
                int at = offset + row * distance + i;
                IntVector sum = FloatVector.fromArray(FLOATS, y, at).add(rounder).reinterpretAsInts();
                sum.max(low).min(high).reinterpretAsFloats().sub(rounder).intoArray(y, at);
            }
        }
        return end;
    }

    /** {@code floor(v + 0.5)}, with the sum in single precision as in the reference. */
    private static int quantizeUp(int rows, int n, float[] x, int xOffset, int xRow, float[] y, int yOffset, int yRow, float scale, float inverse,
            float qmin, float qmax) {
        FloatVector low = FloatVector.broadcast(FLOATS, ROUNDER + qmin);
        FloatVector high = FloatVector.broadcast(FLOATS, ROUNDER + qmax);
        FloatVector rounder = FloatVector.broadcast(FLOATS, ROUNDER);
        FloatVector back = FloatVector.broadcast(FLOATS, -ROUNDER * scale);
        FloatVector by = FloatVector.broadcast(FLOATS, inverse);
        FloatVector times = FloatVector.broadcast(FLOATS, scale);
        FloatVector half = FloatVector.broadcast(FLOATS, 0.5f);
        int end = FLOATS.loopBound(n);
        for (int row = 0; row < rows; row++) {
            for (int i = 0; i < end; i += COUNT) {
                FloatVector more = FloatVector.fromArray(FLOATS, x, xOffset + row * xRow + i).fma(by, half);
                FloatVector sum = more.add(rounder);
                FloatVector down = sum.sub(1f, sum.sub(rounder).compare(VectorOperators.GT, more));
                FloatVector raised = down.blend(low, down.compare(VectorOperators.LT, low));
                FloatVector limited = raised.blend(high, raised.compare(VectorOperators.GT, high));
                limited.fma(times, back).intoArray(y, yOffset + row * yRow + i);
            }
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
        if (rounding == Rounding.HALF_EVEN) {
            even(n, x, xOffset, dy, dyOffset, dx, dxOffset, inverse, qmin, qmax, accumulate, partial);
        } else {
            up(n, x, xOffset, dy, dyOffset, dx, dxOffset, inverse, qmin, qmax, first(rounding, qmin), last(rounding, qmax), accumulate, partial);
        }
        return total(partial);
    }

    private static double total(double[] partial) {
        double sum = 0;
        for (int i = 0; i < DOUBLE_COUNT; i++) {
            sum += partial[i];
        }
        return sum;
    }

    /** Rounded first, as in {@link #quantizeEven}: what lies beyond a limit then was rounded to something outside the range. */
    private static void even(int n, float[] x, int xOffset, float[] dy, int dyOffset, float[] dx, int dxOffset, float inverse, float qmin, float qmax,
            boolean accumulate, double[] partial) {
        FloatVector low = FloatVector.broadcast(FLOATS, ROUNDER + qmin);
        FloatVector high = FloatVector.broadcast(FLOATS, ROUNDER + qmax);
        FloatVector rounder = FloatVector.broadcast(FLOATS, ROUNDER);
        FloatVector zero = FloatVector.zero(FLOATS);
        DoubleVector front = DoubleVector.zero(DOUBLES);
        DoubleVector back = DoubleVector.zero(DOUBLES);
        int i = 0;
        do {
            FloatVector sum = FloatVector.zero(FLOATS);
            int end = Math.min(n, i + BLOCK * COUNT);
            do {
                FloatVector v = FloatVector.fromArray(FLOATS, x, xOffset + i).mul(inverse);
                FloatVector g = FloatVector.fromArray(FLOATS, dy, dyOffset + i);
                FloatVector nearest = v.add(rounder);
                VectorMask<Float> below = nearest.compare(VectorOperators.LT, low);
                VectorMask<Float> above = nearest.compare(VectorOperators.GT, high);
                VectorMask<Float> stopped = below.or(above);
                FloatVector q = nearest.blend(low, below).blend(high, above).sub(rounder);
                sum = q.sub(v.blend(zero, stopped)).fma(g, sum);
                FloatVector passed = g.blend(zero, stopped);
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

    /** Values from {@code first} to {@code last} are rounded to something inside the range; their gradients pass. */
    private static void up(int n, float[] x, int xOffset, float[] dy, int dyOffset, float[] dx, int dxOffset, float inverse, float qmin,
            float qmax, float first, float last, boolean accumulate, double[] partial) {
        FloatVector low = FloatVector.broadcast(FLOATS, qmin);
        FloatVector high = FloatVector.broadcast(FLOATS, qmax);
        FloatVector rounder = FloatVector.broadcast(FLOATS, ROUNDER);
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
                FloatVector more = clamped.add(0.5f);
                FloatVector nearest = more.add(rounder).sub(rounder);
                FloatVector q = nearest.sub(1f, nearest.compare(VectorOperators.GT, more));
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
        rows(rows, n, stride, x, xOffset, dy, dyOffset, dx, dxOffset, inverse, qmin, qmax, first(rounding, qmin), last(rounding, qmax),
                rounding == Rounding.HALF_UP, accumulate, partial);
        return total(partial);
    }

    /**
     * As {@link #up}, row after row, each a sum in single precision. Half to even is half up with nothing added before and nothing taken away
     * after.
     */
    private static void rows(int rows, int n, int stride, float[] x, int xOffset, float[] dy, int dyOffset, float[] dx, int dxOffset,
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
