// Written by TileGenerator, which is to be changed in its place.
package io.github.bitgrain.kernels;

import static io.github.bitgrain.kernels.Lanes.COUNT;
import static io.github.bitgrain.kernels.Lanes.FLOATS;
import static io.github.bitgrain.kernels.Lanes.PAIR;

import jdk.incubator.vector.FloatVector;

/**
 * {@link Tiles} of six rows, for processors with sixteen vector registers: twelve accumulators, two vectors of weights and a source value.
 * Their loops are not nested: the compiler keeps some of so many accumulators in memory otherwise, and more of them where a
 * collector wants loops to stop now and then, as the default one does, at a third to a seventh of the speed.
 */
final class TilesOfSix {
    /** Rows of a tile. */
    static final int HEIGHT = 6;
    /** Rows that all start from the bias. */
    private static final int[] SAME = new int[HEIGHT];

    private TilesOfSix() {}

    /** As {@link Tiles#tile8x2}. */
    static void tile6x2(float[] x, int[] rows, int row, int[] runs, int runCount, int runLength, float[] w, int wOffset,
            float[] bias, int biasOffset, float[] y, int[] outputs, int yOffset) {
        run6x2(bias, biasOffset, SAME, 0, x, rows, row, runs[0], runLength, w, wOffset, y, outputs, yOffset);
        for (int r = 1; r < runCount; r++) {
            run6x2(y, yOffset, outputs, row, x, rows, row, runs[r], runLength, w, wOffset + r * runLength * PAIR, y, outputs, yOffset);
        }
    }

    /** One run, added to what stands at {@code from[starts[first + i] + fromOffset]}. */
    private static void run6x2(float[] from, int fromOffset, int[] starts, int first, float[] x, int[] rows, int row, int run,
            int runLength, float[] w, int wOffset, float[] y, int[] outputs, int yOffset) {
        FloatVector c00 = FloatVector.fromArray(FLOATS, from, fromOffset + starts[first]);
        FloatVector c01 = FloatVector.fromArray(FLOATS, from, fromOffset + starts[first] + COUNT);
        int a0 = rows[row] + run;
        FloatVector c10 = FloatVector.fromArray(FLOATS, from, fromOffset + starts[first + 1]);
        FloatVector c11 = FloatVector.fromArray(FLOATS, from, fromOffset + starts[first + 1] + COUNT);
        int a1 = rows[row + 1] + run;
        FloatVector c20 = FloatVector.fromArray(FLOATS, from, fromOffset + starts[first + 2]);
        FloatVector c21 = FloatVector.fromArray(FLOATS, from, fromOffset + starts[first + 2] + COUNT);
        int a2 = rows[row + 2] + run;
        FloatVector c30 = FloatVector.fromArray(FLOATS, from, fromOffset + starts[first + 3]);
        FloatVector c31 = FloatVector.fromArray(FLOATS, from, fromOffset + starts[first + 3] + COUNT);
        int a3 = rows[row + 3] + run;
        FloatVector c40 = FloatVector.fromArray(FLOATS, from, fromOffset + starts[first + 4]);
        FloatVector c41 = FloatVector.fromArray(FLOATS, from, fromOffset + starts[first + 4] + COUNT);
        int a4 = rows[row + 4] + run;
        FloatVector c50 = FloatVector.fromArray(FLOATS, from, fromOffset + starts[first + 5]);
        FloatVector c51 = FloatVector.fromArray(FLOATS, from, fromOffset + starts[first + 5] + COUNT);
        int a5 = rows[row + 5] + run;
        int k = 0;
        do {
            FloatVector b0 = FloatVector.fromArray(FLOATS, w, wOffset + k * PAIR);
            FloatVector b1 = FloatVector.fromArray(FLOATS, w, wOffset + k * PAIR + COUNT);
            FloatVector x0 = FloatVector.broadcast(FLOATS, x[a0 + k]);
            c00 = x0.fma(b0, c00);
            c01 = x0.fma(b1, c01);
            FloatVector x1 = FloatVector.broadcast(FLOATS, x[a1 + k]);
            c10 = x1.fma(b0, c10);
            c11 = x1.fma(b1, c11);
            FloatVector x2 = FloatVector.broadcast(FLOATS, x[a2 + k]);
            c20 = x2.fma(b0, c20);
            c21 = x2.fma(b1, c21);
            FloatVector x3 = FloatVector.broadcast(FLOATS, x[a3 + k]);
            c30 = x3.fma(b0, c30);
            c31 = x3.fma(b1, c31);
            FloatVector x4 = FloatVector.broadcast(FLOATS, x[a4 + k]);
            c40 = x4.fma(b0, c40);
            c41 = x4.fma(b1, c41);
            FloatVector x5 = FloatVector.broadcast(FLOATS, x[a5 + k]);
            c50 = x5.fma(b0, c50);
            c51 = x5.fma(b1, c51);
            k++;
        } while (k < runLength);
        c00.intoArray(y, yOffset + outputs[row]);
        c01.intoArray(y, yOffset + outputs[row] + COUNT);
        c10.intoArray(y, yOffset + outputs[row + 1]);
        c11.intoArray(y, yOffset + outputs[row + 1] + COUNT);
        c20.intoArray(y, yOffset + outputs[row + 2]);
        c21.intoArray(y, yOffset + outputs[row + 2] + COUNT);
        c30.intoArray(y, yOffset + outputs[row + 3]);
        c31.intoArray(y, yOffset + outputs[row + 3] + COUNT);
        c40.intoArray(y, yOffset + outputs[row + 4]);
        c41.intoArray(y, yOffset + outputs[row + 4] + COUNT);
        c50.intoArray(y, yOffset + outputs[row + 5]);
        c51.intoArray(y, yOffset + outputs[row + 5] + COUNT);
    }

    /** As {@link Tiles#tile8x1}. */
    static void tile6x1(float[] x, int[] rows, int row, int[] runs, int runCount, int runLength, float[] w, int wOffset,
            float[] bias, int biasOffset, float[] y, int[] outputs, int yOffset) {
        run6x1(bias, biasOffset, SAME, 0, x, rows, row, runs[0], runLength, w, wOffset, y, outputs, yOffset);
        for (int r = 1; r < runCount; r++) {
            run6x1(y, yOffset, outputs, row, x, rows, row, runs[r], runLength, w, wOffset + r * runLength * COUNT, y, outputs, yOffset);
        }
    }

    /** One run, added to what stands at {@code from[starts[first + i] + fromOffset]}. */
    private static void run6x1(float[] from, int fromOffset, int[] starts, int first, float[] x, int[] rows, int row, int run,
            int runLength, float[] w, int wOffset, float[] y, int[] outputs, int yOffset) {
        FloatVector c00 = FloatVector.fromArray(FLOATS, from, fromOffset + starts[first]);
        int a0 = rows[row] + run;
        FloatVector c10 = FloatVector.fromArray(FLOATS, from, fromOffset + starts[first + 1]);
        int a1 = rows[row + 1] + run;
        FloatVector c20 = FloatVector.fromArray(FLOATS, from, fromOffset + starts[first + 2]);
        int a2 = rows[row + 2] + run;
        FloatVector c30 = FloatVector.fromArray(FLOATS, from, fromOffset + starts[first + 3]);
        int a3 = rows[row + 3] + run;
        FloatVector c40 = FloatVector.fromArray(FLOATS, from, fromOffset + starts[first + 4]);
        int a4 = rows[row + 4] + run;
        FloatVector c50 = FloatVector.fromArray(FLOATS, from, fromOffset + starts[first + 5]);
        int a5 = rows[row + 5] + run;
        int k = 0;
        do {
            FloatVector b0 = FloatVector.fromArray(FLOATS, w, wOffset + k * COUNT);
            FloatVector x0 = FloatVector.broadcast(FLOATS, x[a0 + k]);
            c00 = x0.fma(b0, c00);
            FloatVector x1 = FloatVector.broadcast(FLOATS, x[a1 + k]);
            c10 = x1.fma(b0, c10);
            FloatVector x2 = FloatVector.broadcast(FLOATS, x[a2 + k]);
            c20 = x2.fma(b0, c20);
            FloatVector x3 = FloatVector.broadcast(FLOATS, x[a3 + k]);
            c30 = x3.fma(b0, c30);
            FloatVector x4 = FloatVector.broadcast(FLOATS, x[a4 + k]);
            c40 = x4.fma(b0, c40);
            FloatVector x5 = FloatVector.broadcast(FLOATS, x[a5 + k]);
            c50 = x5.fma(b0, c50);
            k++;
        } while (k < runLength);
        c00.intoArray(y, yOffset + outputs[row]);
        c10.intoArray(y, yOffset + outputs[row + 1]);
        c20.intoArray(y, yOffset + outputs[row + 2]);
        c30.intoArray(y, yOffset + outputs[row + 3]);
        c40.intoArray(y, yOffset + outputs[row + 4]);
        c50.intoArray(y, yOffset + outputs[row + 5]);
    }

    /** As {@link Tiles#outer8x2}. */
    static void outer6x2(float[] x, int xAt, int xStep, int xRow, float[] dy, int dyAt, int dyStep, int lines, int count,
            float[] sums, int sumsOffset, int sumsRow) {
        for (int line = 0; line < lines; line++) {
            line6x2(x, xAt + line * xRow, xStep, dy, dyAt + line * count * dyStep, dyStep, count, sums, sumsOffset, sumsRow);
        }
    }

    /** One line of pixels. */
    private static void line6x2(float[] x, int xAt, int xStep, float[] dy, int dyAt, int dyStep, int count, float[] sums,
            int sumsOffset, int sumsRow) {
        FloatVector c00 = FloatVector.fromArray(FLOATS, sums, sumsOffset);
        FloatVector c01 = FloatVector.fromArray(FLOATS, sums, sumsOffset + COUNT);
        FloatVector c10 = FloatVector.fromArray(FLOATS, sums, sumsOffset + sumsRow);
        FloatVector c11 = FloatVector.fromArray(FLOATS, sums, sumsOffset + sumsRow + COUNT);
        FloatVector c20 = FloatVector.fromArray(FLOATS, sums, sumsOffset + 2 * sumsRow);
        FloatVector c21 = FloatVector.fromArray(FLOATS, sums, sumsOffset + 2 * sumsRow + COUNT);
        FloatVector c30 = FloatVector.fromArray(FLOATS, sums, sumsOffset + 3 * sumsRow);
        FloatVector c31 = FloatVector.fromArray(FLOATS, sums, sumsOffset + 3 * sumsRow + COUNT);
        FloatVector c40 = FloatVector.fromArray(FLOATS, sums, sumsOffset + 4 * sumsRow);
        FloatVector c41 = FloatVector.fromArray(FLOATS, sums, sumsOffset + 4 * sumsRow + COUNT);
        FloatVector c50 = FloatVector.fromArray(FLOATS, sums, sumsOffset + 5 * sumsRow);
        FloatVector c51 = FloatVector.fromArray(FLOATS, sums, sumsOffset + 5 * sumsRow + COUNT);
        int p = 0;
        do {
            FloatVector b0 = FloatVector.fromArray(FLOATS, dy, dyAt + p * dyStep);
            FloatVector b1 = FloatVector.fromArray(FLOATS, dy, dyAt + p * dyStep + COUNT);
            FloatVector x0 = FloatVector.broadcast(FLOATS, x[xAt + p * xStep]);
            c00 = x0.fma(b0, c00);
            c01 = x0.fma(b1, c01);
            FloatVector x1 = FloatVector.broadcast(FLOATS, x[xAt + p * xStep + 1]);
            c10 = x1.fma(b0, c10);
            c11 = x1.fma(b1, c11);
            FloatVector x2 = FloatVector.broadcast(FLOATS, x[xAt + p * xStep + 2]);
            c20 = x2.fma(b0, c20);
            c21 = x2.fma(b1, c21);
            FloatVector x3 = FloatVector.broadcast(FLOATS, x[xAt + p * xStep + 3]);
            c30 = x3.fma(b0, c30);
            c31 = x3.fma(b1, c31);
            FloatVector x4 = FloatVector.broadcast(FLOATS, x[xAt + p * xStep + 4]);
            c40 = x4.fma(b0, c40);
            c41 = x4.fma(b1, c41);
            FloatVector x5 = FloatVector.broadcast(FLOATS, x[xAt + p * xStep + 5]);
            c50 = x5.fma(b0, c50);
            c51 = x5.fma(b1, c51);
            p++;
        } while (p < count);
        c00.intoArray(sums, sumsOffset);
        c01.intoArray(sums, sumsOffset + COUNT);
        c10.intoArray(sums, sumsOffset + sumsRow);
        c11.intoArray(sums, sumsOffset + sumsRow + COUNT);
        c20.intoArray(sums, sumsOffset + 2 * sumsRow);
        c21.intoArray(sums, sumsOffset + 2 * sumsRow + COUNT);
        c30.intoArray(sums, sumsOffset + 3 * sumsRow);
        c31.intoArray(sums, sumsOffset + 3 * sumsRow + COUNT);
        c40.intoArray(sums, sumsOffset + 4 * sumsRow);
        c41.intoArray(sums, sumsOffset + 4 * sumsRow + COUNT);
        c50.intoArray(sums, sumsOffset + 5 * sumsRow);
        c51.intoArray(sums, sumsOffset + 5 * sumsRow + COUNT);
    }

    /** As {@link Tiles#outer8x1}. */
    static void outer6x1(float[] x, int xAt, int xStep, int xRow, float[] dy, int dyAt, int dyStep, int lines, int count,
            float[] sums, int sumsOffset, int sumsRow) {
        for (int line = 0; line < lines; line++) {
            line6x1(x, xAt + line * xRow, xStep, dy, dyAt + line * count * dyStep, dyStep, count, sums, sumsOffset, sumsRow);
        }
    }

    /** One line of pixels. */
    private static void line6x1(float[] x, int xAt, int xStep, float[] dy, int dyAt, int dyStep, int count, float[] sums,
            int sumsOffset, int sumsRow) {
        FloatVector c00 = FloatVector.fromArray(FLOATS, sums, sumsOffset);
        FloatVector c10 = FloatVector.fromArray(FLOATS, sums, sumsOffset + sumsRow);
        FloatVector c20 = FloatVector.fromArray(FLOATS, sums, sumsOffset + 2 * sumsRow);
        FloatVector c30 = FloatVector.fromArray(FLOATS, sums, sumsOffset + 3 * sumsRow);
        FloatVector c40 = FloatVector.fromArray(FLOATS, sums, sumsOffset + 4 * sumsRow);
        FloatVector c50 = FloatVector.fromArray(FLOATS, sums, sumsOffset + 5 * sumsRow);
        int p = 0;
        do {
            FloatVector b0 = FloatVector.fromArray(FLOATS, dy, dyAt + p * dyStep);
            FloatVector x0 = FloatVector.broadcast(FLOATS, x[xAt + p * xStep]);
            c00 = x0.fma(b0, c00);
            FloatVector x1 = FloatVector.broadcast(FLOATS, x[xAt + p * xStep + 1]);
            c10 = x1.fma(b0, c10);
            FloatVector x2 = FloatVector.broadcast(FLOATS, x[xAt + p * xStep + 2]);
            c20 = x2.fma(b0, c20);
            FloatVector x3 = FloatVector.broadcast(FLOATS, x[xAt + p * xStep + 3]);
            c30 = x3.fma(b0, c30);
            FloatVector x4 = FloatVector.broadcast(FLOATS, x[xAt + p * xStep + 4]);
            c40 = x4.fma(b0, c40);
            FloatVector x5 = FloatVector.broadcast(FLOATS, x[xAt + p * xStep + 5]);
            c50 = x5.fma(b0, c50);
            p++;
        } while (p < count);
        c00.intoArray(sums, sumsOffset);
        c10.intoArray(sums, sumsOffset + sumsRow);
        c20.intoArray(sums, sumsOffset + 2 * sumsRow);
        c30.intoArray(sums, sumsOffset + 3 * sumsRow);
        c40.intoArray(sums, sumsOffset + 4 * sumsRow);
        c50.intoArray(sums, sumsOffset + 5 * sumsRow);
    }
}
