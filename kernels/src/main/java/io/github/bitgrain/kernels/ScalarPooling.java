package io.github.bitgrain.kernels;

/** Pooling and its gradients as the definition says them. */
final class ScalarPooling {
    /** One position of a window: where the output value is, and where the input value is. */
    private interface Position {
        void visit(int output, int input, int outY, int outX);
    }

    private ScalarPooling() {}

    static void max(PoolShape s, float[] x, int xOffset, float[] y, int yOffset) {
        fill(s, y, yOffset, Float.NEGATIVE_INFINITY);
        forEach(s, (output, input, oy, ox) -> {
            for (int c = 0; c < s.channels(); c++) {
                y[yOffset + output + c] = Math.max(y[yOffset + output + c], x[xOffset + input + c]);
            }
        });
    }

    static void maxGradient(PoolShape s, float[] x, int xOffset, float[] y, int yOffset, float[] dy, int dyOffset, float[] dx, int dxOffset) {
        for (int n = 0; n < s.batch(); n++) {
            for (int oy = 0; oy < s.outH(); oy++) {
                for (int ox = 0; ox < s.outW(); ox++) {
                    int output = ((n * s.outH() + oy) * s.outW() + ox) * s.outStride();
                    for (int c = 0; c < s.channels(); c++) {
                        int winner = winner(s, x, xOffset, y[yOffset + output + c], n, oy, ox, c);
                        if (winner >= 0) {
                            dx[dxOffset + winner] += dy[dyOffset + output + c];
                        }
                    }
                }
            }
        }
    }

    /** The place of the first value that equals the largest; -1 where it is NaN or the window holds padding alone. */
    private static int winner(PoolShape s, float[] x, int xOffset, float max, int n, int oy, int ox, int c) {
        for (int ky = 0; ky < s.kernelH(); ky++) {
            int iy = oy * s.strideH() - s.padTop() + ky * s.dilationH();
            for (int kx = 0; kx < s.kernelW(); kx++) {
                int ix = ox * s.strideW() - s.padLeft() + kx * s.dilationW();
                if (iy >= 0 && iy < s.inH() && ix >= 0 && ix < s.inW()) {
                    int input = ((n * s.inH() + iy) * s.inW() + ix) * s.inStride() + c;
                    if (x[xOffset + input] == max) {
                        return input;
                    }
                }
            }
        }
        return -1;
    }

    static void sum(PoolShape s, float[] x, int xOffset, float[] y, int yOffset) {
        fill(s, y, yOffset, 0f);
        forEach(s, (output, input, oy, ox) -> {
            for (int c = 0; c < s.channels(); c++) {
                y[yOffset + output + c] += x[xOffset + input + c];
            }
        });
    }

    static void average(PoolShape s, float[] x, int xOffset, float[] y, int yOffset) {
        sum(s, x, xOffset, y, yOffset);
        for (int n = 0; n < s.batch(); n++) {
            for (int oy = 0; oy < s.outH(); oy++) {
                for (int ox = 0; ox < s.outW(); ox++) {
                    int output = yOffset + ((n * s.outH() + oy) * s.outW() + ox) * s.outStride();
                    float divisor = s.divisor(oy, ox);
                    for (int c = 0; c < s.channels(); c++) {
                        y[output + c] /= divisor;
                    }
                }
            }
        }
    }

    static void averageGradient(PoolShape s, float[] dy, int dyOffset, float[] dx, int dxOffset) {
        forEach(s, (output, input, oy, ox) -> {
            float divisor = s.divisor(oy, ox);
            for (int c = 0; c < s.channels(); c++) {
                dx[dxOffset + input + c] += dy[dyOffset + output + c] / divisor;
            }
        });
    }

    private static void fill(PoolShape s, float[] y, int yOffset, float value) {
        for (int pixel = 0; pixel < s.batch() * s.outH() * s.outW(); pixel++) {
            for (int c = 0; c < s.channels(); c++) {
                y[yOffset + pixel * s.outStride() + c] = value;
            }
        }
    }

    private static void forEach(PoolShape s, Position visitor) {
        for (int n = 0; n < s.batch(); n++) {
            for (int oy = 0; oy < s.outH(); oy++) {
                for (int ox = 0; ox < s.outW(); ox++) {
                    int output = ((n * s.outH() + oy) * s.outW() + ox) * s.outStride();
                    for (int ky = 0; ky < s.kernelH(); ky++) {
                        int iy = oy * s.strideH() - s.padTop() + ky * s.dilationH();
                        for (int kx = 0; kx < s.kernelW(); kx++) {
                            int ix = ox * s.strideW() - s.padLeft() + kx * s.dilationW();
                            if (iy >= 0 && iy < s.inH() && ix >= 0 && ix < s.inW()) {
                                visitor.visit(output, ((n * s.inH() + iy) * s.inW() + ix) * s.inStride(), oy, ox);
                            }
                        }
                    }
                }
            }
        }
    }
}
