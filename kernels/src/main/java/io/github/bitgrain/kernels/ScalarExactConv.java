package io.github.bitgrain.kernels;

/** The reference: sums in 64 bits, one output after the other. */
class ScalarExactConv extends ExactConv {
    private final Scaling scaling;
    final int[] weights;

    ScalarExactConv(ConvShape shape, Scaling scaling) {
        super(shape);
        this.scaling = scaling;
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

    /** The sum with the products of one tap, whose inputs start at {@code from}. */
    long add(long start, int[] x, int from, int n, int tap) {
        int taps = shape.kernelH() * shape.kernelW();
        long sum = start;
        for (int c = 0; c < shape.groupIn(); c++) {
            sum += (long) x[from + c] * weights[(n * shape.groupIn() + c) * taps + tap];
        }
        return sum;
    }
}
