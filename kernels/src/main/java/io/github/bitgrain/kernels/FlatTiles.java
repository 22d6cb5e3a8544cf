// Written by TileGenerator, which is to be changed in its place.
package io.github.bitgrain.kernels;

import static io.github.bitgrain.kernels.Lanes.COUNT;
import static io.github.bitgrain.kernels.Lanes.FLOATS;
import static io.github.bitgrain.kernels.Lanes.PAIR;

import jdk.incubator.vector.FloatVector;

/**
 * {@link Tiles} of four rows without nested loops, for processors with sixteen vector registers. The compiler may load the source values of
 * all rows before it uses one: with eight accumulators, which just hide the latency of fused multiply-add, and two vectors of
 * weights, fourteen registers still do. More rows are faster where it does not, at half the speed where it does.
 */
final class FlatTiles {
    /** Rows of a tile. */
    static final int HEIGHT = 4;
    /** Rows that all start from the bias. */
    private static final int[] SAME = new int[HEIGHT];

    private FlatTiles() {}

    /** As {@link Tiles#tile8x2}. */
    static void tile4x2(float[] x, int[] rows, int row, int[] runs, int runCount, int runLength, float[] w, int wOffset,
            float[] bias, int biasOffset, float[] y, int[] outputs, int yOffset) {
        run4x2(bias, biasOffset, SAME, 0, x, rows, row, runs[0], runLength, w, wOffset, y, outputs, yOffset);
        for (int r = 1; r < runCount; r++) {
            run4x2(y, yOffset, outputs, row, x, rows, row, runs[r], runLength, w, wOffset + r * runLength * PAIR, y, outputs, yOffset);
        }
    }

    /** One run, added to what stands at {@code from[starts[first + i] + fromOffset]}. */
    private static void run4x2(float[] from, int fromOffset, int[] starts, int first, float[] x, int[] rows, int row, int run,
            int runLength, float[] w, int wOffset, float[] y, int[] outputs, int yOffset) {
        FloatVector c00 = FloatVector.fromArray(FLOATS, from, fromOffset + starts[first]);
        FloatVector c01 = FloatVector.fromArray(FLOATS, from, fromOffset + starts[first] + COUNT);
        FloatVector c10 = FloatVector.fromArray(FLOATS, from, fromOffset + starts[first + 1]);
        FloatVector c11 = FloatVector.fromArray(FLOATS, from, fromOffset + starts[first + 1] + COUNT);
        FloatVector c20 = FloatVector.fromArray(FLOATS, from, fromOffset + starts[first + 2]);
        FloatVector c21 = FloatVector.fromArray(FLOATS, from, fromOffset + starts[first + 2] + COUNT);
        FloatVector c30 = FloatVector.fromArray(FLOATS, from, fromOffset + starts[first + 3]);
        FloatVector c31 = FloatVector.fromArray(FLOATS, from, fromOffset + starts[first + 3] + COUNT);
        int a0 = rows[row] + run;
        int a1 = rows[row + 1] + run;
        int a2 = rows[row + 2] + run;
        int a3 = rows[row + 3] + run;
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
    }

    /** As {@link Tiles#tile8x1}. */
    static void tile4x1(float[] x, int[] rows, int row, int[] runs, int runCount, int runLength, float[] w, int wOffset,
            float[] bias, int biasOffset, float[] y, int[] outputs, int yOffset) {
        run4x1(bias, biasOffset, SAME, 0, x, rows, row, runs[0], runLength, w, wOffset, y, outputs, yOffset);
        for (int r = 1; r < runCount; r++) {
            run4x1(y, yOffset, outputs, row, x, rows, row, runs[r], runLength, w, wOffset + r * runLength * COUNT, y, outputs, yOffset);
        }
    }

    /** One run, added to what stands at {@code from[starts[first + i] + fromOffset]}. */
    private static void run4x1(float[] from, int fromOffset, int[] starts, int first, float[] x, int[] rows, int row, int run,
            int runLength, float[] w, int wOffset, float[] y, int[] outputs, int yOffset) {
        FloatVector c00 = FloatVector.fromArray(FLOATS, from, fromOffset + starts[first]);
        FloatVector c10 = FloatVector.fromArray(FLOATS, from, fromOffset + starts[first + 1]);
        FloatVector c20 = FloatVector.fromArray(FLOATS, from, fromOffset + starts[first + 2]);
        FloatVector c30 = FloatVector.fromArray(FLOATS, from, fromOffset + starts[first + 3]);
        int a0 = rows[row] + run;
        int a1 = rows[row + 1] + run;
        int a2 = rows[row + 2] + run;
        int a3 = rows[row + 3] + run;
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
            k++;
        } while (k < runLength);
        c00.intoArray(y, yOffset + outputs[row]);
        c10.intoArray(y, yOffset + outputs[row + 1]);
        c20.intoArray(y, yOffset + outputs[row + 2]);
        c30.intoArray(y, yOffset + outputs[row + 3]);
    }

    /** As {@link Tiles#outer8x2}. */
    static void outer4x2(float[] x, int xAt, int xStep, int xRow, float[] dy, int dyAt, int dyStep, int lines, int count,
            float[] sums, int sumsOffset, int sumsRow) {
        for (int line = 0; line < lines; line++) {
            line4x2(x, xAt + line * xRow, xStep, dy, dyAt + line * count * dyStep, dyStep, count, sums, sumsOffset, sumsRow);
        }
    }

    /** One line of pixels. */
    private static void line4x2(float[] x, int xAt, int xStep, float[] dy, int dyAt, int dyStep, int count, float[] sums,
            int sumsOffset, int sumsRow) {
        FloatVector c00 = FloatVector.fromArray(FLOATS, sums, sumsOffset);
        FloatVector c01 = FloatVector.fromArray(FLOATS, sums, sumsOffset + COUNT);
        FloatVector c10 = FloatVector.fromArray(FLOATS, sums, sumsOffset + sumsRow);
        FloatVector c11 = FloatVector.fromArray(FLOATS, sums, sumsOffset + sumsRow + COUNT);
        FloatVector c20 = FloatVector.fromArray(FLOATS, sums, sumsOffset + 2 * sumsRow);
        FloatVector c21 = FloatVector.fromArray(FLOATS, sums, sumsOffset + 2 * sumsRow + COUNT);
        FloatVector c30 = FloatVector.fromArray(FLOATS, sums, sumsOffset + 3 * sumsRow);
        FloatVector c31 = FloatVector.fromArray(FLOATS, sums, sumsOffset + 3 * sumsRow + COUNT);
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
    }

    /** As {@link Tiles#outer8x1}. */
    static void outer4x1(float[] x, int xAt, int xStep, int xRow, float[] dy, int dyAt, int dyStep, int lines, int count,
            float[] sums, int sumsOffset, int sumsRow) {
        for (int line = 0; line < lines; line++) {
            line4x1(x, xAt + line * xRow, xStep, dy, dyAt + line * count * dyStep, dyStep, count, sums, sumsOffset, sumsRow);
        }
    }

    /** One line of pixels. */
    private static void line4x1(float[] x, int xAt, int xStep, float[] dy, int dyAt, int dyStep, int count, float[] sums,
            int sumsOffset, int sumsRow) {
        FloatVector c00 = FloatVector.fromArray(FLOATS, sums, sumsOffset);
        FloatVector c10 = FloatVector.fromArray(FLOATS, sums, sumsOffset + sumsRow);
        FloatVector c20 = FloatVector.fromArray(FLOATS, sums, sumsOffset + 2 * sumsRow);
        FloatVector c30 = FloatVector.fromArray(FLOATS, sums, sumsOffset + 3 * sumsRow);
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
            p++;
        } while (p < count);
        c00.intoArray(sums, sumsOffset);
        c10.intoArray(sums, sumsOffset + sumsRow);
        c20.intoArray(sums, sumsOffset + 2 * sumsRow);
        c30.intoArray(sums, sumsOffset + 3 * sumsRow);
    }
}
