package io.github.bitgrain.kernels;

import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;

/** The innermost loops of exact convolutions in double precision; see {@link Tiles} for why they look so. */
final class DoubleTiles {
    /** As many bits as {@link Lanes#FLOATS}. */
    static final VectorSpecies<Double> DOUBLES = VectorSpecies.of(double.class, VectorShape.forBitSize(Lanes.FLOATS.vectorBitSize()));
    /** Doubles in a vector. */
    static final int WIDTH = DOUBLES.length();

    private DoubleTiles() {}

    /** As {@link Tiles#tile8x2}. */
    static void tile8x2(double[] x, int[] rows, int row, int[] runs, int runCount, int runLength, double[] w, int wOffset,
            double[] bias, int biasOffset, double[] y, int[] outputs, int yOffset) {
        DoubleVector z0 = DoubleVector.fromArray(DOUBLES, bias, biasOffset);
        DoubleVector z1 = DoubleVector.fromArray(DOUBLES, bias, biasOffset + WIDTH);
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
                DoubleVector b0 = DoubleVector.fromArray(DOUBLES, w, panel + k * 2 * WIDTH);
                DoubleVector b1 = DoubleVector.fromArray(DOUBLES, w, panel + k * 2 * WIDTH + WIDTH);
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
            panel += runLength * 2 * WIDTH;
        }
        c00.intoArray(y, yOffset + outputs[row]);
        c01.intoArray(y, yOffset + outputs[row] + WIDTH);
        c10.intoArray(y, yOffset + outputs[row + 1]);
        c11.intoArray(y, yOffset + outputs[row + 1] + WIDTH);
        c20.intoArray(y, yOffset + outputs[row + 2]);
        c21.intoArray(y, yOffset + outputs[row + 2] + WIDTH);
        c30.intoArray(y, yOffset + outputs[row + 3]);
        c31.intoArray(y, yOffset + outputs[row + 3] + WIDTH);
        c40.intoArray(y, yOffset + outputs[row + 4]);
        c41.intoArray(y, yOffset + outputs[row + 4] + WIDTH);
        c50.intoArray(y, yOffset + outputs[row + 5]);
        c51.intoArray(y, yOffset + outputs[row + 5] + WIDTH);
        c60.intoArray(y, yOffset + outputs[row + 6]);
        c61.intoArray(y, yOffset + outputs[row + 6] + WIDTH);
        c70.intoArray(y, yOffset + outputs[row + 7]);
        c71.intoArray(y, yOffset + outputs[row + 7] + WIDTH);
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
                DoubleVector b0 = DoubleVector.fromArray(DOUBLES, w, panel + k * WIDTH);
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
            panel += runLength * WIDTH;
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
     * {@code y[to + i wRow + j] = start[c + j] + Σ_t x[at + i step + taps[t] + j] w[wOffset + t wRow + j]} for i below count and one
     * vector of channels; four positions at a time share the weights.
     */
    static void depthwise(double[] x, int at, int step, int[] taps, int tapCount, double[] w, int wOffset, int wRow, double[] start, int c,
            double[] y, int to, int count) {
        int i = 0;
        for (; i < count - 3; i += 4) {
            DoubleVector s0 = DoubleVector.fromArray(DOUBLES, start, c);
            DoubleVector s1 = s0;
            DoubleVector s2 = s0;
            DoubleVector s3 = s0;
            for (int t = 0; t < tapCount; t++) {
                int from = at + i * step + taps[t];
                DoubleVector weight = DoubleVector.fromArray(DOUBLES, w, wOffset + t * wRow);
                s0 = DoubleVector.fromArray(DOUBLES, x, from).fma(weight, s0);
                s1 = DoubleVector.fromArray(DOUBLES, x, from + step).fma(weight, s1);
                s2 = DoubleVector.fromArray(DOUBLES, x, from + 2 * step).fma(weight, s2);
                s3 = DoubleVector.fromArray(DOUBLES, x, from + 3 * step).fma(weight, s3);
            }
            s0.intoArray(y, to + i * wRow);
            s1.intoArray(y, to + (i + 1) * wRow);
            s2.intoArray(y, to + (i + 2) * wRow);
            s3.intoArray(y, to + (i + 3) * wRow);
        }
        for (; i < count; i++) {
            DoubleVector s0 = DoubleVector.fromArray(DOUBLES, start, c);
            for (int t = 0; t < tapCount; t++) {
                s0 = DoubleVector.fromArray(DOUBLES, x, at + i * step + taps[t]).fma(DoubleVector.fromArray(DOUBLES, w, wOffset + t * wRow), s0);
            }
            s0.intoArray(y, to + i * wRow);
        }
    }
}
