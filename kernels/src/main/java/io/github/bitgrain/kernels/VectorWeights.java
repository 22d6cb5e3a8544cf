package io.github.bitgrain.kernels;

import static io.github.bitgrain.kernels.Lanes.COUNT;
import static io.github.bitgrain.kernels.Lanes.PAIR;
import static io.github.bitgrain.kernels.Lanes.roundUp;

/**
 * Weights as the vector kernels read them. Dense: for each group, panels of two vectors of output channels (the last one of
 * a single vector where that is enough), in each panel one line for every (kernel row, kernel column, input channel).
 * Depthwise: one line of all channels for every kernel position. The input gradient has the same with the roles of input
 * and output channels exchanged, phase after phase (see {@link Walk}).
 */
final class VectorWeights extends PackedConv {
    private float[] forward = {};
    private float[] backward = {};
    private final int[] phaseStart;

    VectorWeights(ConvShape shape) {
        super(shape);
        phaseStart = new int[Walk.phases(shape)];
    }

    float[] forward() {
        return forward;
    }

    float[] backward() {
        return backward;
    }

    /** Where the weights of a phase start. */
    int phaseStart(int phase) {
        return phaseStart[phase];
    }

    void packForward(float[] weights, int offset) {
        ConvShape s = shape();
        Walk walk = Scratch.ofThread().walk;
        walk.forward(s);
        if (forward.length == 0) {
            forward = new float[size(s, walk.taps(), s.groupIn(), s.groupOut())];
        }
        int taps = s.kernelH() * s.kernelW();
        if (s.isDepthwise()) {
            packLines(walk, s, weights, offset, forward, 0);
        } else {
            int size = panelsSize(walk.taps(), s.groupIn(), s.groupOut());
            for (int g = 0; g < s.groups(); g++) {
                packPanels(walk, s.kernelW(), weights, offset + g * s.groupOut() * s.groupIn() * taps, s.groupIn() * taps, s.groupOut(),
                        taps, s.groupIn(), forward, g * size);
            }
        }
    }

    void packBackward(float[] weights, int offset) {
        ConvShape s = shape();
        if (backward.length == 0) {
            backward = new float[size(s, s.kernelH() * s.kernelW(), s.groupOut(), s.groupIn())];
        }
        Walk walk = Scratch.ofThread().walk;
        int taps = s.kernelH() * s.kernelW();
        int at = 0;
        for (int phase = 0; phase < phaseStart.length; phase++) {
            phaseStart[phase] = at;
            walk.backward(s, phase);
            if (s.isDepthwise()) {
                packLines(walk, s, weights, offset, backward, at);
            } else {
                int size = panelsSize(walk.taps(), s.groupOut(), s.groupIn());
                for (int g = 0; g < s.groups(); g++) {
                    packPanels(walk, s.kernelW(), weights, offset + g * s.groupOut() * s.groupIn() * taps, taps, s.groupIn(),
                            s.groupIn() * taps, s.groupOut(), backward, at + g * size);
                }
            }
            at += size(s, walk.taps(), s.groupOut(), s.groupIn());
        }
    }

    private static int size(ConvShape s, int taps, int in, int out) {
        return s.isDepthwise() ? taps * roundUp(s.outC()) : s.groups() * panelsSize(taps, in, out);
    }

    /** Floats that the panels of one group take. */
    static int panelsSize(int taps, int in, int out) {
        return taps * in * roundUp(out);
    }

    private static void packPanels(Walk walk, int kernelW, float[] w, int offset, int outStride, int out, int inStride, int in,
            float[] into, int at) {
        int to = at;
        for (int first = 0; first < out; first += PAIR) {
            int width = out - first > COUNT ? PAIR : COUNT;
            int filled = Math.min(width, out - first);
            for (int a = 0; a < walk.countY; a++) {
                for (int b = 0; b < walk.countX; b++) {
                    int tap = walk.kernelY[a] * kernelW + walk.kernelX[b];
                    for (int c = 0; c < in; c++) {
                        copyLine(w, offset + first * outStride + c * inStride + tap, outStride, filled, into, to);
                        to += width;
                    }
                }
            }
        }
    }

    /** The rest of the line is zero since the array was made. */
    private static void copyLine(float[] w, int from, int step, int n, float[] into, int to) {
        for (int j = 0; j < n; j++) {
            into[to + j] = w[from + j * step];
        }
    }

    private static void packLines(Walk walk, ConvShape s, float[] w, int offset, float[] into, int at) {
        int taps = s.kernelH() * s.kernelW();
        int to = at;
        for (int a = 0; a < walk.countY; a++) {
            for (int b = 0; b < walk.countX; b++) {
                copyLine(w, offset + walk.kernelY[a] * s.kernelW() + walk.kernelX[b], taps, s.outC(), into, to);
                to += roundUp(s.outC());
            }
        }
    }
}
