package io.github.bitgrain.kernels;

import static io.github.bitgrain.kernels.Lanes.COUNT;
import static io.github.bitgrain.kernels.Lanes.FLOATS;
import static io.github.bitgrain.kernels.Lanes.roundUp;

import java.util.Arrays;
import jdk.incubator.vector.FloatVector;

/**
 * Depthwise convolution and its gradients: a vector holds neighbouring channels of one pixel, so that taps are plain loads.
 * Kernels of nine positions have loops of their own, with the weights in registers.
 */
final class VectorDepthwise {
    private static final int NINE = 9;
    /** Floats of a source block that is read again for every tap: a good part of the L1 cache. */
    private static final int BLOCK_FLOATS = 6 * 1024;

    private VectorDepthwise() {}

    static void forward(ConvShape s, float[] x, int xOffset, VectorWeights weights, float[] bias, int biasOffset, float[] y, int yOffset,
            float lo, float hi) {
        Scratch scratch = Scratch.ofThread();
        scratch.walk.forward(s);
        float[] start = VectorConvolution.padBias(scratch, bias, biasOffset, s.outC());
        grid(scratch, s.batch(), x, xOffset, s.inStride(), s.outC(), weights.forward(), 0, start, y, yOffset, s.outStride(), lo, hi);
    }

    static void inputGradient(ConvShape s, float[] dy, int dyOffset, VectorWeights weights, float[] dx, int dxOffset) {
        Scratch scratch = Scratch.ofThread();
        float[] start = VectorConvolution.padBias(scratch, null, 0, s.outC());
        for (int phase = 0; phase < Walk.phases(s); phase++) {
            scratch.walk.backward(s, phase);
            grid(scratch, s.batch(), dy, dyOffset, s.outStride(), s.outC(), weights.backward(), weights.phaseStart(phase), start, dx, dxOffset,
                    s.inStride(), Float.NEGATIVE_INFINITY, Float.POSITIVE_INFINITY);
        }
    }

    private static void grid(Scratch scratch, int batch, float[] x, int xOffset, int xStride, int channels, float[] w, int wOffset,
            float[] start, float[] y, int yOffset, int yStride, float lo, float hi) {
        Walk walk = scratch.walk;
        if (walk.rows == 0 || walk.columns == 0) {
            return;
        }
        boolean clamps = lo > Float.NEGATIVE_INFINITY || hi < Float.POSITIVE_INFINITY;
        if (walk.isEmpty()) {
            VectorConvolution.fillGrid(walk, batch, start, channels, y, yOffset, yStride, lo, hi);
            return;
        }
        int padded = roundUp(channels);
        int last = yOffset + (batch * walk.outH * walk.outW - 1) * yStride;
        boolean whole = padded == channels || padded <= yStride && last + padded <= y.length;
        Source source = scratch.gridSource;
        source.start(walk, batch, x, xOffset, xStride, channels, padded, true);
        int[] taps = scratch.runs.atLeast(walk.taps());
        tapOffsets(walk, source, taps);
        while (source.next()) {
            int count = source.count;
            int[] outputs = scratch.outputs.atLeast(count);
            float[] results = whole ? y : scratch.results.atLeast(count * padded);
            if (whole) {
                VectorConvolution.outputTable(walk, source.first, count, yOffset, yStride, outputs);
            } else {
                Source.fillTable(outputs, 0, count, 0, padded);
            }
            int block = block(walk, padded);
            for (int from = 0; from < count; from += block) {
                int to = Math.min(count, from + block);
                for (int c = 0; c < padded; c += COUNT) {
                    if (walk.taps() == NINE) {
                        nine(source.x, source.rows, from, to, c, taps, w, wOffset + c, padded, start, results, outputs);
                    } else {
                        any(source.x, source.rows, from, to, c, taps, walk.taps(), w, wOffset + c, padded, start, results, outputs);
                    }
                }
            }
            if (clamps) {
                VectorConvolution.clampRows(results, outputs, count, padded, lo, hi);
            }
            if (!whole) {
                VectorConvolution.outputTable(walk, source.first, count, yOffset, yStride, outputs);
                for (int i = 0; i < count; i++) {
                    System.arraycopy(results, i * padded, y, outputs[i], channels);
                }
            }
        }
    }

    private static int block(Walk walk, int padded) {
        return Math.max(8, BLOCK_FLOATS / (padded * walk.stepX * walk.stepY));
    }

    private static void tapOffsets(Walk walk, Source source, int[] taps) {
        for (int a = 0; a < walk.countY; a++) {
            for (int b = 0; b < walk.countX; b++) {
                taps[a * walk.countX + b] = (walk.tapsY[a] - walk.tapsY[0]) * source.rowStep + (walk.tapsX[b] - walk.tapsX[0]) * source.pixelStep;
            }
        }
    }

    /** One vector of channels of positions [from, to), nine taps. */
    private static void nine(float[] x, int[] rows, int from, int to, int c, int[] taps, float[] w, int wOffset, int wRow, float[] start,
            float[] y, int[] outputs) {
        FloatVector first = FloatVector.fromArray(FLOATS, start, c);
        FloatVector w0 = FloatVector.fromArray(FLOATS, w, wOffset);
        FloatVector w1 = FloatVector.fromArray(FLOATS, w, wOffset + wRow);
        FloatVector w2 = FloatVector.fromArray(FLOATS, w, wOffset + 2 * wRow);
        FloatVector w3 = FloatVector.fromArray(FLOATS, w, wOffset + 3 * wRow);
        FloatVector w4 = FloatVector.fromArray(FLOATS, w, wOffset + 4 * wRow);
        FloatVector w5 = FloatVector.fromArray(FLOATS, w, wOffset + 5 * wRow);
        FloatVector w6 = FloatVector.fromArray(FLOATS, w, wOffset + 6 * wRow);
        FloatVector w7 = FloatVector.fromArray(FLOATS, w, wOffset + 7 * wRow);
        FloatVector w8 = FloatVector.fromArray(FLOATS, w, wOffset + 8 * wRow);
        int t0 = taps[0] + c;
        int t1 = taps[1] + c;
        int t2 = taps[2] + c;
        int t3 = taps[3] + c;
        int t4 = taps[4] + c;
        int t5 = taps[5] + c;
        int t6 = taps[6] + c;
        int t7 = taps[7] + c;
        int t8 = taps[8] + c;
        for (int p = from; p < to; p++) {
            int at = rows[p];
            FloatVector sum = FloatVector.fromArray(FLOATS, x, at + t0).fma(w0, first);
            sum = FloatVector.fromArray(FLOATS, x, at + t1).fma(w1, sum);
            sum = FloatVector.fromArray(FLOATS, x, at + t2).fma(w2, sum);
            sum = FloatVector.fromArray(FLOATS, x, at + t3).fma(w3, sum);
            sum = FloatVector.fromArray(FLOATS, x, at + t4).fma(w4, sum);
            sum = FloatVector.fromArray(FLOATS, x, at + t5).fma(w5, sum);
            sum = FloatVector.fromArray(FLOATS, x, at + t6).fma(w6, sum);
            sum = FloatVector.fromArray(FLOATS, x, at + t7).fma(w7, sum);
            sum = FloatVector.fromArray(FLOATS, x, at + t8).fma(w8, sum);
            sum.intoArray(y, outputs[p] + c);
        }
    }

    /** As {@link #nine} for any number of taps. */
    private static void any(float[] x, int[] rows, int from, int to, int c, int[] taps, int tapCount, float[] w, int wOffset, int wRow,
            float[] start, float[] y, int[] outputs) {
        for (int p = from; p < to; p++) {
            int at = rows[p] + c;
            FloatVector sum = FloatVector.fromArray(FLOATS, start, c);
            for (int t = 0; t < tapCount; t++) {
                sum = FloatVector.fromArray(FLOATS, x, at + taps[t]).fma(FloatVector.fromArray(FLOATS, w, wOffset + t * wRow), sum);
            }
            sum.intoArray(y, outputs[p] + c);
        }
    }

    static void weightGradient(ConvShape s, float[] x, int xOffset, float[] dy, int dyOffset, float[] dw, int dwOffset) {
        Scratch scratch = Scratch.ofThread();
        Walk walk = scratch.walk;
        walk.forward(s);
        if (walk.isEmpty()) {
            return;
        }
        int padded = roundUp(s.outC());
        Source source = scratch.gridSource;
        source.start(walk, s.batch(), x, xOffset, s.inStride(), s.outC(), padded, true);
        int tapCount = (walk.taps() + NINE - 1) / NINE * NINE;
        int[] taps = scratch.runs.atLeast(tapCount);
        tapOffsets(walk, source, taps);
        // Taps that fill up the last nine read the first tap again; nobody reads their sums.
        Arrays.fill(taps, walk.taps(), tapCount, 0);
        float[] sums = scratch.sums.atLeast(tapCount * padded);
        Arrays.fill(sums, 0, tapCount * padded, 0f);
        boolean whole = dyOffset + (s.batch() * walk.positions() - 1) * s.outStride() + padded <= dy.length;
        while (source.next()) {
            float[] g = dy;
            int gOffset = dyOffset + source.first * s.outStride();
            int gStep = s.outStride();
            if (!whole) {
                g = scratch.gradients.atLeast(source.count * padded + COUNT);
                Source.copyPixels(dy, gOffset, s.outStride(), g, 0, padded, source.count, s.outC());
                gOffset = 0;
                gStep = padded;
            }
            int block = block(walk, padded);
            for (int from = 0; from < source.count; from += block) {
                int to = Math.min(source.count, from + block);
                for (int t = 0; t < tapCount; t += NINE) {
                    for (int c = 0; c < padded; c += COUNT) {
                        outerNine(source.x, source.rows, from, to, c, taps, t, g, gOffset + c, gStep, sums, t * padded + c, padded);
                    }
                }
            }
        }
        for (int tap = 0; tap < walk.taps(); tap++) {
            for (int c = 0; c < s.outC(); c++) {
                dw[dwOffset + c * walk.taps() + tap] += sums[tap * padded + c];
            }
        }
    }

    private static void outerNine(float[] x, int[] rows, int from, int to, int c, int[] taps, int tap, float[] dy, int dyOffset, int dyStep,
            float[] sums, int at, int row) {
        FloatVector s0 = FloatVector.fromArray(FLOATS, sums, at);
        FloatVector s1 = FloatVector.fromArray(FLOATS, sums, at + row);
        FloatVector s2 = FloatVector.fromArray(FLOATS, sums, at + 2 * row);
        FloatVector s3 = FloatVector.fromArray(FLOATS, sums, at + 3 * row);
        FloatVector s4 = FloatVector.fromArray(FLOATS, sums, at + 4 * row);
        FloatVector s5 = FloatVector.fromArray(FLOATS, sums, at + 5 * row);
        FloatVector s6 = FloatVector.fromArray(FLOATS, sums, at + 6 * row);
        FloatVector s7 = FloatVector.fromArray(FLOATS, sums, at + 7 * row);
        FloatVector s8 = FloatVector.fromArray(FLOATS, sums, at + 8 * row);
        int t0 = taps[tap] + c;
        int t1 = taps[tap + 1] + c;
        int t2 = taps[tap + 2] + c;
        int t3 = taps[tap + 3] + c;
        int t4 = taps[tap + 4] + c;
        int t5 = taps[tap + 5] + c;
        int t6 = taps[tap + 6] + c;
        int t7 = taps[tap + 7] + c;
        int t8 = taps[tap + 8] + c;
        for (int p = from; p < to; p++) {
            int pixel = rows[p];
            FloatVector g = FloatVector.fromArray(FLOATS, dy, dyOffset + p * dyStep);
            s0 = FloatVector.fromArray(FLOATS, x, pixel + t0).fma(g, s0);
            s1 = FloatVector.fromArray(FLOATS, x, pixel + t1).fma(g, s1);
            s2 = FloatVector.fromArray(FLOATS, x, pixel + t2).fma(g, s2);
            s3 = FloatVector.fromArray(FLOATS, x, pixel + t3).fma(g, s3);
            s4 = FloatVector.fromArray(FLOATS, x, pixel + t4).fma(g, s4);
            s5 = FloatVector.fromArray(FLOATS, x, pixel + t5).fma(g, s5);
            s6 = FloatVector.fromArray(FLOATS, x, pixel + t6).fma(g, s6);
            s7 = FloatVector.fromArray(FLOATS, x, pixel + t7).fma(g, s7);
            s8 = FloatVector.fromArray(FLOATS, x, pixel + t8).fma(g, s8);
        }
        s0.intoArray(sums, at);
        s1.intoArray(sums, at + row);
        s2.intoArray(sums, at + 2 * row);
        s3.intoArray(sums, at + 3 * row);
        s4.intoArray(sums, at + 4 * row);
        s5.intoArray(sums, at + 5 * row);
        s6.intoArray(sums, at + 6 * row);
        s7.intoArray(sums, at + 7 * row);
        s8.intoArray(sums, at + 8 * row);
    }
}
