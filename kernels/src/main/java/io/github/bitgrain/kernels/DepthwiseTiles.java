// Written by TileGenerator, which is to be changed in its place.
package io.github.bitgrain.kernels;

import static io.github.bitgrain.kernels.Lanes.FLOATS;

import jdk.incubator.vector.FloatVector;

/**
 * The innermost loops of depthwise convolutions: one vector of channels of outputs that follow each other in a row, written
 * out because the compiler keeps no array of vectors in registers. Products are added in the order of the taps.
 */
final class DepthwiseTiles {
    private DepthwiseTiles() {}

    /** Four neighbouring outputs of a 3 × 3 kernel with step 1 at a time: they share 6 × 3 source vectors. Returns the number done. */
    static int four(float[] x, int at, int rowStep, int pixelStep, float[] w, int wOffset, int wRow, float[] start, int c,
            float[] y, int to, int yStep, int count) {
        FloatVector first = FloatVector.fromArray(FLOATS, start, c);
        FloatVector w0 = FloatVector.fromArray(FLOATS, w, wOffset);
        FloatVector w1 = FloatVector.fromArray(FLOATS, w, wOffset + wRow);
        FloatVector w2 = FloatVector.fromArray(FLOATS, w, wOffset + 2 * wRow);
        FloatVector w3 = FloatVector.fromArray(FLOATS, w, wOffset + 3 * wRow);
        FloatVector w4 = FloatVector.fromArray(FLOATS, w, wOffset + 4 * wRow);
        FloatVector w5 = FloatVector.fromArray(FLOATS, w, wOffset + 5 * wRow);
        FloatVector w6 = FloatVector.fromArray(FLOATS, w, wOffset + 6 * wRow);
        FloatVector w7 = FloatVector.fromArray(FLOATS, w, wOffset + 7 * wRow);
        FloatVector w8 = FloatVector.fromArray(FLOATS, w, wOffset + 8 * wRow);
        int end = count - 3;
        for (int i = 0; i < end; i += 4) {
            int from = at + i * pixelStep;
            FloatVector s0 = first;
            FloatVector s1 = first;
            FloatVector s2 = first;
            FloatVector s3 = first;
            FloatVector x00 = FloatVector.fromArray(FLOATS, x, from);
            s0 = x00.fma(w0, s0);
            FloatVector x01 = FloatVector.fromArray(FLOATS, x, from + pixelStep);
            s0 = x01.fma(w1, s0);
            s1 = x01.fma(w0, s1);
            FloatVector x02 = FloatVector.fromArray(FLOATS, x, from + 2 * pixelStep);
            s0 = x02.fma(w2, s0);
            s1 = x02.fma(w1, s1);
            s2 = x02.fma(w0, s2);
            FloatVector x03 = FloatVector.fromArray(FLOATS, x, from + 3 * pixelStep);
            s1 = x03.fma(w2, s1);
            s2 = x03.fma(w1, s2);
            s3 = x03.fma(w0, s3);
            FloatVector x04 = FloatVector.fromArray(FLOATS, x, from + 4 * pixelStep);
            s2 = x04.fma(w2, s2);
            s3 = x04.fma(w1, s3);
            FloatVector x05 = FloatVector.fromArray(FLOATS, x, from + 5 * pixelStep);
            s3 = x05.fma(w2, s3);
            from += rowStep;
            FloatVector x10 = FloatVector.fromArray(FLOATS, x, from);
            s0 = x10.fma(w3, s0);
            FloatVector x11 = FloatVector.fromArray(FLOATS, x, from + pixelStep);
            s0 = x11.fma(w4, s0);
            s1 = x11.fma(w3, s1);
            FloatVector x12 = FloatVector.fromArray(FLOATS, x, from + 2 * pixelStep);
            s0 = x12.fma(w5, s0);
            s1 = x12.fma(w4, s1);
            s2 = x12.fma(w3, s2);
            FloatVector x13 = FloatVector.fromArray(FLOATS, x, from + 3 * pixelStep);
            s1 = x13.fma(w5, s1);
            s2 = x13.fma(w4, s2);
            s3 = x13.fma(w3, s3);
            FloatVector x14 = FloatVector.fromArray(FLOATS, x, from + 4 * pixelStep);
            s2 = x14.fma(w5, s2);
            s3 = x14.fma(w4, s3);
            FloatVector x15 = FloatVector.fromArray(FLOATS, x, from + 5 * pixelStep);
            s3 = x15.fma(w5, s3);
            from += rowStep;
            FloatVector x20 = FloatVector.fromArray(FLOATS, x, from);
            s0 = x20.fma(w6, s0);
            FloatVector x21 = FloatVector.fromArray(FLOATS, x, from + pixelStep);
            s0 = x21.fma(w7, s0);
            s1 = x21.fma(w6, s1);
            FloatVector x22 = FloatVector.fromArray(FLOATS, x, from + 2 * pixelStep);
            s0 = x22.fma(w8, s0);
            s1 = x22.fma(w7, s1);
            s2 = x22.fma(w6, s2);
            FloatVector x23 = FloatVector.fromArray(FLOATS, x, from + 3 * pixelStep);
            s1 = x23.fma(w8, s1);
            s2 = x23.fma(w7, s2);
            s3 = x23.fma(w6, s3);
            FloatVector x24 = FloatVector.fromArray(FLOATS, x, from + 4 * pixelStep);
            s2 = x24.fma(w8, s2);
            s3 = x24.fma(w7, s3);
            FloatVector x25 = FloatVector.fromArray(FLOATS, x, from + 5 * pixelStep);
            s3 = x25.fma(w8, s3);
            s0.intoArray(y, to + i * yStep);
            s1.intoArray(y, to + i * yStep + yStep);
            s2.intoArray(y, to + i * yStep + 2 * yStep);
            s3.intoArray(y, to + i * yStep + 3 * yStep);
        }
        return Math.max(0, count) / 4 * 4;
    }

    /** Two neighbouring outputs of a 3 × 3 kernel with step 2 at a time: they share 5 × 3 source vectors. Returns the number done. */
    static int twoStrided(float[] x, int at, int rowStep, int pixelStep, float[] w, int wOffset, int wRow, float[] start, int c,
            float[] y, int to, int yStep, int count) {
        FloatVector first = FloatVector.fromArray(FLOATS, start, c);
        FloatVector w0 = FloatVector.fromArray(FLOATS, w, wOffset);
        FloatVector w1 = FloatVector.fromArray(FLOATS, w, wOffset + wRow);
        FloatVector w2 = FloatVector.fromArray(FLOATS, w, wOffset + 2 * wRow);
        FloatVector w3 = FloatVector.fromArray(FLOATS, w, wOffset + 3 * wRow);
        FloatVector w4 = FloatVector.fromArray(FLOATS, w, wOffset + 4 * wRow);
        FloatVector w5 = FloatVector.fromArray(FLOATS, w, wOffset + 5 * wRow);
        FloatVector w6 = FloatVector.fromArray(FLOATS, w, wOffset + 6 * wRow);
        FloatVector w7 = FloatVector.fromArray(FLOATS, w, wOffset + 7 * wRow);
        FloatVector w8 = FloatVector.fromArray(FLOATS, w, wOffset + 8 * wRow);
        int end = count - 1;
        for (int i = 0; i < end; i += 2) {
            int from = at + i * 2 * pixelStep;
            FloatVector s0 = first;
            FloatVector s1 = first;
            FloatVector x00 = FloatVector.fromArray(FLOATS, x, from);
            s0 = x00.fma(w0, s0);
            FloatVector x01 = FloatVector.fromArray(FLOATS, x, from + pixelStep);
            s0 = x01.fma(w1, s0);
            FloatVector x02 = FloatVector.fromArray(FLOATS, x, from + 2 * pixelStep);
            s0 = x02.fma(w2, s0);
            s1 = x02.fma(w0, s1);
            FloatVector x03 = FloatVector.fromArray(FLOATS, x, from + 3 * pixelStep);
            s1 = x03.fma(w1, s1);
            FloatVector x04 = FloatVector.fromArray(FLOATS, x, from + 4 * pixelStep);
            s1 = x04.fma(w2, s1);
            from += rowStep;
            FloatVector x10 = FloatVector.fromArray(FLOATS, x, from);
            s0 = x10.fma(w3, s0);
            FloatVector x11 = FloatVector.fromArray(FLOATS, x, from + pixelStep);
            s0 = x11.fma(w4, s0);
            FloatVector x12 = FloatVector.fromArray(FLOATS, x, from + 2 * pixelStep);
            s0 = x12.fma(w5, s0);
            s1 = x12.fma(w3, s1);
            FloatVector x13 = FloatVector.fromArray(FLOATS, x, from + 3 * pixelStep);
            s1 = x13.fma(w4, s1);
            FloatVector x14 = FloatVector.fromArray(FLOATS, x, from + 4 * pixelStep);
            s1 = x14.fma(w5, s1);
            from += rowStep;
            FloatVector x20 = FloatVector.fromArray(FLOATS, x, from);
            s0 = x20.fma(w6, s0);
            FloatVector x21 = FloatVector.fromArray(FLOATS, x, from + pixelStep);
            s0 = x21.fma(w7, s0);
            FloatVector x22 = FloatVector.fromArray(FLOATS, x, from + 2 * pixelStep);
            s0 = x22.fma(w8, s0);
            s1 = x22.fma(w6, s1);
            FloatVector x23 = FloatVector.fromArray(FLOATS, x, from + 3 * pixelStep);
            s1 = x23.fma(w7, s1);
            FloatVector x24 = FloatVector.fromArray(FLOATS, x, from + 4 * pixelStep);
            s1 = x24.fma(w8, s1);
            s0.intoArray(y, to + i * yStep);
            s1.intoArray(y, to + i * yStep + yStep);
        }
        return Math.max(0, count) / 2 * 2;
    }

    /** Four neighbouring outputs of any kernel at a time: they share the weights. Returns the number done. */
    static int anyFour(float[] x, int at, int step, int[] taps, int firstRow, int endRow, int firstColumn, int endColumn, int columns,
            float[] w, int wOffset, int wRow, float[] start, int c, float[] y, int to, int yStep, int count) {
        int end = count - 3;
        for (int i = 0; i < end; i += 4) {
            FloatVector first = FloatVector.fromArray(FLOATS, start, c);
            FloatVector s0 = first;
            FloatVector s1 = first;
            FloatVector s2 = first;
            FloatVector s3 = first;
            int pixel = at + i * step;
            for (int a = firstRow; a < endRow; a++) {
                for (int b = firstColumn; b < endColumn; b++) {
                    int from = pixel + taps[a * columns + b];
                    FloatVector weight = FloatVector.fromArray(FLOATS, w, wOffset + (a * columns + b) * wRow);
                    s0 = FloatVector.fromArray(FLOATS, x, from).fma(weight, s0);
                    s1 = FloatVector.fromArray(FLOATS, x, from + step).fma(weight, s1);
                    s2 = FloatVector.fromArray(FLOATS, x, from + 2 * step).fma(weight, s2);
                    s3 = FloatVector.fromArray(FLOATS, x, from + 3 * step).fma(weight, s3);
                }
            }
            s0.intoArray(y, to + i * yStep);
            s1.intoArray(y, to + i * yStep + yStep);
            s2.intoArray(y, to + i * yStep + 2 * yStep);
            s3.intoArray(y, to + i * yStep + 3 * yStep);
        }
        return Math.max(0, count) / 4 * 4;
    }

    /** As {@link #anyFour} one at a time. Returns the number done. */
    static int anyOne(float[] x, int at, int step, int[] taps, int firstRow, int endRow, int firstColumn, int endColumn, int columns,
            float[] w, int wOffset, int wRow, float[] start, int c, float[] y, int to, int yStep, int count) {
        int end = count - 0;
        for (int i = 0; i < end; i += 1) {
            FloatVector first = FloatVector.fromArray(FLOATS, start, c);
            FloatVector s0 = first;
            int pixel = at + i * step;
            for (int a = firstRow; a < endRow; a++) {
                for (int b = firstColumn; b < endColumn; b++) {
                    int from = pixel + taps[a * columns + b];
                    FloatVector weight = FloatVector.fromArray(FLOATS, w, wOffset + (a * columns + b) * wRow);
                    s0 = FloatVector.fromArray(FLOATS, x, from).fma(weight, s0);
                }
            }
            s0.intoArray(y, to + i * yStep);
        }
        return Math.max(0, count) / 1 * 1;
    }
}
