package io.github.bitgrain.kernels;

import static io.github.bitgrain.kernels.Lanes.COUNT;
import static io.github.bitgrain.kernels.Lanes.FLOATS;
import static io.github.bitgrain.kernels.Lanes.PAIR;
import static io.github.bitgrain.kernels.Lanes.roundUp;

import java.util.Arrays;
import jdk.incubator.vector.FloatVector;

/**
 * Weight gradient of dense and grouped convolutions: outer products of a source pixel and a row of dy, added over blocks of
 * pixels. Both operands are read as they lie.
 */
final class VectorWeightGradient {
    /** Pixels of a block: two vectors of their rows of dy stay in the L1 cache while all rows of weights pass by. */
    private static final int BLOCK = 256;

    private VectorWeightGradient() {}

    static void gradient(ConvShape s, float[] x, int xOffset, float[] dy, int dyOffset, float[] dw, int dwOffset) {
        Scratch scratch = Scratch.ofThread();
        scratch.walk.forward(s);
        if (scratch.walk.isEmpty()) {
            return;
        }
        int taps = s.kernelH() * s.kernelW();
        for (int g = 0; g < s.groups(); g++) {
            group(scratch, s, x, xOffset + g * s.groupIn(), dy, dyOffset + g * s.groupOut(), dw,
                    dwOffset + g * s.groupOut() * s.groupIn() * taps);
        }
    }

    private static void group(Scratch scratch, ConvShape s, float[] x, int xOffset, float[] dy, int dyOffset, float[] dw, int dwOffset) {
        Walk walk = scratch.walk;
        int in = s.groupIn();
        int padded = roundUp(s.groupOut());
        Source source = scratch.gridSource;
        source.start(walk, s.batch(), x, xOffset, s.inStride(), in, in, true);
        int[] runs = scratch.runs.atLeast(walk.taps());
        int runCount = source.runs(runs);
        int runLength = walk.taps() / runCount * in;
        int runRows = (runLength + DenseTiles.HEIGHT - 1) / DenseTiles.HEIGHT * DenseTiles.HEIGHT;
        float[] sums = scratch.sums.atLeast(runCount * runRows * padded);
        Arrays.fill(sums, 0, runCount * runRows * padded, 0f);
        boolean whole = dyOffset + (s.batch() * walk.positions() - 1) * s.outStride() + padded <= dy.length;
        while (source.next()) {
            float[] g = dy;
            int gOffset = dyOffset + source.first * s.outStride();
            int gStep = s.outStride();
            if (!whole) {
                g = scratch.gradients.atLeast(source.count * padded + COUNT);
                Source.copyPixels(dy, gOffset, s.outStride(), g, 0, padded, source.count, s.groupOut());
                gOffset = 0;
                gStep = padded;
            }
            for (int from = 0; from < source.count; from += source.lines * source.lineLength) {
                source.block(from, BLOCK);
                for (int n = 0; n < padded; n += PAIR) {
                    for (int r = 0; r < runCount; r++) {
                        for (int i = 0; i < runLength; i += DenseTiles.HEIGHT) {
                            DenseTiles.outer(padded - n > COUNT, source.x, source.rows[from] + runs[r] + i, source.positionStep, source.lineStep, g,
                                    gOffset + from * gStep + n, gStep, source.lines, source.lineLength, sums, (r * runRows + i) * padded + n, padded);
                        }
                    }
                }
            }
        }
        int tapsOfRun = walk.taps() / runCount;
        for (int tap = 0; tap < walk.taps(); tap++) {
            int row = tap / tapsOfRun * runRows + tap % tapsOfRun * in;
            for (int c = 0; c < in; c++) {
                addColumn(sums, (row + c) * padded, s.groupOut(), dw, dwOffset + c * walk.taps() + tap, in * walk.taps());
            }
        }
    }

    private static void addColumn(float[] sums, int from, int n, float[] dw, int to, int step) {
        for (int m = 0; m < n; m++) {
            dw[to + m * step] += sums[from + m];
        }
    }

    /** {@code dbias += Σ dy}, block by block so that long sums stay accurate. */
    static void bias(ConvShape s, float[] dy, int dyOffset, float[] dbias, int dbiasOffset) {
        int pixels = s.batch() * s.outH() * s.outW();
        int padded = roundUp(s.outC());
        float[] sums = Scratch.ofThread().sums.atLeast(padded);
        for (int from = 0; from < pixels; from += BLOCK) {
            int to = Math.min(pixels, from + BLOCK);
            for (int c = 0; c < s.outC(); c += COUNT) {
                int at = dyOffset + c;
                if (at + (to - 1) * s.outStride() + COUNT <= dy.length) {
                    sumColumns(dy, at, s.outStride(), from, to, sums, c);
                } else {
                    sumColumnsSlowly(dy, at, s.outStride(), from, to, Math.min(COUNT, s.outC() - c), sums, c);
                }
            }
            for (int c = 0; c < s.outC(); c++) {
                dbias[dbiasOffset + c] += sums[c];
            }
        }
    }

    private static void sumColumns(float[] dy, int offset, int stride, int from, int to, float[] sums, int at) {
        FloatVector even = FloatVector.zero(FLOATS);
        FloatVector odd = FloatVector.zero(FLOATS);
        int p = from;
        for (; p + 1 < to; p += 2) {
            even = FloatVector.fromArray(FLOATS, dy, offset + p * stride).add(even);
            odd = FloatVector.fromArray(FLOATS, dy, offset + p * stride + stride).add(odd);
        }
        if (p < to) {
            even = FloatVector.fromArray(FLOATS, dy, offset + p * stride).add(even);
        }
        even.add(odd).intoArray(sums, at);
    }

    /** As {@link #sumColumns}, with the same order of additions, for the vector that would end beyond the array. */
    private static void sumColumnsSlowly(float[] dy, int offset, int stride, int from, int to, int n, float[] sums, int at) {
        for (int c = 0; c < n; c++) {
            float even = 0;
            float odd = 0;
            for (int p = from; p < to; p += 2) {
                even += dy[offset + p * stride + c];
                odd += p + 1 < to ? dy[offset + (p + 1) * stride + c] : 0f;
            }
            sums[at + c] = even + odd;
        }
    }
}
