// Written by TileGenerator, which is to be changed in its place.
package io.github.bitgrain.kernels;

import static io.github.bitgrain.kernels.Lanes.COUNT;
import static io.github.bitgrain.kernels.Lanes.FLOATS;

import jdk.incubator.vector.FloatVector;

/**
 * {@link DepthwiseRows} with a method for each tile, for processors with sixteen vector registers: of nested loops the compiler often makes
 * code there that takes half as long again.
 */
final class FlatDepthwiseRows {
    private FlatDepthwiseRows() {}

    /**
     * {@code count} times four neighbouring outputs of a 3 × 3 kernel.
     *
     * @param topAt where in its row of the source the first output's first column starts; so with middle and bottom
     * @param wOffset nine lines of weights, each of all channels
     */
    static void four(float[] top, int topAt, float[] middle, int middleAt, float[] bottom, int bottomAt, int pixelStep, float[] w,
            int wOffset, int channels, float[] start, float[] y, int yAt, int yStep, int count) {
        for (int i = 0; i < count; i++) {
            int step = i * 4 * pixelStep;
            fourTile(top, topAt + step, middle, middleAt + step, bottom, bottomAt + step, pixelStep, w, wOffset, channels, start, y,
                    yAt + i * 4 * yStep, yStep);
        }
    }

    private static void fourTile(float[] top, int from0, float[] middle, int from1, float[] bottom, int from2, int pixelStep, float[] w,
            int wOffset, int channels, float[] start, float[] y, int to, int yStep) {
        int c = 0;
        do {
            FloatVector first = FloatVector.fromArray(FLOATS, start, c);
            FloatVector s0 = first;
            FloatVector s1 = first;
            FloatVector s2 = first;
            FloatVector s3 = first;
            FloatVector w00 = FloatVector.fromArray(FLOATS, w, wOffset + c);
            FloatVector w01 = FloatVector.fromArray(FLOATS, w, wOffset + c + channels);
            FloatVector w02 = FloatVector.fromArray(FLOATS, w, wOffset + c + 2 * channels);
            FloatVector x00 = FloatVector.fromArray(FLOATS, top, from0 + c);
            s0 = x00.fma(w00, s0);
            FloatVector x01 = FloatVector.fromArray(FLOATS, top, from0 + c + pixelStep);
            s0 = x01.fma(w01, s0);
            s1 = x01.fma(w00, s1);
            FloatVector x02 = FloatVector.fromArray(FLOATS, top, from0 + c + 2 * pixelStep);
            s0 = x02.fma(w02, s0);
            s1 = x02.fma(w01, s1);
            s2 = x02.fma(w00, s2);
            FloatVector x03 = FloatVector.fromArray(FLOATS, top, from0 + c + 3 * pixelStep);
            s1 = x03.fma(w02, s1);
            s2 = x03.fma(w01, s2);
            s3 = x03.fma(w00, s3);
            FloatVector x04 = FloatVector.fromArray(FLOATS, top, from0 + c + 4 * pixelStep);
            s2 = x04.fma(w02, s2);
            s3 = x04.fma(w01, s3);
            FloatVector x05 = FloatVector.fromArray(FLOATS, top, from0 + c + 5 * pixelStep);
            s3 = x05.fma(w02, s3);
            FloatVector w10 = FloatVector.fromArray(FLOATS, w, wOffset + c + 3 * channels);
            FloatVector w11 = FloatVector.fromArray(FLOATS, w, wOffset + c + 4 * channels);
            FloatVector w12 = FloatVector.fromArray(FLOATS, w, wOffset + c + 5 * channels);
            FloatVector x10 = FloatVector.fromArray(FLOATS, middle, from1 + c);
            s0 = x10.fma(w10, s0);
            FloatVector x11 = FloatVector.fromArray(FLOATS, middle, from1 + c + pixelStep);
            s0 = x11.fma(w11, s0);
            s1 = x11.fma(w10, s1);
            FloatVector x12 = FloatVector.fromArray(FLOATS, middle, from1 + c + 2 * pixelStep);
            s0 = x12.fma(w12, s0);
            s1 = x12.fma(w11, s1);
            s2 = x12.fma(w10, s2);
            FloatVector x13 = FloatVector.fromArray(FLOATS, middle, from1 + c + 3 * pixelStep);
            s1 = x13.fma(w12, s1);
            s2 = x13.fma(w11, s2);
            s3 = x13.fma(w10, s3);
            FloatVector x14 = FloatVector.fromArray(FLOATS, middle, from1 + c + 4 * pixelStep);
            s2 = x14.fma(w12, s2);
            s3 = x14.fma(w11, s3);
            FloatVector x15 = FloatVector.fromArray(FLOATS, middle, from1 + c + 5 * pixelStep);
            s3 = x15.fma(w12, s3);
            FloatVector w20 = FloatVector.fromArray(FLOATS, w, wOffset + c + 6 * channels);
            FloatVector w21 = FloatVector.fromArray(FLOATS, w, wOffset + c + 7 * channels);
            FloatVector w22 = FloatVector.fromArray(FLOATS, w, wOffset + c + 8 * channels);
            FloatVector x20 = FloatVector.fromArray(FLOATS, bottom, from2 + c);
            s0 = x20.fma(w20, s0);
            FloatVector x21 = FloatVector.fromArray(FLOATS, bottom, from2 + c + pixelStep);
            s0 = x21.fma(w21, s0);
            s1 = x21.fma(w20, s1);
            FloatVector x22 = FloatVector.fromArray(FLOATS, bottom, from2 + c + 2 * pixelStep);
            s0 = x22.fma(w22, s0);
            s1 = x22.fma(w21, s1);
            s2 = x22.fma(w20, s2);
            FloatVector x23 = FloatVector.fromArray(FLOATS, bottom, from2 + c + 3 * pixelStep);
            s1 = x23.fma(w22, s1);
            s2 = x23.fma(w21, s2);
            s3 = x23.fma(w20, s3);
            FloatVector x24 = FloatVector.fromArray(FLOATS, bottom, from2 + c + 4 * pixelStep);
            s2 = x24.fma(w22, s2);
            s3 = x24.fma(w21, s3);
            FloatVector x25 = FloatVector.fromArray(FLOATS, bottom, from2 + c + 5 * pixelStep);
            s3 = x25.fma(w22, s3);
            s0.intoArray(y, to + c);
            s1.intoArray(y, to + c + yStep);
            s2.intoArray(y, to + c + 2 * yStep);
            s3.intoArray(y, to + c + 3 * yStep);
            c += COUNT;
        } while (c < channels);
    }

    /** The same, where the first column lies beyond the border. */
    static void fourLeft(float[] top, int topAt, float[] middle, int middleAt, float[] bottom, int bottomAt, int pixelStep, float[] w,
            int wOffset, int channels, float[] start, float[] y, int yAt, int yStep, int count) {
        for (int i = 0; i < count; i++) {
            int step = i * 4 * pixelStep;
            fourLeftTile(top, topAt + step, middle, middleAt + step, bottom, bottomAt + step, pixelStep, w, wOffset, channels, start, y,
                    yAt + i * 4 * yStep, yStep);
        }
    }

    private static void fourLeftTile(float[] top, int from0, float[] middle, int from1, float[] bottom, int from2, int pixelStep, float[] w,
            int wOffset, int channels, float[] start, float[] y, int to, int yStep) {
        int c = 0;
        do {
            FloatVector first = FloatVector.fromArray(FLOATS, start, c);
            FloatVector s0 = first;
            FloatVector s1 = first;
            FloatVector s2 = first;
            FloatVector s3 = first;
            FloatVector w00 = FloatVector.fromArray(FLOATS, w, wOffset + c);
            FloatVector w01 = FloatVector.fromArray(FLOATS, w, wOffset + c + channels);
            FloatVector w02 = FloatVector.fromArray(FLOATS, w, wOffset + c + 2 * channels);
            FloatVector x01 = FloatVector.fromArray(FLOATS, top, from0 + c + pixelStep);
            s0 = x01.fma(w01, s0);
            s1 = x01.fma(w00, s1);
            FloatVector x02 = FloatVector.fromArray(FLOATS, top, from0 + c + 2 * pixelStep);
            s0 = x02.fma(w02, s0);
            s1 = x02.fma(w01, s1);
            s2 = x02.fma(w00, s2);
            FloatVector x03 = FloatVector.fromArray(FLOATS, top, from0 + c + 3 * pixelStep);
            s1 = x03.fma(w02, s1);
            s2 = x03.fma(w01, s2);
            s3 = x03.fma(w00, s3);
            FloatVector x04 = FloatVector.fromArray(FLOATS, top, from0 + c + 4 * pixelStep);
            s2 = x04.fma(w02, s2);
            s3 = x04.fma(w01, s3);
            FloatVector x05 = FloatVector.fromArray(FLOATS, top, from0 + c + 5 * pixelStep);
            s3 = x05.fma(w02, s3);
            FloatVector w10 = FloatVector.fromArray(FLOATS, w, wOffset + c + 3 * channels);
            FloatVector w11 = FloatVector.fromArray(FLOATS, w, wOffset + c + 4 * channels);
            FloatVector w12 = FloatVector.fromArray(FLOATS, w, wOffset + c + 5 * channels);
            FloatVector x11 = FloatVector.fromArray(FLOATS, middle, from1 + c + pixelStep);
            s0 = x11.fma(w11, s0);
            s1 = x11.fma(w10, s1);
            FloatVector x12 = FloatVector.fromArray(FLOATS, middle, from1 + c + 2 * pixelStep);
            s0 = x12.fma(w12, s0);
            s1 = x12.fma(w11, s1);
            s2 = x12.fma(w10, s2);
            FloatVector x13 = FloatVector.fromArray(FLOATS, middle, from1 + c + 3 * pixelStep);
            s1 = x13.fma(w12, s1);
            s2 = x13.fma(w11, s2);
            s3 = x13.fma(w10, s3);
            FloatVector x14 = FloatVector.fromArray(FLOATS, middle, from1 + c + 4 * pixelStep);
            s2 = x14.fma(w12, s2);
            s3 = x14.fma(w11, s3);
            FloatVector x15 = FloatVector.fromArray(FLOATS, middle, from1 + c + 5 * pixelStep);
            s3 = x15.fma(w12, s3);
            FloatVector w20 = FloatVector.fromArray(FLOATS, w, wOffset + c + 6 * channels);
            FloatVector w21 = FloatVector.fromArray(FLOATS, w, wOffset + c + 7 * channels);
            FloatVector w22 = FloatVector.fromArray(FLOATS, w, wOffset + c + 8 * channels);
            FloatVector x21 = FloatVector.fromArray(FLOATS, bottom, from2 + c + pixelStep);
            s0 = x21.fma(w21, s0);
            s1 = x21.fma(w20, s1);
            FloatVector x22 = FloatVector.fromArray(FLOATS, bottom, from2 + c + 2 * pixelStep);
            s0 = x22.fma(w22, s0);
            s1 = x22.fma(w21, s1);
            s2 = x22.fma(w20, s2);
            FloatVector x23 = FloatVector.fromArray(FLOATS, bottom, from2 + c + 3 * pixelStep);
            s1 = x23.fma(w22, s1);
            s2 = x23.fma(w21, s2);
            s3 = x23.fma(w20, s3);
            FloatVector x24 = FloatVector.fromArray(FLOATS, bottom, from2 + c + 4 * pixelStep);
            s2 = x24.fma(w22, s2);
            s3 = x24.fma(w21, s3);
            FloatVector x25 = FloatVector.fromArray(FLOATS, bottom, from2 + c + 5 * pixelStep);
            s3 = x25.fma(w22, s3);
            s0.intoArray(y, to + c);
            s1.intoArray(y, to + c + yStep);
            s2.intoArray(y, to + c + 2 * yStep);
            s3.intoArray(y, to + c + 3 * yStep);
            c += COUNT;
        } while (c < channels);
    }

    /** The same, where the last column lies beyond the border. */
    static void fourRight(float[] top, int topAt, float[] middle, int middleAt, float[] bottom, int bottomAt, int pixelStep, float[] w,
            int wOffset, int channels, float[] start, float[] y, int yAt, int yStep, int count) {
        for (int i = 0; i < count; i++) {
            int step = i * 4 * pixelStep;
            fourRightTile(top, topAt + step, middle, middleAt + step, bottom, bottomAt + step, pixelStep, w, wOffset, channels, start, y,
                    yAt + i * 4 * yStep, yStep);
        }
    }

    private static void fourRightTile(float[] top, int from0, float[] middle, int from1, float[] bottom, int from2, int pixelStep, float[] w,
            int wOffset, int channels, float[] start, float[] y, int to, int yStep) {
        int c = 0;
        do {
            FloatVector first = FloatVector.fromArray(FLOATS, start, c);
            FloatVector s0 = first;
            FloatVector s1 = first;
            FloatVector s2 = first;
            FloatVector s3 = first;
            FloatVector w00 = FloatVector.fromArray(FLOATS, w, wOffset + c);
            FloatVector w01 = FloatVector.fromArray(FLOATS, w, wOffset + c + channels);
            FloatVector w02 = FloatVector.fromArray(FLOATS, w, wOffset + c + 2 * channels);
            FloatVector x00 = FloatVector.fromArray(FLOATS, top, from0 + c);
            s0 = x00.fma(w00, s0);
            FloatVector x01 = FloatVector.fromArray(FLOATS, top, from0 + c + pixelStep);
            s0 = x01.fma(w01, s0);
            s1 = x01.fma(w00, s1);
            FloatVector x02 = FloatVector.fromArray(FLOATS, top, from0 + c + 2 * pixelStep);
            s0 = x02.fma(w02, s0);
            s1 = x02.fma(w01, s1);
            s2 = x02.fma(w00, s2);
            FloatVector x03 = FloatVector.fromArray(FLOATS, top, from0 + c + 3 * pixelStep);
            s1 = x03.fma(w02, s1);
            s2 = x03.fma(w01, s2);
            s3 = x03.fma(w00, s3);
            FloatVector x04 = FloatVector.fromArray(FLOATS, top, from0 + c + 4 * pixelStep);
            s2 = x04.fma(w02, s2);
            s3 = x04.fma(w01, s3);
            FloatVector w10 = FloatVector.fromArray(FLOATS, w, wOffset + c + 3 * channels);
            FloatVector w11 = FloatVector.fromArray(FLOATS, w, wOffset + c + 4 * channels);
            FloatVector w12 = FloatVector.fromArray(FLOATS, w, wOffset + c + 5 * channels);
            FloatVector x10 = FloatVector.fromArray(FLOATS, middle, from1 + c);
            s0 = x10.fma(w10, s0);
            FloatVector x11 = FloatVector.fromArray(FLOATS, middle, from1 + c + pixelStep);
            s0 = x11.fma(w11, s0);
            s1 = x11.fma(w10, s1);
            FloatVector x12 = FloatVector.fromArray(FLOATS, middle, from1 + c + 2 * pixelStep);
            s0 = x12.fma(w12, s0);
            s1 = x12.fma(w11, s1);
            s2 = x12.fma(w10, s2);
            FloatVector x13 = FloatVector.fromArray(FLOATS, middle, from1 + c + 3 * pixelStep);
            s1 = x13.fma(w12, s1);
            s2 = x13.fma(w11, s2);
            s3 = x13.fma(w10, s3);
            FloatVector x14 = FloatVector.fromArray(FLOATS, middle, from1 + c + 4 * pixelStep);
            s2 = x14.fma(w12, s2);
            s3 = x14.fma(w11, s3);
            FloatVector w20 = FloatVector.fromArray(FLOATS, w, wOffset + c + 6 * channels);
            FloatVector w21 = FloatVector.fromArray(FLOATS, w, wOffset + c + 7 * channels);
            FloatVector w22 = FloatVector.fromArray(FLOATS, w, wOffset + c + 8 * channels);
            FloatVector x20 = FloatVector.fromArray(FLOATS, bottom, from2 + c);
            s0 = x20.fma(w20, s0);
            FloatVector x21 = FloatVector.fromArray(FLOATS, bottom, from2 + c + pixelStep);
            s0 = x21.fma(w21, s0);
            s1 = x21.fma(w20, s1);
            FloatVector x22 = FloatVector.fromArray(FLOATS, bottom, from2 + c + 2 * pixelStep);
            s0 = x22.fma(w22, s0);
            s1 = x22.fma(w21, s1);
            s2 = x22.fma(w20, s2);
            FloatVector x23 = FloatVector.fromArray(FLOATS, bottom, from2 + c + 3 * pixelStep);
            s1 = x23.fma(w22, s1);
            s2 = x23.fma(w21, s2);
            s3 = x23.fma(w20, s3);
            FloatVector x24 = FloatVector.fromArray(FLOATS, bottom, from2 + c + 4 * pixelStep);
            s2 = x24.fma(w22, s2);
            s3 = x24.fma(w21, s3);
            s0.intoArray(y, to + c);
            s1.intoArray(y, to + c + yStep);
            s2.intoArray(y, to + c + 2 * yStep);
            s3.intoArray(y, to + c + 3 * yStep);
            c += COUNT;
        } while (c < channels);
    }

    /** The same, with step 2. */
    static void fourStrided(float[] top, int topAt, float[] middle, int middleAt, float[] bottom, int bottomAt, int pixelStep, float[] w,
            int wOffset, int channels, float[] start, float[] y, int yAt, int yStep, int count) {
        for (int i = 0; i < count; i++) {
            int step = i * 8 * pixelStep;
            fourStridedTile(top, topAt + step, middle, middleAt + step, bottom, bottomAt + step, pixelStep, w, wOffset, channels, start, y,
                    yAt + i * 4 * yStep, yStep);
        }
    }

    private static void fourStridedTile(float[] top, int from0, float[] middle, int from1, float[] bottom, int from2, int pixelStep, float[] w,
            int wOffset, int channels, float[] start, float[] y, int to, int yStep) {
        int c = 0;
        do {
            FloatVector first = FloatVector.fromArray(FLOATS, start, c);
            FloatVector s0 = first;
            FloatVector s1 = first;
            FloatVector s2 = first;
            FloatVector s3 = first;
            FloatVector w00 = FloatVector.fromArray(FLOATS, w, wOffset + c);
            FloatVector w01 = FloatVector.fromArray(FLOATS, w, wOffset + c + channels);
            FloatVector w02 = FloatVector.fromArray(FLOATS, w, wOffset + c + 2 * channels);
            FloatVector x00 = FloatVector.fromArray(FLOATS, top, from0 + c);
            s0 = x00.fma(w00, s0);
            FloatVector x01 = FloatVector.fromArray(FLOATS, top, from0 + c + pixelStep);
            s0 = x01.fma(w01, s0);
            FloatVector x02 = FloatVector.fromArray(FLOATS, top, from0 + c + 2 * pixelStep);
            s0 = x02.fma(w02, s0);
            s1 = x02.fma(w00, s1);
            FloatVector x03 = FloatVector.fromArray(FLOATS, top, from0 + c + 3 * pixelStep);
            s1 = x03.fma(w01, s1);
            FloatVector x04 = FloatVector.fromArray(FLOATS, top, from0 + c + 4 * pixelStep);
            s1 = x04.fma(w02, s1);
            s2 = x04.fma(w00, s2);
            FloatVector x05 = FloatVector.fromArray(FLOATS, top, from0 + c + 5 * pixelStep);
            s2 = x05.fma(w01, s2);
            FloatVector x06 = FloatVector.fromArray(FLOATS, top, from0 + c + 6 * pixelStep);
            s2 = x06.fma(w02, s2);
            s3 = x06.fma(w00, s3);
            FloatVector x07 = FloatVector.fromArray(FLOATS, top, from0 + c + 7 * pixelStep);
            s3 = x07.fma(w01, s3);
            FloatVector x08 = FloatVector.fromArray(FLOATS, top, from0 + c + 8 * pixelStep);
            s3 = x08.fma(w02, s3);
            FloatVector w10 = FloatVector.fromArray(FLOATS, w, wOffset + c + 3 * channels);
            FloatVector w11 = FloatVector.fromArray(FLOATS, w, wOffset + c + 4 * channels);
            FloatVector w12 = FloatVector.fromArray(FLOATS, w, wOffset + c + 5 * channels);
            FloatVector x10 = FloatVector.fromArray(FLOATS, middle, from1 + c);
            s0 = x10.fma(w10, s0);
            FloatVector x11 = FloatVector.fromArray(FLOATS, middle, from1 + c + pixelStep);
            s0 = x11.fma(w11, s0);
            FloatVector x12 = FloatVector.fromArray(FLOATS, middle, from1 + c + 2 * pixelStep);
            s0 = x12.fma(w12, s0);
            s1 = x12.fma(w10, s1);
            FloatVector x13 = FloatVector.fromArray(FLOATS, middle, from1 + c + 3 * pixelStep);
            s1 = x13.fma(w11, s1);
            FloatVector x14 = FloatVector.fromArray(FLOATS, middle, from1 + c + 4 * pixelStep);
            s1 = x14.fma(w12, s1);
            s2 = x14.fma(w10, s2);
            FloatVector x15 = FloatVector.fromArray(FLOATS, middle, from1 + c + 5 * pixelStep);
            s2 = x15.fma(w11, s2);
            FloatVector x16 = FloatVector.fromArray(FLOATS, middle, from1 + c + 6 * pixelStep);
            s2 = x16.fma(w12, s2);
            s3 = x16.fma(w10, s3);
            FloatVector x17 = FloatVector.fromArray(FLOATS, middle, from1 + c + 7 * pixelStep);
            s3 = x17.fma(w11, s3);
            FloatVector x18 = FloatVector.fromArray(FLOATS, middle, from1 + c + 8 * pixelStep);
            s3 = x18.fma(w12, s3);
            FloatVector w20 = FloatVector.fromArray(FLOATS, w, wOffset + c + 6 * channels);
            FloatVector w21 = FloatVector.fromArray(FLOATS, w, wOffset + c + 7 * channels);
            FloatVector w22 = FloatVector.fromArray(FLOATS, w, wOffset + c + 8 * channels);
            FloatVector x20 = FloatVector.fromArray(FLOATS, bottom, from2 + c);
            s0 = x20.fma(w20, s0);
            FloatVector x21 = FloatVector.fromArray(FLOATS, bottom, from2 + c + pixelStep);
            s0 = x21.fma(w21, s0);
            FloatVector x22 = FloatVector.fromArray(FLOATS, bottom, from2 + c + 2 * pixelStep);
            s0 = x22.fma(w22, s0);
            s1 = x22.fma(w20, s1);
            FloatVector x23 = FloatVector.fromArray(FLOATS, bottom, from2 + c + 3 * pixelStep);
            s1 = x23.fma(w21, s1);
            FloatVector x24 = FloatVector.fromArray(FLOATS, bottom, from2 + c + 4 * pixelStep);
            s1 = x24.fma(w22, s1);
            s2 = x24.fma(w20, s2);
            FloatVector x25 = FloatVector.fromArray(FLOATS, bottom, from2 + c + 5 * pixelStep);
            s2 = x25.fma(w21, s2);
            FloatVector x26 = FloatVector.fromArray(FLOATS, bottom, from2 + c + 6 * pixelStep);
            s2 = x26.fma(w22, s2);
            s3 = x26.fma(w20, s3);
            FloatVector x27 = FloatVector.fromArray(FLOATS, bottom, from2 + c + 7 * pixelStep);
            s3 = x27.fma(w21, s3);
            FloatVector x28 = FloatVector.fromArray(FLOATS, bottom, from2 + c + 8 * pixelStep);
            s3 = x28.fma(w22, s3);
            s0.intoArray(y, to + c);
            s1.intoArray(y, to + c + yStep);
            s2.intoArray(y, to + c + 2 * yStep);
            s3.intoArray(y, to + c + 3 * yStep);
            c += COUNT;
        } while (c < channels);
    }

    /** The same, with step 2, where the first column lies beyond the border. */
    static void fourStridedLeft(float[] top, int topAt, float[] middle, int middleAt, float[] bottom, int bottomAt, int pixelStep, float[] w,
            int wOffset, int channels, float[] start, float[] y, int yAt, int yStep, int count) {
        for (int i = 0; i < count; i++) {
            int step = i * 8 * pixelStep;
            fourStridedLeftTile(top, topAt + step, middle, middleAt + step, bottom, bottomAt + step, pixelStep, w, wOffset, channels, start, y,
                    yAt + i * 4 * yStep, yStep);
        }
    }

    private static void fourStridedLeftTile(float[] top, int from0, float[] middle, int from1, float[] bottom, int from2, int pixelStep, float[] w,
            int wOffset, int channels, float[] start, float[] y, int to, int yStep) {
        int c = 0;
        do {
            FloatVector first = FloatVector.fromArray(FLOATS, start, c);
            FloatVector s0 = first;
            FloatVector s1 = first;
            FloatVector s2 = first;
            FloatVector s3 = first;
            FloatVector w00 = FloatVector.fromArray(FLOATS, w, wOffset + c);
            FloatVector w01 = FloatVector.fromArray(FLOATS, w, wOffset + c + channels);
            FloatVector w02 = FloatVector.fromArray(FLOATS, w, wOffset + c + 2 * channels);
            FloatVector x01 = FloatVector.fromArray(FLOATS, top, from0 + c + pixelStep);
            s0 = x01.fma(w01, s0);
            FloatVector x02 = FloatVector.fromArray(FLOATS, top, from0 + c + 2 * pixelStep);
            s0 = x02.fma(w02, s0);
            s1 = x02.fma(w00, s1);
            FloatVector x03 = FloatVector.fromArray(FLOATS, top, from0 + c + 3 * pixelStep);
            s1 = x03.fma(w01, s1);
            FloatVector x04 = FloatVector.fromArray(FLOATS, top, from0 + c + 4 * pixelStep);
            s1 = x04.fma(w02, s1);
            s2 = x04.fma(w00, s2);
            FloatVector x05 = FloatVector.fromArray(FLOATS, top, from0 + c + 5 * pixelStep);
            s2 = x05.fma(w01, s2);
            FloatVector x06 = FloatVector.fromArray(FLOATS, top, from0 + c + 6 * pixelStep);
            s2 = x06.fma(w02, s2);
            s3 = x06.fma(w00, s3);
            FloatVector x07 = FloatVector.fromArray(FLOATS, top, from0 + c + 7 * pixelStep);
            s3 = x07.fma(w01, s3);
            FloatVector x08 = FloatVector.fromArray(FLOATS, top, from0 + c + 8 * pixelStep);
            s3 = x08.fma(w02, s3);
            FloatVector w10 = FloatVector.fromArray(FLOATS, w, wOffset + c + 3 * channels);
            FloatVector w11 = FloatVector.fromArray(FLOATS, w, wOffset + c + 4 * channels);
            FloatVector w12 = FloatVector.fromArray(FLOATS, w, wOffset + c + 5 * channels);
            FloatVector x11 = FloatVector.fromArray(FLOATS, middle, from1 + c + pixelStep);
            s0 = x11.fma(w11, s0);
            FloatVector x12 = FloatVector.fromArray(FLOATS, middle, from1 + c + 2 * pixelStep);
            s0 = x12.fma(w12, s0);
            s1 = x12.fma(w10, s1);
            FloatVector x13 = FloatVector.fromArray(FLOATS, middle, from1 + c + 3 * pixelStep);
            s1 = x13.fma(w11, s1);
            FloatVector x14 = FloatVector.fromArray(FLOATS, middle, from1 + c + 4 * pixelStep);
            s1 = x14.fma(w12, s1);
            s2 = x14.fma(w10, s2);
            FloatVector x15 = FloatVector.fromArray(FLOATS, middle, from1 + c + 5 * pixelStep);
            s2 = x15.fma(w11, s2);
            FloatVector x16 = FloatVector.fromArray(FLOATS, middle, from1 + c + 6 * pixelStep);
            s2 = x16.fma(w12, s2);
            s3 = x16.fma(w10, s3);
            FloatVector x17 = FloatVector.fromArray(FLOATS, middle, from1 + c + 7 * pixelStep);
            s3 = x17.fma(w11, s3);
            FloatVector x18 = FloatVector.fromArray(FLOATS, middle, from1 + c + 8 * pixelStep);
            s3 = x18.fma(w12, s3);
            FloatVector w20 = FloatVector.fromArray(FLOATS, w, wOffset + c + 6 * channels);
            FloatVector w21 = FloatVector.fromArray(FLOATS, w, wOffset + c + 7 * channels);
            FloatVector w22 = FloatVector.fromArray(FLOATS, w, wOffset + c + 8 * channels);
            FloatVector x21 = FloatVector.fromArray(FLOATS, bottom, from2 + c + pixelStep);
            s0 = x21.fma(w21, s0);
            FloatVector x22 = FloatVector.fromArray(FLOATS, bottom, from2 + c + 2 * pixelStep);
            s0 = x22.fma(w22, s0);
            s1 = x22.fma(w20, s1);
            FloatVector x23 = FloatVector.fromArray(FLOATS, bottom, from2 + c + 3 * pixelStep);
            s1 = x23.fma(w21, s1);
            FloatVector x24 = FloatVector.fromArray(FLOATS, bottom, from2 + c + 4 * pixelStep);
            s1 = x24.fma(w22, s1);
            s2 = x24.fma(w20, s2);
            FloatVector x25 = FloatVector.fromArray(FLOATS, bottom, from2 + c + 5 * pixelStep);
            s2 = x25.fma(w21, s2);
            FloatVector x26 = FloatVector.fromArray(FLOATS, bottom, from2 + c + 6 * pixelStep);
            s2 = x26.fma(w22, s2);
            s3 = x26.fma(w20, s3);
            FloatVector x27 = FloatVector.fromArray(FLOATS, bottom, from2 + c + 7 * pixelStep);
            s3 = x27.fma(w21, s3);
            FloatVector x28 = FloatVector.fromArray(FLOATS, bottom, from2 + c + 8 * pixelStep);
            s3 = x28.fma(w22, s3);
            s0.intoArray(y, to + c);
            s1.intoArray(y, to + c + yStep);
            s2.intoArray(y, to + c + 2 * yStep);
            s3.intoArray(y, to + c + 3 * yStep);
            c += COUNT;
        } while (c < channels);
    }

    /** The same, with step 2, where the last column lies beyond the border. */
    static void fourStridedRight(float[] top, int topAt, float[] middle, int middleAt, float[] bottom, int bottomAt, int pixelStep, float[] w,
            int wOffset, int channels, float[] start, float[] y, int yAt, int yStep, int count) {
        for (int i = 0; i < count; i++) {
            int step = i * 8 * pixelStep;
            fourStridedRightTile(top, topAt + step, middle, middleAt + step, bottom, bottomAt + step, pixelStep, w, wOffset, channels, start, y,
                    yAt + i * 4 * yStep, yStep);
        }
    }

    private static void fourStridedRightTile(float[] top, int from0, float[] middle, int from1, float[] bottom, int from2, int pixelStep, float[] w,
            int wOffset, int channels, float[] start, float[] y, int to, int yStep) {
        int c = 0;
        do {
            FloatVector first = FloatVector.fromArray(FLOATS, start, c);
            FloatVector s0 = first;
            FloatVector s1 = first;
            FloatVector s2 = first;
            FloatVector s3 = first;
            FloatVector w00 = FloatVector.fromArray(FLOATS, w, wOffset + c);
            FloatVector w01 = FloatVector.fromArray(FLOATS, w, wOffset + c + channels);
            FloatVector w02 = FloatVector.fromArray(FLOATS, w, wOffset + c + 2 * channels);
            FloatVector x00 = FloatVector.fromArray(FLOATS, top, from0 + c);
            s0 = x00.fma(w00, s0);
            FloatVector x01 = FloatVector.fromArray(FLOATS, top, from0 + c + pixelStep);
            s0 = x01.fma(w01, s0);
            FloatVector x02 = FloatVector.fromArray(FLOATS, top, from0 + c + 2 * pixelStep);
            s0 = x02.fma(w02, s0);
            s1 = x02.fma(w00, s1);
            FloatVector x03 = FloatVector.fromArray(FLOATS, top, from0 + c + 3 * pixelStep);
            s1 = x03.fma(w01, s1);
            FloatVector x04 = FloatVector.fromArray(FLOATS, top, from0 + c + 4 * pixelStep);
            s1 = x04.fma(w02, s1);
            s2 = x04.fma(w00, s2);
            FloatVector x05 = FloatVector.fromArray(FLOATS, top, from0 + c + 5 * pixelStep);
            s2 = x05.fma(w01, s2);
            FloatVector x06 = FloatVector.fromArray(FLOATS, top, from0 + c + 6 * pixelStep);
            s2 = x06.fma(w02, s2);
            s3 = x06.fma(w00, s3);
            FloatVector x07 = FloatVector.fromArray(FLOATS, top, from0 + c + 7 * pixelStep);
            s3 = x07.fma(w01, s3);
            FloatVector w10 = FloatVector.fromArray(FLOATS, w, wOffset + c + 3 * channels);
            FloatVector w11 = FloatVector.fromArray(FLOATS, w, wOffset + c + 4 * channels);
            FloatVector w12 = FloatVector.fromArray(FLOATS, w, wOffset + c + 5 * channels);
            FloatVector x10 = FloatVector.fromArray(FLOATS, middle, from1 + c);
            s0 = x10.fma(w10, s0);
            FloatVector x11 = FloatVector.fromArray(FLOATS, middle, from1 + c + pixelStep);
            s0 = x11.fma(w11, s0);
            FloatVector x12 = FloatVector.fromArray(FLOATS, middle, from1 + c + 2 * pixelStep);
            s0 = x12.fma(w12, s0);
            s1 = x12.fma(w10, s1);
            FloatVector x13 = FloatVector.fromArray(FLOATS, middle, from1 + c + 3 * pixelStep);
            s1 = x13.fma(w11, s1);
            FloatVector x14 = FloatVector.fromArray(FLOATS, middle, from1 + c + 4 * pixelStep);
            s1 = x14.fma(w12, s1);
            s2 = x14.fma(w10, s2);
            FloatVector x15 = FloatVector.fromArray(FLOATS, middle, from1 + c + 5 * pixelStep);
            s2 = x15.fma(w11, s2);
            FloatVector x16 = FloatVector.fromArray(FLOATS, middle, from1 + c + 6 * pixelStep);
            s2 = x16.fma(w12, s2);
            s3 = x16.fma(w10, s3);
            FloatVector x17 = FloatVector.fromArray(FLOATS, middle, from1 + c + 7 * pixelStep);
            s3 = x17.fma(w11, s3);
            FloatVector w20 = FloatVector.fromArray(FLOATS, w, wOffset + c + 6 * channels);
            FloatVector w21 = FloatVector.fromArray(FLOATS, w, wOffset + c + 7 * channels);
            FloatVector w22 = FloatVector.fromArray(FLOATS, w, wOffset + c + 8 * channels);
            FloatVector x20 = FloatVector.fromArray(FLOATS, bottom, from2 + c);
            s0 = x20.fma(w20, s0);
            FloatVector x21 = FloatVector.fromArray(FLOATS, bottom, from2 + c + pixelStep);
            s0 = x21.fma(w21, s0);
            FloatVector x22 = FloatVector.fromArray(FLOATS, bottom, from2 + c + 2 * pixelStep);
            s0 = x22.fma(w22, s0);
            s1 = x22.fma(w20, s1);
            FloatVector x23 = FloatVector.fromArray(FLOATS, bottom, from2 + c + 3 * pixelStep);
            s1 = x23.fma(w21, s1);
            FloatVector x24 = FloatVector.fromArray(FLOATS, bottom, from2 + c + 4 * pixelStep);
            s1 = x24.fma(w22, s1);
            s2 = x24.fma(w20, s2);
            FloatVector x25 = FloatVector.fromArray(FLOATS, bottom, from2 + c + 5 * pixelStep);
            s2 = x25.fma(w21, s2);
            FloatVector x26 = FloatVector.fromArray(FLOATS, bottom, from2 + c + 6 * pixelStep);
            s2 = x26.fma(w22, s2);
            s3 = x26.fma(w20, s3);
            FloatVector x27 = FloatVector.fromArray(FLOATS, bottom, from2 + c + 7 * pixelStep);
            s3 = x27.fma(w21, s3);
            s0.intoArray(y, to + c);
            s1.intoArray(y, to + c + yStep);
            s2.intoArray(y, to + c + 2 * yStep);
            s3.intoArray(y, to + c + 3 * yStep);
            c += COUNT;
        } while (c < channels);
    }
}
