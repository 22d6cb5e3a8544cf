package io.github.bitgrain.kernels;

import static io.github.bitgrain.kernels.Lanes.COUNT;
import static io.github.bitgrain.kernels.Lanes.FLOATS;
import static io.github.bitgrain.kernels.Lanes.roundUp;

import java.util.Arrays;
import jdk.incubator.vector.FloatVector;

/**
 * Depthwise convolution and its gradients: a vector holds neighbouring channels of one pixel, so that taps are plain loads.
 * Kernels of 3 × 3 have loops of their own, with the weights in registers, or with few channels at a time ({@link VectorDepthwiseRows}).
 */
final class VectorDepthwise {
    private static final int NINE = 9;
    /** Floats of a source block that is read again for every tap: a good part of the L1 cache. */
    private static final int BLOCK_FLOATS = 6 * 1024;


    private VectorDepthwise() {}

    static void forward(ConvShape s, float[] x, int xOffset, VectorWeights weights, float[] bias, int biasOffset, float[] y, int yOffset,
            Epilogue epilogue) {
        Scratch scratch = Scratch.ofThread();
        scratch.walk.forward(s);
        float[] start = VectorConvolution.padBias(scratch, bias, biasOffset, s.outC());
        grid(scratch, s.batch(), x, xOffset, s.inStride(), s.outC(), weights.forward(), 0, start, y, yOffset, s.outStride(), epilogue);
    }

    static void inputGradient(ConvShape s, float[] dy, int dyOffset, VectorWeights weights, float[] dx, int dxOffset) {
        Scratch scratch = Scratch.ofThread();
        float[] start = VectorConvolution.padBias(scratch, null, 0, s.outC());
        for (int phase = 0; phase < Walk.phases(s); phase++) {
            scratch.walk.backward(s, phase);
            grid(scratch, s.batch(), dy, dyOffset, s.outStride(), s.outC(), weights.backward(), weights.phaseStart(phase), start, dx, dxOffset,
                    s.inStride(), scratch.epilogue.none());
        }
    }

    private static void grid(Scratch scratch, int batch, float[] x, int xOffset, int xStride, int channels, float[] w, int wOffset,
            float[] start, float[] y, int yOffset, int yStride, Epilogue epilogue) {
        Walk walk = scratch.walk;
        if (walk.rows == 0 || walk.columns == 0) {
            return;
        }
        if (walk.isEmpty()) {
            VectorConvolution.fillGrid(walk, batch, start, channels, y, yOffset, yStride, epilogue);
            return;
        }
        int padded = roundUp(channels);
        int yEnd = yOffset + (batch * walk.outH * walk.outW - 1) * yStride + padded;
        int xEnd = xOffset + (batch * walk.sourceH * walk.sourceW - 1) * xStride + padded;
        boolean whole = padded == channels || padded <= yStride && yEnd <= y.length && epilogue.reads(yEnd);
        if (whole && xEnd <= x.length) {
            inPlace(scratch, batch, x, xOffset, xStride, padded, w, wOffset, start, y, yOffset, yStride, epilogue);
            return;
        }
        Source source = scratch.gridSource;
        source.start(walk, batch, x, xOffset, xStride, channels, padded, true);
        int[] taps = scratch.runs.atLeast(walk.taps());
        tapOffsets(walk, source.rowStep, source.pixelStep, taps);
        while (source.next()) {
            int count = source.count;
            int[] outputs = scratch.outputs.atLeast(count);
            float[] results = scratch.results.atLeast(count * padded);
            for (int c = 0; c < padded; c += COUNT) {
                for (int p = 0; p < count; p++) {
                    DepthwiseTiles.anyOne(source.x, source.rows[p] + c, 0, taps, 0, walk.countY, 0, walk.countX, walk.countX, w, wOffset + c, padded,
                            start, c, results, p * padded + c, 0, 1);
                }
            }
            epilogue.finish(results, 0, count * padded);
            VectorConvolution.outputTable(walk, source.first, count, yOffset, yStride, outputs);
            for (int i = 0; i < count; i++) {
                System.arraycopy(results, i * padded, y, outputs[i], channels);
                epilogue.add(y, outputs[i], channels);
            }
        }
    }

    /** Reads the source where it lies: taps that fall beyond its border are left out. */
    private static void inPlace(Scratch scratch, int batch, float[] x, int xOffset, int xStride, int padded, float[] w, int wOffset,
            float[] start, float[] y, int yOffset, int yStride, Epilogue epilogue) {
        Walk walk = scratch.walk;
        if (VectorDepthwiseRows.fits(walk, padded)) {
            byRows(scratch, batch, x, xOffset, xStride, padded, w, wOffset, start, y, yOffset, yStride, epilogue);
            return;
        }
        int rowStep = walk.sourceW * xStride;
        int[] taps = scratch.runs.atLeast(walk.taps());
        tapOffsets(walk, rowStep, xStride, taps);
        // Columns that all taps reach inside the source.
        int inside = Math.min(walk.columns, Math.ceilDiv(Math.max(0, -walk.tapsX[0]), walk.stepX));
        int reach = walk.sourceW - 1 - walk.tapsX[walk.countX - 1];
        int outside = Math.max(inside, Math.min(walk.columns, Math.floorDiv(reach, walk.stepX) + 1));
        boolean three = walk.countY == 3 && walk.countX == 3 && walk.tapsX[1] - walk.tapsX[0] == 1 && walk.tapsX[2] - walk.tapsX[1] == 1
                && walk.tapsY[2] - walk.tapsY[1] == walk.tapsY[1] - walk.tapsY[0];
        int toStep = walk.outStepX * yStride;
        int block = Math.max(8, BLOCK_FLOATS / (padded * walk.stepX) / 4 * 4);
        for (int n = 0; n < batch; n++) {
            for (int j = 0; j < walk.rows; j++) {
                int top = j * walk.stepY;
                int firstRow = 0;
                int endRow = walk.countY;
                while (firstRow < endRow && top + walk.tapsY[firstRow] < 0) {
                    firstRow++;
                }
                while (endRow > firstRow && top + walk.tapsY[endRow - 1] >= walk.sourceH) {
                    endRow--;
                }
                // The window of column 0 starts here, before the source perhaps; no tap is read there.
                int at = xOffset + ((n * walk.sourceH + top + walk.tapsY[0]) * walk.sourceW + walk.tapsX[0]) * xStride;
                int to = yOffset + ((n * walk.outH + walk.outTop + j * walk.outStepY) * walk.outW + walk.outLeft) * yStride;
                for (int i = 0; i < walk.columns; i++) {
                    if (i >= inside && i < outside) {
                        i = outside - 1;
                        continue;
                    }
                    edge(walk, i, x, at + i * walk.stepX * xStride, taps, firstRow, endRow, w, wOffset, padded, start, y, to + i * toStep);
                }
                boolean full = three && firstRow == 0 && endRow == walk.countY;
                for (int from = inside; from < outside; from += block) {
                    int count = Math.min(block, outside - from);
                    int pixel = at + from * walk.stepX * xStride;
                    int result = to + from * toStep;
                    for (int c = 0; c < padded; c += COUNT) {
                        run(walk, full, x, pixel + c, xStride, rowStep * (three ? walk.tapsY[1] - walk.tapsY[0] : 1), taps, firstRow, endRow, w,
                                wOffset + c, padded, start, c, y, result + c, toStep, count);
                    }
                }
                if (!epilogue.isEmpty()) {
                    row(epilogue, y, to, toStep, walk.columns, padded);
                }
            }
        }
    }

    private static void byRows(Scratch scratch, int batch, float[] x, int xOffset, int xStride, int padded, float[] w, int wOffset, float[] start,
            float[] y, int yOffset, int yStride, Epilogue epilogue) {
        Walk walk = scratch.walk;
        VectorDepthwiseRows rows = scratch.depthwiseRows;
        rows.start(scratch, walk, xStride, padded);
        int toStep = walk.outStepX * yStride;
        for (int n = 0; n < batch; n++) {
            for (int j = 0; j < walk.rows; j++) {
                int to = yOffset + ((n * walk.outH + walk.outTop + j * walk.outStepY) * walk.outW + walk.outLeft) * yStride;
                rows.forward(walk, x, xOffset, n, j, w, wOffset, padded, start, y, to, toStep);
                if (!epilogue.isEmpty()) {
                    row(epilogue, y, to, toStep, walk.columns, padded);
                }
            }
        }
    }

    static void run(Walk walk, boolean full, float[] x, int at, int xStride, int rowStep, int[] taps, int firstRow, int endRow, float[] w,
            int wOffset, int wRow, float[] start, int c, float[] y, int to, int toStep, int count) {
        int done = 0;
        if (full && walk.stepX == 1) {
            done = DepthwiseTiles.four(x, at, rowStep, xStride, w, wOffset, wRow, start, c, y, to, toStep, count);
        } else if (full && walk.stepX == 2) {
            done = DepthwiseTiles.twoStrided(x, at, rowStep, xStride, w, wOffset, wRow, start, c, y, to, toStep, count);
        } else {
            done = DepthwiseTiles.anyFour(x, at, walk.stepX * xStride, taps, firstRow, endRow, 0, walk.countX, walk.countX, w, wOffset, wRow,
                    start, c, y, to, toStep, count);
        }
        DepthwiseTiles.anyOne(x, at + done * walk.stepX * xStride, walk.stepX * xStride, taps, firstRow, endRow, 0, walk.countX, walk.countX, w,
                wOffset, wRow, start, c, y, to + done * toStep, toStep, count - done);
    }

    private static void edge(Walk walk, int column, float[] x, int at, int[] taps, int firstRow, int endRow, float[] w, int wOffset, int wRow,
            float[] start, float[] y, int to) {
        int left = column * walk.stepX;
        int first = 0;
        int end = walk.countX;
        while (first < end && left + walk.tapsX[first] < 0) {
            first++;
        }
        while (end > first && left + walk.tapsX[end - 1] >= walk.sourceW) {
            end--;
        }
        for (int c = 0; c < wRow; c += COUNT) {
            DepthwiseTiles.anyOne(x, at + c, 0, taps, firstRow, endRow, first, end, walk.countX, w, wOffset + c, wRow, start, c, y, to + c, 0, 1);
        }
    }

    private static void row(Epilogue epilogue, float[] y, int to, int step, int count, int padded) {
        if (step == padded) {
            epilogue.run(y, to, count * padded);
            return;
        }
        for (int i = 0; i < count; i++) {
            epilogue.run(y, to + i * step, padded);
        }
    }

    private static int block(Walk walk, int padded) {
        return Math.max(8, BLOCK_FLOATS / (padded * walk.stepX * walk.stepY));
    }

    static void tapOffsets(Walk walk, int rowStep, int pixelStep, int[] taps) {
        for (int a = 0; a < walk.countY; a++) {
            for (int b = 0; b < walk.countX; b++) {
                taps[a * walk.countX + b] = (walk.tapsY[a] - walk.tapsY[0]) * rowStep + (walk.tapsX[b] - walk.tapsX[0]) * pixelStep;
            }
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
        if (byRows(scratch, s, x, xOffset, dy, dyOffset, dw, dwOffset)) {
            return;
        }
        Source source = scratch.gridSource;
        source.start(walk, s.batch(), x, xOffset, s.inStride(), s.outC(), padded, true);
        int tapCount = (walk.taps() + NINE - 1) / NINE * NINE;
        int[] taps = scratch.runs.atLeast(tapCount);
        tapOffsets(walk, source.rowStep, source.pixelStep, taps);
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
        addSums(s, walk.taps(), sums, padded, dw, dwOffset);
    }

    private static void addSums(ConvShape s, int taps, float[] sums, int padded, float[] dw, int dwOffset) {
        for (int tap = 0; tap < taps; tap++) {
            for (int c = 0; c < s.outC(); c++) {
                dw[dwOffset + c * taps + tap] += sums[tap * padded + c];
            }
        }
    }

    private static boolean byRows(Scratch scratch, ConvShape s, float[] x, int xOffset, float[] dy, int dyOffset, float[] dw, int dwOffset) {
        Walk walk = scratch.walk;
        int padded = roundUp(s.outC());
        int xEnd = xOffset + (s.batch() * walk.sourceH * walk.sourceW - 1) * s.inStride() + padded;
        int dyEnd = dyOffset + (s.batch() * walk.positions() - 1) * s.outStride() + padded;
        if (!VectorDepthwiseRows.fits(walk, padded) || xEnd > x.length || dyEnd > dy.length) {
            return false;
        }
        float[] sums = scratch.sums.atLeast(NINE * padded);
        Arrays.fill(sums, 0, NINE * padded, 0f);
        float[] rest = scratch.gradients.atLeast(VectorDepthwiseRows.OUTPUTS * padded);
        VectorDepthwiseRows rows = scratch.depthwiseRows;
        rows.start(scratch, walk, s.inStride(), padded);
        for (int n = 0; n < s.batch(); n++) {
            for (int j = 0; j < walk.rows; j++) {
                int at = dyOffset + (n * walk.rows + j) * walk.columns * s.outStride();
                rows.weightGradient(walk, x, xOffset, n, j, dy, at, s.outStride(), padded, sums, rest);
            }
        }
        addSums(s, NINE, sums, padded, dw, dwOffset);
        return true;
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
