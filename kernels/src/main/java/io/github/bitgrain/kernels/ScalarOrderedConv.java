package io.github.bitgrain.kernels;

/** The reference: one output after the other, product by product in the chip's order. */
final class ScalarOrderedConv extends ExactConv {
    private final Scaling scaling;
    private final Accumulator accumulator;
    private final int[] weights;

    ScalarOrderedConv(ConvShape shape, Scaling scaling, Accumulator accumulator) {
        super(shape);
        this.scaling = scaling;
        this.accumulator = accumulator;
        weights = new int[shape.weightCount()];
    }

    @Override
    public void pack(int[] given) {
        System.arraycopy(given, 0, weights, 0, weights.length);
    }

    @Override
    public void run(int[] x, int xOffset, int[] y, int yOffset) {
        int to = yOffset;
        for (int pixel = 0; pixel < shape.batch() * shape.outH() * shape.outW(); pixel++) {
            for (int n = 0; n < shape.outC(); n++) {
                long shifted = Requantize.shiftRight(sum(x, xOffset, pixel, n), scaling.shifts()[n], scaling.rounding());
                y[to++] = Math.clamp(shifted, scaling.lowest(), scaling.highest());
            }
        }
    }

    private long sum(int[] x, int xOffset, int pixel, int n) {
        ConvShape s = shape;
        int top = pixel / s.outW() % s.outH() * s.strideH() - s.padTop();
        int left = pixel % s.outW() * s.strideW() - s.padLeft();
        int image = pixel / (s.outW() * s.outH());
        long sum = scaling.bias()[n];
        for (int ky = 0; ky < s.kernelH(); ky++) {
            for (int kx = 0; kx < s.kernelW(); kx++) {
                int iy = top + ky * s.dilationH();
                int ix = left + kx * s.dilationW();
                if (iy >= 0 && iy < s.inH() && ix >= 0 && ix < s.inW()) {
                    int from = xOffset + ((image * s.inH() + iy) * s.inW() + ix) * s.inC() + (s.isDepthwise() ? n : 0);
                    sum = add(sum, x, from, n, ky * s.kernelW() + kx);
                }
            }
        }
        return sum;
    }

    private long add(long start, int[] x, int from, int n, int tap) {
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
