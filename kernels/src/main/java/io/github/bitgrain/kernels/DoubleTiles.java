// Written by TileGenerator, which is to be changed in its place.
package io.github.bitgrain.kernels;

import static io.github.bitgrain.kernels.Lanes.DOUBLES;
import static io.github.bitgrain.kernels.Lanes.DOUBLE_COUNT;
import static io.github.bitgrain.kernels.Lanes.DOUBLE_PAIR;

import jdk.incubator.vector.DoubleVector;

/** The innermost loops of exact convolutions in double precision; see {@link Tiles} for why they look so. */
final class DoubleTiles {
    private DoubleTiles() {}

    /** As {@link Tiles#tile8x2}. */
    static void tile8x2(double[] x, int[] rows, int row, int[] runs, int runCount, int runLength, double[] w, int wOffset,
            double[] bias, int biasOffset, double[] y, int[] outputs, int yOffset) {
        DoubleVector z0 = DoubleVector.fromArray(DOUBLES, bias, biasOffset);
        DoubleVector z1 = DoubleVector.fromArray(DOUBLES, bias, biasOffset + DOUBLE_COUNT);
        DoubleVector c00 = z0;
        DoubleVector c01 = z1;
        DoubleVector c10 = z0;
        DoubleVector c11 = z1;
        DoubleVector c20 = z0;
        DoubleVector c21 = z1;
        DoubleVector c30 = z0;
        DoubleVector c31 = z1;
        DoubleVector c40 = z0;
        DoubleVector c41 = z1;
        DoubleVector c50 = z0;
        DoubleVector c51 = z1;
        DoubleVector c60 = z0;
        DoubleVector c61 = z1;
        DoubleVector c70 = z0;
        DoubleVector c71 = z1;
        int panel = wOffset;
        for (int r = 0; r < runCount; r++) {
            int a0 = rows[row] + runs[r];
            int a1 = rows[row + 1] + runs[r];
            int a2 = rows[row + 2] + runs[r];
            int a3 = rows[row + 3] + runs[r];
            int a4 = rows[row + 4] + runs[r];
            int a5 = rows[row + 5] + runs[r];
            int a6 = rows[row + 6] + runs[r];
            int a7 = rows[row + 7] + runs[r];
            for (int k = 0; k < runLength; k++) {
                DoubleVector b0 = DoubleVector.fromArray(DOUBLES, w, panel + k * DOUBLE_PAIR);
                DoubleVector b1 = DoubleVector.fromArray(DOUBLES, w, panel + k * DOUBLE_PAIR + DOUBLE_COUNT);
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
                DoubleVector x6 = DoubleVector.broadcast(DOUBLES, x[a6 + k]);
                c60 = x6.fma(b0, c60);
                c61 = x6.fma(b1, c61);
                DoubleVector x7 = DoubleVector.broadcast(DOUBLES, x[a7 + k]);
                c70 = x7.fma(b0, c70);
                c71 = x7.fma(b1, c71);
            }
            panel += runLength * DOUBLE_PAIR;
        }
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
        c60.intoArray(y, yOffset + outputs[row + 6]);
        c61.intoArray(y, yOffset + outputs[row + 6] + DOUBLE_COUNT);
        c70.intoArray(y, yOffset + outputs[row + 7]);
        c71.intoArray(y, yOffset + outputs[row + 7] + DOUBLE_COUNT);
    }

    /** As {@link Tiles#tile8x1}. */
    static void tile8x1(double[] x, int[] rows, int row, int[] runs, int runCount, int runLength, double[] w, int wOffset,
            double[] bias, int biasOffset, double[] y, int[] outputs, int yOffset) {
        DoubleVector z0 = DoubleVector.fromArray(DOUBLES, bias, biasOffset);
        DoubleVector c00 = z0;
        DoubleVector c10 = z0;
        DoubleVector c20 = z0;
        DoubleVector c30 = z0;
        DoubleVector c40 = z0;
        DoubleVector c50 = z0;
        DoubleVector c60 = z0;
        DoubleVector c70 = z0;
        int panel = wOffset;
        for (int r = 0; r < runCount; r++) {
            int a0 = rows[row] + runs[r];
            int a1 = rows[row + 1] + runs[r];
            int a2 = rows[row + 2] + runs[r];
            int a3 = rows[row + 3] + runs[r];
            int a4 = rows[row + 4] + runs[r];
            int a5 = rows[row + 5] + runs[r];
            int a6 = rows[row + 6] + runs[r];
            int a7 = rows[row + 7] + runs[r];
            for (int k = 0; k < runLength; k++) {
                DoubleVector b0 = DoubleVector.fromArray(DOUBLES, w, panel + k * DOUBLE_COUNT);
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
                DoubleVector x6 = DoubleVector.broadcast(DOUBLES, x[a6 + k]);
                c60 = x6.fma(b0, c60);
                DoubleVector x7 = DoubleVector.broadcast(DOUBLES, x[a7 + k]);
                c70 = x7.fma(b0, c70);
            }
            panel += runLength * DOUBLE_COUNT;
        }
        c00.intoArray(y, yOffset + outputs[row]);
        c10.intoArray(y, yOffset + outputs[row + 1]);
        c20.intoArray(y, yOffset + outputs[row + 2]);
        c30.intoArray(y, yOffset + outputs[row + 3]);
        c40.intoArray(y, yOffset + outputs[row + 4]);
        c50.intoArray(y, yOffset + outputs[row + 5]);
        c60.intoArray(y, yOffset + outputs[row + 6]);
        c70.intoArray(y, yOffset + outputs[row + 7]);
    }

    /** As {@link DepthwiseTiles#anyFour}. */
    static int anyFour(double[] x, int at, int step, int[] taps, int firstRow, int endRow, int firstColumn, int endColumn, int columns,
            double[] w, int wOffset, int wRow, double[] start, int c, double[] y, int to, int yStep, int count) {
        int end = count - 3;
        for (int i = 0; i < end; i += 4) {
            DoubleVector first = DoubleVector.fromArray(DOUBLES, start, c);
            DoubleVector s0 = first;
            DoubleVector s1 = first;
            DoubleVector s2 = first;
            DoubleVector s3 = first;
            int pixel = at + i * step;
            for (int a = firstRow; a < endRow; a++) {
                for (int b = firstColumn; b < endColumn; b++) {
                    int from = pixel + taps[a * columns + b];
                    DoubleVector weight = DoubleVector.fromArray(DOUBLES, w, wOffset + (a * columns + b) * wRow);
                    s0 = DoubleVector.fromArray(DOUBLES, x, from).fma(weight, s0);
                    s1 = DoubleVector.fromArray(DOUBLES, x, from + step).fma(weight, s1);
                    s2 = DoubleVector.fromArray(DOUBLES, x, from + 2 * step).fma(weight, s2);
                    s3 = DoubleVector.fromArray(DOUBLES, x, from + 3 * step).fma(weight, s3);
                }
            }
            s0.intoArray(y, to + i * yStep);
            s1.intoArray(y, to + i * yStep + yStep);
            s2.intoArray(y, to + i * yStep + 2 * yStep);
            s3.intoArray(y, to + i * yStep + 3 * yStep);
        }
        return Math.max(0, count) / 4 * 4;
    }

    /** As {@link DepthwiseTiles#anyOne}. */
    static int anyOne(double[] x, int at, int step, int[] taps, int firstRow, int endRow, int firstColumn, int endColumn, int columns,
            double[] w, int wOffset, int wRow, double[] start, int c, double[] y, int to, int yStep, int count) {
        int end = count - 0;
        for (int i = 0; i < end; i += 1) {
            DoubleVector first = DoubleVector.fromArray(DOUBLES, start, c);
            DoubleVector s0 = first;
            int pixel = at + i * step;
            for (int a = firstRow; a < endRow; a++) {
                for (int b = firstColumn; b < endColumn; b++) {
                    int from = pixel + taps[a * columns + b];
                    DoubleVector weight = DoubleVector.fromArray(DOUBLES, w, wOffset + (a * columns + b) * wRow);
                    s0 = DoubleVector.fromArray(DOUBLES, x, from).fma(weight, s0);
                }
            }
            s0.intoArray(y, to + i * yStep);
        }
        return Math.max(0, count) / 1 * 1;
    }
}
