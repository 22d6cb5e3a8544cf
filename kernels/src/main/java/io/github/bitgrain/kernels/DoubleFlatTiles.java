// Written by TileGenerator, which is to be changed in its place.
package io.github.bitgrain.kernels;

import static io.github.bitgrain.kernels.Lanes.DOUBLES;
import static io.github.bitgrain.kernels.Lanes.DOUBLE_COUNT;
import static io.github.bitgrain.kernels.Lanes.DOUBLE_PAIR;

import jdk.incubator.vector.DoubleVector;

/**
 * {@link DoubleTiles} of four rows without nested loops, for processors with sixteen vector registers. The compiler may load the source values of
 * all rows before it uses one: with eight accumulators, which just hide the latency of fused multiply-add, and two vectors of
 * weights, fourteen registers still do. More rows are faster where it does not, at half the speed where it does.
 */
final class DoubleFlatTiles {
    /** Rows of a tile. */
    static final int HEIGHT = 4;
    /** Rows that all start from the bias. */
    private static final int[] SAME = new int[HEIGHT];

    private DoubleFlatTiles() {}

    /** As {@link Tiles#tile8x2}. */
    static void tile4x2(double[] x, int[] rows, int row, int[] runs, int runCount, int runLength, double[] w, int wOffset,
            double[] bias, int biasOffset, double[] y, int[] outputs, int yOffset) {
        run4x2(bias, biasOffset, SAME, 0, x, rows, row, runs[0], runLength, w, wOffset, y, outputs, yOffset);
        for (int r = 1; r < runCount; r++) {
            run4x2(y, yOffset, outputs, row, x, rows, row, runs[r], runLength, w, wOffset + r * runLength * DOUBLE_PAIR, y, outputs, yOffset);
        }
    }

    /** One run, added to what stands at {@code from[starts[first + i] + fromOffset]}. */
    private static void run4x2(double[] from, int fromOffset, int[] starts, int first, double[] x, int[] rows, int row, int run,
            int runLength, double[] w, int wOffset, double[] y, int[] outputs, int yOffset) {
        DoubleVector c00 = DoubleVector.fromArray(DOUBLES, from, fromOffset + starts[first]);
        DoubleVector c01 = DoubleVector.fromArray(DOUBLES, from, fromOffset + starts[first] + DOUBLE_COUNT);
        DoubleVector c10 = DoubleVector.fromArray(DOUBLES, from, fromOffset + starts[first + 1]);
        DoubleVector c11 = DoubleVector.fromArray(DOUBLES, from, fromOffset + starts[first + 1] + DOUBLE_COUNT);
        DoubleVector c20 = DoubleVector.fromArray(DOUBLES, from, fromOffset + starts[first + 2]);
        DoubleVector c21 = DoubleVector.fromArray(DOUBLES, from, fromOffset + starts[first + 2] + DOUBLE_COUNT);
        DoubleVector c30 = DoubleVector.fromArray(DOUBLES, from, fromOffset + starts[first + 3]);
        DoubleVector c31 = DoubleVector.fromArray(DOUBLES, from, fromOffset + starts[first + 3] + DOUBLE_COUNT);
        int a0 = rows[row] + run;
        int a1 = rows[row + 1] + run;
        int a2 = rows[row + 2] + run;
        int a3 = rows[row + 3] + run;
        int k = 0;
        do {
            DoubleVector b0 = DoubleVector.fromArray(DOUBLES, w, wOffset + k * DOUBLE_PAIR);
            DoubleVector b1 = DoubleVector.fromArray(DOUBLES, w, wOffset + k * DOUBLE_PAIR + DOUBLE_COUNT);
            DoubleVector x0 = DoubleVector.broadcast(DOUBLES, x[a0 + k]);
            c00 = x0.fma(b0, c00);
            c01 = x0.fma(b1, c01);
            DoubleVector x1 = DoubleVector.broadcast(DOUBLES, x[a1 + k]);
            c10 = x1.fma(b0, c10);
            c11 = x1.fma(b1, c11);
            DoubleVector x2 = DoubleVector.broadcast(DOUBLES, x[a2 + k]);
            c20 = x2.fma(b0, c20);
            c21 = x2.fma(b1, c21);
            DoubleVector x3 = DoubleVector.broadcast(DOUBLES, x[a3 + k]);
            c30 = x3.fma(b0, c30);
            c31 = x3.fma(b1, c31);
            k++;
        } while (k < runLength);
        c00.intoArray(y, yOffset + outputs[row]);
        c01.intoArray(y, yOffset + outputs[row] + DOUBLE_COUNT);
        c10.intoArray(y, yOffset + outputs[row + 1]);
        c11.intoArray(y, yOffset + outputs[row + 1] + DOUBLE_COUNT);
        c20.intoArray(y, yOffset + outputs[row + 2]);
        c21.intoArray(y, yOffset + outputs[row + 2] + DOUBLE_COUNT);
        c30.intoArray(y, yOffset + outputs[row + 3]);
        c31.intoArray(y, yOffset + outputs[row + 3] + DOUBLE_COUNT);
    }

    /** As {@link Tiles#tile8x1}. */
    static void tile4x1(double[] x, int[] rows, int row, int[] runs, int runCount, int runLength, double[] w, int wOffset,
            double[] bias, int biasOffset, double[] y, int[] outputs, int yOffset) {
        run4x1(bias, biasOffset, SAME, 0, x, rows, row, runs[0], runLength, w, wOffset, y, outputs, yOffset);
        for (int r = 1; r < runCount; r++) {
            run4x1(y, yOffset, outputs, row, x, rows, row, runs[r], runLength, w, wOffset + r * runLength * DOUBLE_COUNT, y, outputs, yOffset);
        }
    }

    /** One run, added to what stands at {@code from[starts[first + i] + fromOffset]}. */
    private static void run4x1(double[] from, int fromOffset, int[] starts, int first, double[] x, int[] rows, int row, int run,
            int runLength, double[] w, int wOffset, double[] y, int[] outputs, int yOffset) {
        DoubleVector c00 = DoubleVector.fromArray(DOUBLES, from, fromOffset + starts[first]);
        DoubleVector c10 = DoubleVector.fromArray(DOUBLES, from, fromOffset + starts[first + 1]);
        DoubleVector c20 = DoubleVector.fromArray(DOUBLES, from, fromOffset + starts[first + 2]);
        DoubleVector c30 = DoubleVector.fromArray(DOUBLES, from, fromOffset + starts[first + 3]);
        int a0 = rows[row] + run;
        int a1 = rows[row + 1] + run;
        int a2 = rows[row + 2] + run;
        int a3 = rows[row + 3] + run;
        int k = 0;
        do {
            DoubleVector b0 = DoubleVector.fromArray(DOUBLES, w, wOffset + k * DOUBLE_COUNT);
            DoubleVector x0 = DoubleVector.broadcast(DOUBLES, x[a0 + k]);
            c00 = x0.fma(b0, c00);
            DoubleVector x1 = DoubleVector.broadcast(DOUBLES, x[a1 + k]);
            c10 = x1.fma(b0, c10);
            DoubleVector x2 = DoubleVector.broadcast(DOUBLES, x[a2 + k]);
            c20 = x2.fma(b0, c20);
            DoubleVector x3 = DoubleVector.broadcast(DOUBLES, x[a3 + k]);
            c30 = x3.fma(b0, c30);
            k++;
        } while (k < runLength);
        c00.intoArray(y, yOffset + outputs[row]);
        c10.intoArray(y, yOffset + outputs[row + 1]);
        c20.intoArray(y, yOffset + outputs[row + 2]);
        c30.intoArray(y, yOffset + outputs[row + 3]);
    }
}
