// Written by TileGenerator, which is to be changed in its place.
package io.github.bitgrain.kernels;

import static io.github.bitgrain.kernels.Lanes.DOUBLES;
import static io.github.bitgrain.kernels.Lanes.DOUBLE_COUNT;
import static io.github.bitgrain.kernels.Lanes.DOUBLE_PAIR;

import jdk.incubator.vector.DoubleVector;

/**
 * {@link DoubleTiles} of six rows, for processors with sixteen vector registers: twelve accumulators, two vectors of weights and a source value.
 * Their loops are not nested: the compiler keeps some of so many accumulators in memory otherwise, and more of them where a
 * collector wants loops to stop now and then, as the default one does, at a third to a seventh of the speed.
 */
final class DoubleTilesOfSix {
    /** Rows of a tile. */
    static final int HEIGHT = 6;
    /** Rows that all start from the bias. */
    private static final int[] SAME = new int[HEIGHT];

    private DoubleTilesOfSix() {}

    /** As {@link Tiles#tile8x2}. */
    static void tile6x2(double[] x, int[] rows, int row, int[] runs, int runCount, int runLength, double[] w, int wOffset,
            double[] bias, int biasOffset, double[] y, int[] outputs, int yOffset) {
        run6x2(bias, biasOffset, SAME, 0, x, rows, row, runs[0], runLength, w, wOffset, y, outputs, yOffset);
        for (int r = 1; r < runCount; r++) {
            run6x2(y, yOffset, outputs, row, x, rows, row, runs[r], runLength, w, wOffset + r * runLength * DOUBLE_PAIR, y, outputs, yOffset);
        }
    }

    /** One run, added to what stands at {@code from[starts[first + i] + fromOffset]}. */
    private static void run6x2(double[] from, int fromOffset, int[] starts, int first, double[] x, int[] rows, int row, int run,
            int runLength, double[] w, int wOffset, double[] y, int[] outputs, int yOffset) {
        DoubleVector c00 = DoubleVector.fromArray(DOUBLES, from, fromOffset + starts[first]);
        DoubleVector c01 = DoubleVector.fromArray(DOUBLES, from, fromOffset + starts[first] + DOUBLE_COUNT);
        int a0 = rows[row] + run;
        DoubleVector c10 = DoubleVector.fromArray(DOUBLES, from, fromOffset + starts[first + 1]);
        DoubleVector c11 = DoubleVector.fromArray(DOUBLES, from, fromOffset + starts[first + 1] + DOUBLE_COUNT);
        int a1 = rows[row + 1] + run;
        DoubleVector c20 = DoubleVector.fromArray(DOUBLES, from, fromOffset + starts[first + 2]);
        DoubleVector c21 = DoubleVector.fromArray(DOUBLES, from, fromOffset + starts[first + 2] + DOUBLE_COUNT);
        int a2 = rows[row + 2] + run;
        DoubleVector c30 = DoubleVector.fromArray(DOUBLES, from, fromOffset + starts[first + 3]);
        DoubleVector c31 = DoubleVector.fromArray(DOUBLES, from, fromOffset + starts[first + 3] + DOUBLE_COUNT);
        int a3 = rows[row + 3] + run;
        DoubleVector c40 = DoubleVector.fromArray(DOUBLES, from, fromOffset + starts[first + 4]);
        DoubleVector c41 = DoubleVector.fromArray(DOUBLES, from, fromOffset + starts[first + 4] + DOUBLE_COUNT);
        int a4 = rows[row + 4] + run;
        DoubleVector c50 = DoubleVector.fromArray(DOUBLES, from, fromOffset + starts[first + 5]);
        DoubleVector c51 = DoubleVector.fromArray(DOUBLES, from, fromOffset + starts[first + 5] + DOUBLE_COUNT);
        int a5 = rows[row + 5] + run;
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
            DoubleVector x4 = DoubleVector.broadcast(DOUBLES, x[a4 + k]);
            c40 = x4.fma(b0, c40);
            c41 = x4.fma(b1, c41);
            DoubleVector x5 = DoubleVector.broadcast(DOUBLES, x[a5 + k]);
            c50 = x5.fma(b0, c50);
            c51 = x5.fma(b1, c51);
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
        c40.intoArray(y, yOffset + outputs[row + 4]);
        c41.intoArray(y, yOffset + outputs[row + 4] + DOUBLE_COUNT);
        c50.intoArray(y, yOffset + outputs[row + 5]);
        c51.intoArray(y, yOffset + outputs[row + 5] + DOUBLE_COUNT);
    }

    /** As {@link Tiles#tile8x1}. */
    static void tile6x1(double[] x, int[] rows, int row, int[] runs, int runCount, int runLength, double[] w, int wOffset,
            double[] bias, int biasOffset, double[] y, int[] outputs, int yOffset) {
        run6x1(bias, biasOffset, SAME, 0, x, rows, row, runs[0], runLength, w, wOffset, y, outputs, yOffset);
        for (int r = 1; r < runCount; r++) {
            run6x1(y, yOffset, outputs, row, x, rows, row, runs[r], runLength, w, wOffset + r * runLength * DOUBLE_COUNT, y, outputs, yOffset);
        }
    }

    /** One run, added to what stands at {@code from[starts[first + i] + fromOffset]}. */
    private static void run6x1(double[] from, int fromOffset, int[] starts, int first, double[] x, int[] rows, int row, int run,
            int runLength, double[] w, int wOffset, double[] y, int[] outputs, int yOffset) {
        DoubleVector c00 = DoubleVector.fromArray(DOUBLES, from, fromOffset + starts[first]);
        int a0 = rows[row] + run;
        DoubleVector c10 = DoubleVector.fromArray(DOUBLES, from, fromOffset + starts[first + 1]);
        int a1 = rows[row + 1] + run;
        DoubleVector c20 = DoubleVector.fromArray(DOUBLES, from, fromOffset + starts[first + 2]);
        int a2 = rows[row + 2] + run;
        DoubleVector c30 = DoubleVector.fromArray(DOUBLES, from, fromOffset + starts[first + 3]);
        int a3 = rows[row + 3] + run;
        DoubleVector c40 = DoubleVector.fromArray(DOUBLES, from, fromOffset + starts[first + 4]);
        int a4 = rows[row + 4] + run;
        DoubleVector c50 = DoubleVector.fromArray(DOUBLES, from, fromOffset + starts[first + 5]);
        int a5 = rows[row + 5] + run;
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
            DoubleVector x4 = DoubleVector.broadcast(DOUBLES, x[a4 + k]);
            c40 = x4.fma(b0, c40);
            DoubleVector x5 = DoubleVector.broadcast(DOUBLES, x[a5 + k]);
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
}
