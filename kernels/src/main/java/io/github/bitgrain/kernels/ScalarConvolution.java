package io.github.bitgrain.kernels;

import java.util.Arrays;

/** Convolution and its gradients as the definition says them: one loop per index, products in ascending order. */
final class ScalarConvolution {
    /** The weights as they came; the scalar kernels read them in place. */
    static final class Weights extends PackedConv {
        final float[] values;

        Weights(ConvShape shape) {
            super(shape);
            values = new float[shape.weightCount()];
        }
    }

    private ScalarConvolution() {}

    static void forward(ConvShape s, float[] x, int xOffset, float[] w, float[] bias, int biasOffset, float[] y, int yOffset, float lo, float hi) {
        for (int n = 0; n < s.batch(); n++) {
            for (int oy = 0; oy < s.outH(); oy++) {
                for (int ox = 0; ox < s.outW(); ox++) {
                    int to = yOffset + ((n * s.outH() + oy) * s.outW() + ox) * s.outStride();
                    for (int m = 0; m < s.outC(); m++) {
                        float sum = bias == null ? 0f : bias[biasOffset + m];
                        y[to + m] = Math.min(Math.max(window(s, x, xOffset, w, n, oy, ox, m, sum), lo), hi);
                    }
                }
            }
        }
    }

    private static float window(ConvShape s, float[] x, int xOffset, float[] w, int n, int oy, int ox, int m, float start) {
        float sum = start;
        int firstChannel = m / s.groupOut() * s.groupIn();
        for (int ky = 0; ky < s.kernelH(); ky++) {
            int iy = oy * s.strideH() - s.padTop() + ky * s.dilationH();
            for (int kx = 0; kx < s.kernelW(); kx++) {
                int ix = ox * s.strideW() - s.padLeft() + kx * s.dilationW();
                if (iy < 0 || iy >= s.inH() || ix < 0 || ix >= s.inW()) {
                    continue;
                }
                int from = xOffset + ((n * s.inH() + iy) * s.inW() + ix) * s.inStride() + firstChannel;
                for (int c = 0; c < s.groupIn(); c++) {
                    sum = Math.fma(x[from + c], w[((m * s.groupIn() + c) * s.kernelH() + ky) * s.kernelW() + kx], sum);
                }
            }
        }
        return sum;
    }

    static void inputGradient(ConvShape s, float[] dy, int dyOffset, float[] w, float[] dx, int dxOffset) {
        for (int pixel = 0; pixel < s.batch() * s.inH() * s.inW(); pixel++) {
            int from = dxOffset + pixel * s.inStride();
            Arrays.fill(dx, from, from + s.inC(), 0f);
        }
        forEachTap(s, (input, output, m, c, tap) -> {
            int weight = (m * s.groupIn() + c) * s.kernelH() * s.kernelW() + tap;
            dx[dxOffset + input] = Math.fma(dy[dyOffset + output], w[weight], dx[dxOffset + input]);
        });
    }

    static void weightGradient(ConvShape s, float[] x, int xOffset, float[] dy, int dyOffset, float[] dw, int dwOffset, float[] dbias, int dbiasOffset) {
        forEachTap(s, (input, output, m, c, tap) -> {
            int weight = dwOffset + (m * s.groupIn() + c) * s.kernelH() * s.kernelW() + tap;
            dw[weight] = Math.fma(x[xOffset + input], dy[dyOffset + output], dw[weight]);
        });
        if (dbias != null) {
            for (int pixel = 0; pixel < s.batch() * s.outH() * s.outW(); pixel++) {
                for (int m = 0; m < s.outC(); m++) {
                    dbias[dbiasOffset + m] += dy[dyOffset + pixel * s.outStride() + m];
                }
            }
        }
    }

    /** One product of the convolution: where its input and output values are, and which weight it takes. */
    private interface Tap {
        void visit(int input, int output, int m, int c, int tap);
    }

    private static void forEachTap(ConvShape s, Tap visitor) {
        for (int n = 0; n < s.batch(); n++) {
            for (int oy = 0; oy < s.outH(); oy++) {
                for (int ox = 0; ox < s.outW(); ox++) {
                    int to = ((n * s.outH() + oy) * s.outW() + ox) * s.outStride();
                    for (int ky = 0; ky < s.kernelH(); ky++) {
                        int iy = oy * s.strideH() - s.padTop() + ky * s.dilationH();
                        for (int kx = 0; kx < s.kernelW(); kx++) {
                            int ix = ox * s.strideW() - s.padLeft() + kx * s.dilationW();
                            if (iy < 0 || iy >= s.inH() || ix < 0 || ix >= s.inW()) {
                                continue;
                            }
                            int from = ((n * s.inH() + iy) * s.inW() + ix) * s.inStride();
                            for (int m = 0; m < s.outC(); m++) {
                                int first = m / s.groupOut() * s.groupIn();
                                for (int c = 0; c < s.groupIn(); c++) {
                                    visitor.visit(from + first + c, to + m, m, c, ky * s.kernelW() + kx);
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}
