package io.github.bitgrain.kernels;

import static io.github.bitgrain.kernels.Lanes.DOUBLES;
import static io.github.bitgrain.kernels.Lanes.DOUBLE_COUNT;

import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.LongVector;
import jdk.incubator.vector.VectorOperators;

/** Sums in double precision, exact up to 2^53: products of 16-bit numbers at half the speed of single precision. */
class DoubleExactConv extends VectorExactConv {
    /** Added to a number below 2^51 in size and taken away it leaves the nearest whole number, ties to even. */
    private static final double ROUNDER = 0x1.8p52;

    private final Scaling scaling;
    final double[] weights;
    final double[] start;
    private final double[] factors;

    DoubleExactConv(ConvShape shape, Scaling scaling) {
        this(shape, scaling, 2);
    }

    DoubleExactConv(ConvShape shape, Scaling scaling, int panelVectors) {
        super(shape, DOUBLE_COUNT, panelVectors);
        this.scaling = scaling;
        weights = new double[shape.kernelH() * shape.kernelW() * in * padded];
        start = new double[padded + DOUBLE_COUNT];
        factors = new double[padded];
        for (int n = 0; n < shape.outC(); n++) {
            start[n] = scaling.bias()[n];
            factors[n] = Math.scalb(1.0, -scaling.shifts()[n]);
        }
    }

    @Override
    void setWeight(int at, int weight) {
        weights[at] = weight;
    }

    @Override
    boolean isDouble() {
        return true;
    }

    @Override
    void reserveResults(Scratch scratch, int count) {
        scratch.wideResults.atLeast(count);
    }

    @Override
    void tile(Scratch scratch, Source source, int height, int row, int[] runs, int runCount, int runLength, int n, int panel, int[] outputs) {
        DenseTiles.tile(padded - n > DOUBLE_COUNT, source.wide, source.rows, row, runs, runCount, runLength, weights, panel, start, n,
                scratch.wideResults.atLeast(0), outputs);
    }

    @Override
    void depthwise(Scratch scratch, Walk walk, Source source, int[] taps) {
        double[] results = scratch.wideResults.atLeast(source.count * padded);
        for (int row = 0; row < source.count; row += walk.columns) {
            for (int c = 0; c < padded; c += DOUBLE_COUNT) {
                depthwise(walk, source, row, c, taps, results);
            }
        }
    }

    /** One row of the output, one vector of channels. */
    final void depthwise(Walk walk, Source source, int row, int c, int[] taps, double[] results) {
        int at = source.rows[row] + c;
        int step = walk.stepX * padded;
        int to = row * padded + c;
        int done = DoubleTiles.anyFour(source.wide, at, step, taps, 0, walk.countY, 0, walk.countX, walk.countX, weights, c, padded, start, c, results,
                to, padded, walk.columns);
        DoubleTiles.anyOne(source.wide, at + done * step, step, taps, 0, walk.countY, 0, walk.countX, walk.countX, weights, c, padded, start, c,
                results, to + done * padded, padded, walk.columns - done);
    }

    @Override
    void finish(Scratch scratch, int count, int[] y, int to, int end) {
        double[] sums = scratch.wideResults.atLeast(0);
        round(sums, padded, count, factors, scaling.lowest(), scaling.highest(), scaling.rounding() == Rounding.HALF_UP);
        if (padded == shape.outC()) {
            toInts(sums, 0, count * padded, y, to);
            return;
        }
        for (int i = 0; i < count; i++) {
            toInts(sums, i * padded, shape.outC(), y, to + i * shape.outC());
        }
    }

    /** A plain loop: the compiler makes vectors of it, whose halves the Vector API would have to name for every width. */
    private static void toInts(double[] x, int from, int n, int[] y, int to) {
        for (int i = 0; i < n; i++) {
            y[to + i] = (int) x[from + i];
        }
    }

    // Limited first: limits are whole, so that the order makes no difference, and small numbers can be rounded by an addition.

    private static void round(double[] sums, int padded, int count, double[] factors, double low, double high, boolean up) {
        for (int i = 0; i < count; i++) {
            for (int c = 0; c < padded; c += DOUBLE_COUNT) {
                DoubleVector v = DoubleVector.fromArray(DOUBLES, sums, i * padded + c).mul(DoubleVector.fromArray(DOUBLES, factors, c))
                        .min(high).max(low);
                DoubleVector rounded = v.add(ROUNDER);
                if (up) {
                    // One more where v lies halfway above the rounded number: nowhere else is v - rounded - 0.5 not negative. By the
                    // sign bit, as masks of two lanes are boxed.
                    LongVector below = v.sub(rounded.sub(ROUNDER)).sub(0.5).reinterpretAsLongs().lanewise(VectorOperators.LSHR, Long.SIZE - 1);
                    rounded = rounded.reinterpretAsLongs().add(1).sub(below).reinterpretAsDoubles();
                }
                rounded.sub(ROUNDER).intoArray(sums, i * padded + c);
            }
        }
    }
}
