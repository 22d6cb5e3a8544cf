package io.github.bitgrain.kernels;

/** The reference: one output after the other, product by product in the chip's order. */
final class ScalarOrderedConv extends ScalarExactConv {
    private final Accumulator accumulator;

    ScalarOrderedConv(ConvShape shape, Scaling scaling, Accumulator accumulator) {
        super(shape, scaling);
        this.accumulator = accumulator;
    }

    @Override
    long add(long start, int[] x, int from, int n, int tap) {
        int taps = shape.kernelH() * shape.kernelW();
        int in = shape.groupIn();
        long sum = start;
        for (int c = 0; c < in; c += accumulator.chunk()) {
            long chunk = 0;
            for (int i = c; i < Math.min(c + accumulator.chunk(), in); i++) {
                chunk += (long) x[from + i] * weights[(n * in + i) * taps + tap];
            }
            sum = accumulator.keep(sum + chunk);
        }
        return sum;
    }
}
