// Written by TileGenerator, which is to be changed in its place.
package io.github.bitgrain.kernels;

import static io.github.bitgrain.kernels.Lanes.COUNT;
import static io.github.bitgrain.kernels.Lanes.FLOATS;
import static io.github.bitgrain.kernels.Lanes.PAIR;

import jdk.incubator.vector.FloatVector;

/**
 * The innermost loops of dense convolutions and matrix products.
 *
 * <p>They are written out because the compiler keeps local variables in registers, but no array of vectors. Sixteen
 * accumulators hide the latency of fused multiply-add, survive the strip-mined loops of the default collector without spills, and
 * keep the methods small enough for both compilers. Accumulators start from vectors loaded here: a vector from a static field
 * would be boxed in the loop.
 */
final class Tiles {
    /** Rows of a tile. */
    static final int HEIGHT = 8;

    private Tiles() {}

    /**
     * {@code y[outputs[row + i] + yOffset + j] = bias[biasOffset + j] + Σ_r Σ_k x[rows[row + i] + runs[r] + k] w[r][k][j]} for
     * 8 rows and two vectors of columns; w is a panel of PAIR floats per (r, k). Products are added in ascending (r, k).
     */
    static void tile8x2(float[] x, int[] rows, int row, int[] runs, int runCount, int runLength, float[] w, int wOffset,
            float[] bias, int biasOffset, float[] y, int[] outputs, int yOffset) {
        FloatVector z0 = FloatVector.fromArray(FLOATS, bias, biasOffset);
        FloatVector z1 = FloatVector.fromArray(FLOATS, bias, biasOffset + COUNT);
        FloatVector c00 = z0;
        FloatVector c01 = z1;
        FloatVector c10 = z0;
        FloatVector c11 = z1;
        FloatVector c20 = z0;
        FloatVector c21 = z1;
        FloatVector c30 = z0;
        FloatVector c31 = z1;
        FloatVector c40 = z0;
        FloatVector c41 = z1;
        FloatVector c50 = z0;
        FloatVector c51 = z1;
        FloatVector c60 = z0;
        FloatVector c61 = z1;
        FloatVector c70 = z0;
        FloatVector c71 = z1;
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
                FloatVector b0 = FloatVector.fromArray(FLOATS, w, panel + k * PAIR);
                FloatVector b1 = FloatVector.fromArray(FLOATS, w, panel + k * PAIR + COUNT);
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
                FloatVector x6 = FloatVector.broadcast(FLOATS, x[a6 + k]);
                c60 = x6.fma(b0, c60);
                c61 = x6.fma(b1, c61);
                FloatVector x7 = FloatVector.broadcast(FLOATS, x[a7 + k]);
                c70 = x7.fma(b0, c70);
                c71 = x7.fma(b1, c71);
            }
            panel += runLength * PAIR;
        }
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
        c60.intoArray(y, yOffset + outputs[row + 6]);
        c61.intoArray(y, yOffset + outputs[row + 6] + COUNT);
        c70.intoArray(y, yOffset + outputs[row + 7]);
        c71.intoArray(y, yOffset + outputs[row + 7] + COUNT);
    }

    /** As {@link #tile8x2} with one vector of columns; w is a panel of COUNT floats per (r, k). */
    static void tile8x1(float[] x, int[] rows, int row, int[] runs, int runCount, int runLength, float[] w, int wOffset,
            float[] bias, int biasOffset, float[] y, int[] outputs, int yOffset) {
        FloatVector z0 = FloatVector.fromArray(FLOATS, bias, biasOffset);
        FloatVector c00 = z0;
        FloatVector c10 = z0;
        FloatVector c20 = z0;
        FloatVector c30 = z0;
        FloatVector c40 = z0;
        FloatVector c50 = z0;
        FloatVector c60 = z0;
        FloatVector c70 = z0;
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
                FloatVector b0 = FloatVector.fromArray(FLOATS, w, panel + k * COUNT);
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
                FloatVector x6 = FloatVector.broadcast(FLOATS, x[a6 + k]);
                c60 = x6.fma(b0, c60);
                FloatVector x7 = FloatVector.broadcast(FLOATS, x[a7 + k]);
                c70 = x7.fma(b0, c70);
            }
            panel += runLength * COUNT;
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

    /**
     * {@code sums[i][j] += Σ_l Σ_p x[xAt + l xRow + p xStep + i] dy[dyAt + (l count + p) dyStep + j]} for 8 rows and two vectors of
     * columns, products added in ascending (l, p).
     *
     * @param lines lines of pixels, {@code xRow} apart in x
     * @param count pixels of a line, {@code xStep} apart in x
     */
    static void outer8x2(float[] x, int xAt, int xStep, int xRow, float[] dy, int dyAt, int dyStep, int lines, int count,
            float[] sums, int sumsOffset, int sumsRow) {
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
        FloatVector c60 = FloatVector.fromArray(FLOATS, sums, sumsOffset + 6 * sumsRow);
        FloatVector c61 = FloatVector.fromArray(FLOATS, sums, sumsOffset + 6 * sumsRow + COUNT);
        FloatVector c70 = FloatVector.fromArray(FLOATS, sums, sumsOffset + 7 * sumsRow);
        FloatVector c71 = FloatVector.fromArray(FLOATS, sums, sumsOffset + 7 * sumsRow + COUNT);
        for (int line = 0; line < lines; line++) {
            int from = xAt + line * xRow;
            int g = dyAt + line * count * dyStep;
            for (int p = 0; p < count; p++) {
                FloatVector b0 = FloatVector.fromArray(FLOATS, dy, g + p * dyStep);
                FloatVector b1 = FloatVector.fromArray(FLOATS, dy, g + p * dyStep + COUNT);
                FloatVector x0 = FloatVector.broadcast(FLOATS, x[from + p * xStep]);
                c00 = x0.fma(b0, c00);
                c01 = x0.fma(b1, c01);
                FloatVector x1 = FloatVector.broadcast(FLOATS, x[from + p * xStep + 1]);
                c10 = x1.fma(b0, c10);
                c11 = x1.fma(b1, c11);
                FloatVector x2 = FloatVector.broadcast(FLOATS, x[from + p * xStep + 2]);
                c20 = x2.fma(b0, c20);
                c21 = x2.fma(b1, c21);
                FloatVector x3 = FloatVector.broadcast(FLOATS, x[from + p * xStep + 3]);
                c30 = x3.fma(b0, c30);
                c31 = x3.fma(b1, c31);
                FloatVector x4 = FloatVector.broadcast(FLOATS, x[from + p * xStep + 4]);
                c40 = x4.fma(b0, c40);
                c41 = x4.fma(b1, c41);
                FloatVector x5 = FloatVector.broadcast(FLOATS, x[from + p * xStep + 5]);
                c50 = x5.fma(b0, c50);
                c51 = x5.fma(b1, c51);
                FloatVector x6 = FloatVector.broadcast(FLOATS, x[from + p * xStep + 6]);
                c60 = x6.fma(b0, c60);
                c61 = x6.fma(b1, c61);
                FloatVector x7 = FloatVector.broadcast(FLOATS, x[from + p * xStep + 7]);
                c70 = x7.fma(b0, c70);
                c71 = x7.fma(b1, c71);
            }
        }
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
        c60.intoArray(sums, sumsOffset + 6 * sumsRow);
        c61.intoArray(sums, sumsOffset + 6 * sumsRow + COUNT);
        c70.intoArray(sums, sumsOffset + 7 * sumsRow);
        c71.intoArray(sums, sumsOffset + 7 * sumsRow + COUNT);
    }

    /** As {@link #outer8x2} with one vector of columns. */
    static void outer8x1(float[] x, int xAt, int xStep, int xRow, float[] dy, int dyAt, int dyStep, int lines, int count,
            float[] sums, int sumsOffset, int sumsRow) {
        FloatVector c00 = FloatVector.fromArray(FLOATS, sums, sumsOffset);
        FloatVector c10 = FloatVector.fromArray(FLOATS, sums, sumsOffset + sumsRow);
        FloatVector c20 = FloatVector.fromArray(FLOATS, sums, sumsOffset + 2 * sumsRow);
        FloatVector c30 = FloatVector.fromArray(FLOATS, sums, sumsOffset + 3 * sumsRow);
        FloatVector c40 = FloatVector.fromArray(FLOATS, sums, sumsOffset + 4 * sumsRow);
        FloatVector c50 = FloatVector.fromArray(FLOATS, sums, sumsOffset + 5 * sumsRow);
        FloatVector c60 = FloatVector.fromArray(FLOATS, sums, sumsOffset + 6 * sumsRow);
        FloatVector c70 = FloatVector.fromArray(FLOATS, sums, sumsOffset + 7 * sumsRow);
        for (int line = 0; line < lines; line++) {
            int from = xAt + line * xRow;
            int g = dyAt + line * count * dyStep;
            for (int p = 0; p < count; p++) {
                FloatVector b0 = FloatVector.fromArray(FLOATS, dy, g + p * dyStep);
                FloatVector x0 = FloatVector.broadcast(FLOATS, x[from + p * xStep]);
                c00 = x0.fma(b0, c00);
                FloatVector x1 = FloatVector.broadcast(FLOATS, x[from + p * xStep + 1]);
                c10 = x1.fma(b0, c10);
                FloatVector x2 = FloatVector.broadcast(FLOATS, x[from + p * xStep + 2]);
                c20 = x2.fma(b0, c20);
                FloatVector x3 = FloatVector.broadcast(FLOATS, x[from + p * xStep + 3]);
                c30 = x3.fma(b0, c30);
                FloatVector x4 = FloatVector.broadcast(FLOATS, x[from + p * xStep + 4]);
                c40 = x4.fma(b0, c40);
                FloatVector x5 = FloatVector.broadcast(FLOATS, x[from + p * xStep + 5]);
                c50 = x5.fma(b0, c50);
                FloatVector x6 = FloatVector.broadcast(FLOATS, x[from + p * xStep + 6]);
                c60 = x6.fma(b0, c60);
                FloatVector x7 = FloatVector.broadcast(FLOATS, x[from + p * xStep + 7]);
                c70 = x7.fma(b0, c70);
            }
        }
        c00.intoArray(sums, sumsOffset);
        c10.intoArray(sums, sumsOffset + sumsRow);
        c20.intoArray(sums, sumsOffset + 2 * sumsRow);
        c30.intoArray(sums, sumsOffset + 3 * sumsRow);
        c40.intoArray(sums, sumsOffset + 4 * sumsRow);
        c50.intoArray(sums, sumsOffset + 5 * sumsRow);
        c60.intoArray(sums, sumsOffset + 6 * sumsRow);
        c70.intoArray(sums, sumsOffset + 7 * sumsRow);
    }
}
