package io.github.bitgrain.kernels;

import static io.github.bitgrain.kernels.DoubleTiles.DOUBLES;
import static io.github.bitgrain.kernels.DoubleTiles.WIDTH;

import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.LongVector;
import jdk.incubator.vector.VectorOperators;

/** Sums in double precision, exact up to 2^53: products of 16-bit numbers at half the speed of single precision. */
class DoubleExactConv extends VectorExactConv {
    /** Weights up to this size stay in the L2 cache while all rows pass by. */
    static final int RESIDENT_DOUBLES = 32 * 1024;
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
        super(shape, WIDTH, panelVectors);
        this.scaling = scaling;
        weights = new double[shape.kernelH() * shape.kernelW() * in * padded];
        start = new double[padded + WIDTH];
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
    void dense(Scratch scratch, Source source, int[] runs, int runCount, int runLength, int[] outputs) {
        int height = Math.max(source.count, Tiles.HEIGHT);
        double[] results = scratch.wideResults.atLeast(height * padded);
        int k = runCount * runLength;
        int last = height - Tiles.HEIGHT;
        if (k * padded <= RESIDENT_DOUBLES) {
            for (int row = 0; row < height; row += Tiles.HEIGHT) {
                for (int n = 0; n < padded; n += 2 * WIDTH) {
                    tile(source, Math.min(row, last), runs, runCount, runLength, n, n * k, results, outputs);
                }
            }
        } else {
            for (int n = 0; n < padded; n += 2 * WIDTH) {
                for (int row = 0; row < height; row += Tiles.HEIGHT) {
                    tile(source, Math.min(row, last), runs, runCount, runLength, n, n * k, results, outputs);
                }
            }
        }
    }

    private void tile(Source source, int row, int[] runs, int runCount, int runLength, int n, int panel, double[] results, int[] outputs) {
        if (padded - n > WIDTH) {
            DoubleTiles.tile8x2(source.wide, source.rows, row, runs, runCount, runLength, weights, panel, start, n, results, outputs, n);
        } else {
            DoubleTiles.tile8x1(source.wide, source.rows, row, runs, runCount, runLength, weights, panel, start, n, results, outputs, n);
        }
    }

    @Override
    void depthwise(Scratch scratch, Walk walk, Source source, int[] taps) {
        double[] results = scratch.wideResults.atLeast(source.count * padded);
        for (int row = 0; row < source.count; row += walk.columns) {
            for (int c = 0; c < padded; c += WIDTH) {
                depthwise(walk, source, row, c, taps, results);
            }
        }
    }

    /** One row of the output, one vector of channels. */
    final void depthwise(Walk walk, Source source, int row, int c, int[] taps, double[] results) {
        DoubleTiles.depthwise(source.wide, source.rows[row] + c, walk.stepX * padded, taps, walk.taps(), weights, c, padded, start, c, results,
                row * padded + c, walk.columns);
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
            for (int c = 0; c < padded; c += WIDTH) {
                DoubleVector v = DoubleVector.fromArray(DOUBLES, sums, i * padded + c).mul(DoubleVector.fromArray(DOUBLES, factors, c))
                        .min(high).max(low);
                DoubleVector rounded = v.add(ROUNDER);
                if (up) {
                    rounded = upAtTies(v, rounded);
                }
                rounded.sub(ROUNDER).intoArray(sums, i * padded + c);
            }
        }
    }

    /**
     * One more where v lies halfway above the rounded number: nowhere else is {@code v - rounded - 0.5} not negative. By the sign bit, as
     * masks of two lanes are boxed.
     */
    private static DoubleVector upAtTies(DoubleVector v, DoubleVector rounded) {
        LongVector below = v.sub(rounded.sub(ROUNDER)).sub(0.5).reinterpretAsLongs().lanewise(VectorOperators.LSHR, Long.SIZE - 1);
        return rounded.reinterpretAsLongs().add(1).sub(below).reinterpretAsDoubles();
    }
}
