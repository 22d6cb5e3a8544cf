package io.github.bitgrain.kernels;

/**
 * Sums in an accumulator that wraps: it holds the sum modulo a power of two, in whatever order. The products are summed up exactly in double
 * precision, the bias joins at the end.
 */
final class DoubleWrappingConv extends DoubleExactConv {
    private final Scaling scaling;
    private final Accumulator accumulator;

    DoubleWrappingConv(ConvShape shape, Scaling scaling, Accumulator accumulator) {
        super(shape, new Scaling(new long[shape.outC()], scaling.shifts(), scaling.rounding(), scaling.bits(), scaling.lowest(), scaling.highest()));
        this.scaling = scaling;
        this.accumulator = accumulator;
    }

    /** Whether the sums of a shape are exact. */
    static boolean fits(ConvShape shape, long largestProduct) {
        return largestProduct <= LARGEST_IN_DOUBLE / ((long) shape.groupIn() * shape.kernelH() * shape.kernelW());
    }

    @Override
    void finish(Scratch scratch, int count, int[] y, int to, int end) {
        double[] sums = scratch.wideResults.atLeast(0);
        for (int i = 0; i < count; i++) {
            for (int n = 0; n < shape.outC(); n++) {
                long sum = accumulator.keep((long) sums[i * padded + n] + scaling.bias()[n]);
                long shifted = Requantize.shiftRight(sum, scaling.shifts()[n], scaling.rounding());
                y[to + i * shape.outC() + n] = Math.clamp(shifted, scaling.lowest(), scaling.highest());
            }
        }
    }
}
