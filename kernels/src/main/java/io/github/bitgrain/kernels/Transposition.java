package io.github.bitgrain.kernels;

import java.util.Arrays;

/**
 * Changes between dense NCHW and NHWC with padded channels, eight channels at a time: the eight neighbours of a pixel need a single test of
 * bounds, and channels are read or written in order.
 */
final class Transposition {
    /** Channels that go together. */
    private static final int GROUP = 8;
    /** Pixels of a block, whose channels stay in the L1 cache until they are complete. */
    private static final int BLOCK = 64;

    private Transposition() {}

    static void toNhwc(int batch, int channels, int pixels, float[] x, int xOffset, int stride, float[] y, int yOffset) {
        for (int n = 0; n < batch; n++) {
            for (int first = 0; first < pixels; first += BLOCK) {
                int count = Math.min(BLOCK, pixels - first);
                int from = xOffset + n * channels * pixels + first;
                int to = yOffset + (n * pixels + first) * stride;
                int c = 0;
                for (; c + GROUP <= channels; c += GROUP) {
                    groupToPixels(x, from + c * pixels, pixels, y, to + c, stride, count);
                }
                for (; c < channels; c++) {
                    for (int p = 0; p < count; p++) {
                        y[to + p * stride + c] = x[from + c * pixels + p];
                    }
                }
                for (int p = 0; p < count && stride > channels; p++) {
                    Arrays.fill(y, to + p * stride + channels, to + (p + 1) * stride, 0f);
                }
            }
        }
    }

    static void toNchw(int batch, int channels, int pixels, int stride, float[] x, int xOffset, float[] y, int yOffset) {
        for (int n = 0; n < batch; n++) {
            for (int first = 0; first < pixels; first += BLOCK) {
                int count = Math.min(BLOCK, pixels - first);
                int from = xOffset + (n * pixels + first) * stride;
                int to = yOffset + n * channels * pixels + first;
                int c = 0;
                for (; c + GROUP <= channels; c += GROUP) {
                    groupToPlanes(x, from + c, stride, y, to + c * pixels, pixels, count);
                }
                for (; c < channels; c++) {
                    for (int p = 0; p < count; p++) {
                        y[to + c * pixels + p] = x[from + p * stride + c];
                    }
                }
            }
        }
    }

    private static void groupToPixels(float[] x, int from, int plane, float[] y, int to, int stride, int count) {
        for (int p = 0; p < count; p++) {
            int at = to + p * stride;
            int f = from + p;
            y[at] = x[f];
            y[at + 1] = x[f + plane];
            y[at + 2] = x[f + 2 * plane];
            y[at + 3] = x[f + 3 * plane];
            y[at + 4] = x[f + 4 * plane];
            y[at + 5] = x[f + 5 * plane];
            y[at + 6] = x[f + 6 * plane];
            y[at + 7] = x[f + 7 * plane];
        }
    }

    private static void groupToPlanes(float[] x, int from, int stride, float[] y, int to, int plane, int count) {
        for (int p = 0; p < count; p++) {
            int at = from + p * stride;
            int t = to + p;
            y[t] = x[at];
            y[t + plane] = x[at + 1];
            y[t + 2 * plane] = x[at + 2];
            y[t + 3 * plane] = x[at + 3];
            y[t + 4 * plane] = x[at + 4];
            y[t + 5 * plane] = x[at + 5];
            y[t + 6 * plane] = x[at + 6];
            y[t + 7 * plane] = x[at + 7];
        }
    }
}
