package io.github.bitgrain.kernels;

import static io.github.bitgrain.kernels.Lanes.COUNT;
import static io.github.bitgrain.kernels.Lanes.PAIR;
import static io.github.bitgrain.kernels.Lanes.roundUp;

import java.util.Arrays;

/**
 * Dense and grouped convolution: weights are the vector side, source values are broadcast from where they lie. The input
 * gradient is the same over the output gradient with transposed weights. Per output value the products are added in the
 * order of the scalar reference, zeros of the border included.
 */
final class VectorConvolution {
    /** Weights up to this size stay in the L2 cache while all rows pass by. */
    static final int RESIDENT_FLOATS = 64 * 1024;

    /** Results that wait for their epilogue: a small part of the L1 cache, and enough to pay for a call. */
    private static final int FINISHED_FLOATS = 1024;

    private VectorConvolution() {}

    static void forward(ConvShape s, float[] x, int xOffset, int planeStride, VectorWeights weights, float[] bias, int biasOffset, float[] y, int yOffset,
            Epilogue epilogue) {
        Scratch scratch = Scratch.ofThread();
        Walk walk = scratch.walk;
        walk.forward(s);
        int size = VectorWeights.panelsSize(walk.taps(), s.groupIn(), s.groupOut());
        for (int g = 0; g < s.groups(); g++) {
            float[] start = padBias(scratch, bias, biasOffset + g * s.groupOut(), s.groupOut());
            grid(scratch, s.batch(), x, xOffset + g * s.groupIn(), s.inStride(), planeStride, s.groupIn(), weights.forward(), g * size, start, s.groupOut(),
                    y, yOffset + g * s.groupOut(), s.outStride(), s.groups() == 1, epilogue);
        }
    }

    static void inputGradient(ConvShape s, float[] dy, int dyOffset, VectorWeights weights, float[] dx, int dxOffset) {
        Scratch scratch = Scratch.ofThread();
        Walk walk = scratch.walk;
        float[] start = padBias(scratch, null, 0, s.groupIn());
        for (int phase = 0; phase < Walk.phases(s); phase++) {
            walk.backward(s, phase);
            int size = VectorWeights.panelsSize(walk.taps(), s.groupOut(), s.groupIn());
            for (int g = 0; g < s.groups(); g++) {
                grid(scratch, s.batch(), dy, dyOffset + g * s.groupOut(), s.outStride(), Source.NO_PLANES, s.groupOut(), weights.backward(),
                        weights.phaseStart(phase) + g * size, start, s.groupIn(), dx, dxOffset + g * s.groupIn(), s.inStride(),
                        s.groups() == 1, scratch.epilogue.none());
            }
        }
    }

    /** The bias in whole pairs of vectors, zeros behind it. */
    static float[] padBias(Scratch scratch, float[] bias, int offset, int n) {
        int padded = roundUp(n) + COUNT;
        float[] start = scratch.bias.atLeast(padded);
        if (bias == null) {
            Arrays.fill(start, 0, padded, 0f);
        } else {
            System.arraycopy(bias, offset, start, 0, n);
            Arrays.fill(start, n, padded, 0f);
        }
        return start;
    }

    /** All positions of the walk in scratch: {@code y = start + Σ x w}, then the epilogue. */
    private static void grid(Scratch scratch, int batch, float[] x, int xOffset, int xStride, int planeStride, int in, float[] w, int wOffset,
            float[] start, int out, float[] y, int yOffset, int yStride, boolean ownsPixel, Epilogue epilogue) {
        Walk walk = scratch.walk;
        if (walk.rows == 0 || walk.columns == 0) {
            return;
        }
        int padded = roundUp(out);
        if (walk.isEmpty()) {
            fillGrid(walk, batch, start, out, y, yOffset, yStride, epilogue);
            return;
        }
        int last = yOffset + (batch * walk.outH * walk.outW - 1) * yStride;
        boolean whole = padded == out || ownsPixel && padded <= yStride && last + padded <= y.length && epilogue.reads(last + padded);
        Source source = scratch.gridSource;
        if (planeStride == Source.NO_PLANES) {
            source.start(walk, batch, x, xOffset, xStride, in, in, false);
        } else {
            source.startPlanes(walk, batch, x, xOffset, planeStride, in);
        }
        int[] runs = scratch.runs.atLeast(walk.taps());
        int runCount = source.runs(runs);
        int runLength = walk.taps() / runCount * in;
        while (source.next()) {
            int count = source.count;
            boolean direct = whole && count >= DenseTiles.HEIGHT;
            int[] outputs = scratch.outputs.atLeast(Math.max(count, DenseTiles.HEIGHT));
            if (direct) {
                outputTable(walk, source.first, count, yOffset, yStride, outputs);
                tiles(source, runs, runCount, runLength, w, wOffset, start, padded, y, outputs, epilogue);
                continue;
            }
            int height = Math.max(count, DenseTiles.HEIGHT);
            float[] results = scratch.results.atLeast(height * padded);
            Source.fillTable(outputs, 0, height, 0, padded);
            tiles(source, runs, runCount, runLength, w, wOffset, start, padded, results, outputs, null);
            epilogue.finish(results, 0, count * padded);
            outputTable(walk, source.first, count, yOffset, yStride, outputs);
            for (int i = 0; i < count; i++) {
                System.arraycopy(results, i * padded, y, outputs[i], out);
                epilogue.add(y, outputs[i], out);
            }
        }
    }

    static void tiles(Source source, int[] runs, int runCount, int runLength, float[] w, int wOffset, float[] start, int padded,
            float[] y, int[] outputs, Epilogue epilogue) {
        int k = runCount * runLength;
        int count = source.count;
        int step = DenseTiles.height(count);
        int height = Math.max(count, step);
        int last = height - step;
        if (k * padded <= RESIDENT_FLOATS) {
            int done = 0;
            for (int row = 0; row < height; row += step) {
                for (int n = 0; n < padded; n += PAIR) {
                    tile(step, source, Math.min(row, last), runs, runCount, runLength, w, wOffset + n * k, start, n, padded, y, outputs);
                }
                // A tile of the last rows overwrites some of the tile before: these wait for it.
                int ready = row < last ? Math.min(row + step, last) : height;
                if (epilogue != null && ((ready - done) * padded >= FINISHED_FLOATS || ready == height)) {
                    epilogue.apply(y, outputs, done, ready - done, padded);
                    done = ready;
                }
            }
        } else {
            for (int n = 0; n < padded; n += PAIR) {
                for (int row = 0; row < height; row += step) {
                    tile(step, source, Math.min(row, last), runs, runCount, runLength, w, wOffset + n * k, start, n, padded, y, outputs);
                }
            }
            if (epilogue != null) {
                epilogue.apply(y, outputs, 0, height, padded);
            }
        }
    }

    /** The last tile overlaps the one before it where the height is no multiple: the same values are written twice. */
    static void tile(int height, Source source, int row, int[] runs, int runCount, int runLength, float[] w, int panel, float[] start,
            int n, int padded, float[] y, int[] outputs) {
        DenseTiles.tile(height, padded - n > COUNT, source.x, source.rows, row, runs, runCount, runLength, w, panel, start, n, y, outputs, n);
    }

    static void fillGrid(Walk walk, int batch, float[] start, int out, float[] y, int yOffset, int yStride, Epilogue epilogue) {
        // In whole vectors as everywhere, so that a function gives the same bits.
        epilogue.finish(start, 0, roundUp(out));
        for (int n = 0; n < batch; n++) {
            for (int j = 0; j < walk.rows; j++) {
                for (int i = 0; i < walk.columns; i++) {
                    int pixel = (n * walk.outH + walk.outTop + j * walk.outStepY) * walk.outW + walk.outLeft + i * walk.outStepX;
                    System.arraycopy(start, 0, y, yOffset + pixel * yStride, out);
                    epilogue.add(y, yOffset + pixel * yStride, out);
                }
            }
        }
    }

    /** Where the results of {@code count} positions from {@code first} go; chunks hold whole grid rows. */
    static void outputTable(Walk walk, int first, int count, int yOffset, int yStride, int[] outputs) {
        for (int at = 0; at < count; at += walk.columns) {
            int gridRow = (first + at) / walk.columns;
            int n = gridRow / walk.rows;
            int j = gridRow % walk.rows;
            int pixel = (n * walk.outH + walk.outTop + j * walk.outStepY) * walk.outW + walk.outLeft;
            Source.fillTable(outputs, at, walk.columns, yOffset + pixel * yStride, walk.outStepX * yStride);
        }
    }
}
