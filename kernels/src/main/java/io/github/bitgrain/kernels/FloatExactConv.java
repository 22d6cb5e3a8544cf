package io.github.bitgrain.kernels;

import static io.github.bitgrain.kernels.Lanes.COUNT;
import static io.github.bitgrain.kernels.Lanes.FLOATS;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;

/** Sums in single precision, exact up to 2^24, by the tiles of the float convolution. */
class FloatExactConv extends VectorExactConv {
    /** Added to a number below 2^22 in size it leaves the nearest whole number, ties to even, in the low bits. */
    private static final float ROUNDER = 0x1.8p23f;
    private static final int ROUNDER_BITS = Float.floatToRawIntBits(ROUNDER);

    private final Scaling scaling;
    final float[] weights;
    final float[] start;
    private final float[] factors;

    FloatExactConv(ConvShape shape, Scaling scaling) {
        this(shape, scaling, 2);
    }

    FloatExactConv(ConvShape shape, Scaling scaling, int panelVectors) {
        super(shape, COUNT, panelVectors);
        this.scaling = scaling;
        weights = new float[shape.kernelH() * shape.kernelW() * in * padded];
        start = new float[padded + COUNT];
        factors = new float[padded];
        for (int n = 0; n < shape.outC(); n++) {
            start[n] = scaling.bias()[n];
            factors[n] = Math.scalb(1f, -scaling.shifts()[n]);
        }
    }

    @Override
    void setWeight(int at, int weight) {
        weights[at] = weight;
    }

    @Override
    boolean isDouble() {
        return false;
    }

    @Override
    void reserveResults(Scratch scratch, int count) {
        scratch.results.atLeast(count);
    }

    @Override
    int tileHeight(int count) {
        return DenseTiles.height(count);
    }

    @Override
    void tile(Scratch scratch, Source source, int height, int row, int[] runs, int runCount, int runLength, int n, int panel, int[] outputs) {
        VectorConvolution.tile(height, source, row, runs, runCount, runLength, weights, panel, start, n, padded, scratch.results.atLeast(0), outputs);
    }

    @Override
    void depthwise(Scratch scratch, Walk walk, Source source, int[] taps) {
        float[] results = scratch.results.atLeast(source.count * padded);
        if (VectorDepthwiseRows.fitsBordered(walk, padded)) {
            int rowStep = source.rowStep * (walk.tapsY[1] - walk.tapsY[0]);
            for (int row = 0; row < source.count; row += walk.columns) {
                VectorDepthwiseRows.ofBordered(source.x, source.rows[row], rowStep, padded, walk.stepX, weights, padded, start, results, row * padded,
                        walk.columns);
            }
            return;
        }
        for (int row = 0; row < source.count; row += walk.columns) {
            for (int c = 0; c < padded; c += COUNT) {
                depthwise(walk, source, row, c, taps, results);
            }
        }
    }

    /** One row of the output, one vector of channels. */
    final void depthwise(Walk walk, Source source, int row, int c, int[] taps, float[] results) {
        boolean full = walk.countY == 3 && walk.countX == 3 && walk.tapsX[1] - walk.tapsX[0] == 1;
        int rowStep = source.rowStep * (full ? walk.tapsY[1] - walk.tapsY[0] : 1);
        VectorDepthwise.run(walk, full, source.x, source.rows[row] + c, padded, rowStep, taps, 0, walk.countY, weights, c, padded, start, c, results,
                row * padded + c, padded, walk.columns);
    }

    @Override
    void finish(Scratch scratch, int count, int[] y, int to, int end) {
        float[] sums = scratch.results.atLeast(0);
        int whole = shape.outC() == padded ? count : Math.min(count, Math.max(0, (end - to - padded) / shape.outC()));
        if (scaling.rounding() == Rounding.HALF_EVEN) {
            toEven(sums, padded, whole, factors, scaling.lowest(), scaling.highest(), y, to, shape.outC());
        } else {
            upwards(sums, padded, whole, factors, scaling.lowest(), scaling.highest(), y, to, shape.outC());
        }
        for (int i = whole; i < count; i++) {
            for (int n = 0; n < shape.outC(); n++) {
                float v = Math.clamp(sums[i * padded + n] * factors[n], (float) scaling.lowest(), (float) scaling.highest());
                float rounded = v + ROUNDER - ROUNDER;
                y[to + i * shape.outC() + n] = (int) rounded + (scaling.rounding() == Rounding.HALF_UP && v - rounded == 0.5f ? 1 : 0);
            }
        }
    }

    // Limited first: limits are whole, so that the order makes no difference, and small numbers can be rounded by an addition. By
    // comparison, as min and max of the language cost three times as much. What a vector writes beyond its pixel, the next pixel
    // overwrites.

    private static void toEven(float[] sums, int padded, int count, float[] factors, float low, float high, int[] y, int to, int step) {
        FloatVector lows = FloatVector.broadcast(FLOATS, low);
        FloatVector highs = FloatVector.broadcast(FLOATS, high);
        for (int i = 0; i < count; i++) {
            for (int c = 0; c < padded; c += COUNT) {
                FloatVector v = FloatVector.fromArray(FLOATS, sums, i * padded + c).mul(FloatVector.fromArray(FLOATS, factors, c));
                FloatVector raised = v.blend(lows, v.compare(VectorOperators.LT, lows));
                FloatVector limited = raised.blend(highs, raised.compare(VectorOperators.GT, highs));
                limited.add(ROUNDER).reinterpretAsInts().sub(ROUNDER_BITS).intoArray(y, to + i * step + c);
            }
        }
    }

    private static void upwards(float[] sums, int padded, int count, float[] factors, float low, float high, int[] y, int to, int step) {
        FloatVector lows = FloatVector.broadcast(FLOATS, low);
        FloatVector highs = FloatVector.broadcast(FLOATS, high);
        for (int i = 0; i < count; i++) {
            for (int c = 0; c < padded; c += COUNT) {
                FloatVector given = FloatVector.fromArray(FLOATS, sums, i * padded + c).mul(FloatVector.fromArray(FLOATS, factors, c));
                FloatVector raised = given.blend(lows, given.compare(VectorOperators.LT, lows));
                FloatVector v = raised.blend(highs, raised.compare(VectorOperators.GT, highs));
                FloatVector rounded = v.add(ROUNDER);
                VectorMask<Float> tie = v.sub(rounded.sub(ROUNDER)).compare(VectorOperators.EQ, 0.5f);
                rounded.add(1f, tie).reinterpretAsInts().sub(ROUNDER_BITS).intoArray(y, to + i * step + c);
            }
        }
    }
}
