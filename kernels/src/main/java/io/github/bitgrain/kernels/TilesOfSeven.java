// Written by TileGenerator, which is to be changed in its place.
package io.github.bitgrain.kernels;

import static io.github.bitgrain.kernels.Lanes.COUNT;
import static io.github.bitgrain.kernels.Lanes.FLOATS;
import static io.github.bitgrain.kernels.Lanes.PAIR;

import jdk.incubator.vector.FloatVector;

/** {@link Tiles} of seven rows, for maps whose positions seven divides better: 7 × 7 in seven tiles instead of six and one row. */
final class TilesOfSeven {
    /** Rows of a tile. */
    static final int HEIGHT = 7;

    private TilesOfSeven() {}

    /** As {@link Tiles#tile8x2}. */
    static void tile7x2(float[] x, int[] rows, int row, int[] runs, int runCount, int runLength, float[] w, int wOffset,
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
        int panel = wOffset;
        for (int r = 0; r < runCount; r++) {
            int a0 = rows[row] + runs[r];
            int a1 = rows[row + 1] + runs[r];
            int a2 = rows[row + 2] + runs[r];
            int a3 = rows[row + 3] + runs[r];
            int a4 = rows[row + 4] + runs[r];
            int a5 = rows[row + 5] + runs[r];
            int a6 = rows[row + 6] + runs[r];
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
    }

    /** As {@link Tiles#tile8x1}. */
    static void tile7x1(float[] x, int[] rows, int row, int[] runs, int runCount, int runLength, float[] w, int wOffset,
            float[] bias, int biasOffset, float[] y, int[] outputs, int yOffset) {
        FloatVector z0 = FloatVector.fromArray(FLOATS, bias, biasOffset);
        FloatVector c00 = z0;
        FloatVector c10 = z0;
        FloatVector c20 = z0;
        FloatVector c30 = z0;
        FloatVector c40 = z0;
        FloatVector c50 = z0;
        FloatVector c60 = z0;
        int panel = wOffset;
        for (int r = 0; r < runCount; r++) {
            int a0 = rows[row] + runs[r];
            int a1 = rows[row + 1] + runs[r];
            int a2 = rows[row + 2] + runs[r];
            int a3 = rows[row + 3] + runs[r];
            int a4 = rows[row + 4] + runs[r];
            int a5 = rows[row + 5] + runs[r];
            int a6 = rows[row + 6] + runs[r];
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
    }
}
