// Written by TileGenerator, which is to be changed in its place.
package io.github.bitgrain.kernels;

import static io.github.bitgrain.kernels.Lanes.COUNT;
import static io.github.bitgrain.kernels.Lanes.FLOATS;

import jdk.incubator.vector.FloatVector;

/**
 * The innermost loops of depthwise convolutions with many channels: four outputs that follow each other in a row, channel by channel, so
 * that memory is read and written in order. Products are added in the order of the taps.
 */
final class DepthwiseRows {
    private DepthwiseRows() {}

    /**
     * {@code count} times four neighbouring outputs of a 3 × 3 kernel.
     *
     * @param topAt where in its row of the source the first output's first column starts; so with middle and bottom
     * @param wOffset nine lines of weights, each of all channels
     */
    static void four(float[] top, int topAt, float[] middle, int middleAt, float[] bottom, int bottomAt, int pixelStep, float[] w,
            int wOffset, int channels, float[] start, float[] y, int yAt, int yStep, int count) {
        for (int i = 0; i < count; i++) {
            int from0 = topAt + i * 4 * pixelStep;
            int from1 = middleAt + i * 4 * pixelStep;
            int from2 = bottomAt + i * 4 * pixelStep;
            int to = yAt + i * 4 * yStep;
            for (int c = 0; c < channels; c += COUNT) {
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
            }
        }
    }

    /** The same, where the first column lies beyond the border. */
    static void fourLeft(float[] top, int topAt, float[] middle, int middleAt, float[] bottom, int bottomAt, int pixelStep, float[] w,
            int wOffset, int channels, float[] start, float[] y, int yAt, int yStep, int count) {
        for (int i = 0; i < count; i++) {
            int from0 = topAt + i * 4 * pixelStep;
            int from1 = middleAt + i * 4 * pixelStep;
            int from2 = bottomAt + i * 4 * pixelStep;
            int to = yAt + i * 4 * yStep;
            for (int c = 0; c < channels; c += COUNT) {
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
            }
        }
    }

    /** The same, where the last column lies beyond the border. */
    static void fourRight(float[] top, int topAt, float[] middle, int middleAt, float[] bottom, int bottomAt, int pixelStep, float[] w,
            int wOffset, int channels, float[] start, float[] y, int yAt, int yStep, int count) {
        for (int i = 0; i < count; i++) {
            int from0 = topAt + i * 4 * pixelStep;
            int from1 = middleAt + i * 4 * pixelStep;
            int from2 = bottomAt + i * 4 * pixelStep;
            int to = yAt + i * 4 * yStep;
            for (int c = 0; c < channels; c += COUNT) {
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
            }
        }
    }

    /**
     * The weight gradient of {@code count} times four neighbouring outputs of a 3 × 3 kernel.
     *
     * @param sums nine lines of all channels, added to
     */
    static void fourGradient(float[] top, int topAt, float[] middle, int middleAt, float[] bottom, int bottomAt, int pixelStep, float[] dy,
            int dyAt, int dyStep, int channels, float[] sums, int count) {
        for (int i = 0; i < count; i++) {
            int from0 = topAt + i * 4 * pixelStep;
            int from1 = middleAt + i * 4 * pixelStep;
            int from2 = bottomAt + i * 4 * pixelStep;
            int from = dyAt + i * 4 * dyStep;
            for (int c = 0; c < channels; c += COUNT) {
                FloatVector g0 = FloatVector.fromArray(FLOATS, dy, from + c);
                FloatVector g1 = FloatVector.fromArray(FLOATS, dy, from + c + dyStep);
                FloatVector g2 = FloatVector.fromArray(FLOATS, dy, from + c + 2 * dyStep);
                FloatVector g3 = FloatVector.fromArray(FLOATS, dy, from + c + 3 * dyStep);
                FloatVector s00 = FloatVector.fromArray(FLOATS, sums, c);
                FloatVector s01 = FloatVector.fromArray(FLOATS, sums, c + channels);
                FloatVector s02 = FloatVector.fromArray(FLOATS, sums, c + 2 * channels);
                FloatVector x00 = FloatVector.fromArray(FLOATS, top, from0 + c);
                s00 = x00.fma(g0, s00);
                FloatVector x01 = FloatVector.fromArray(FLOATS, top, from0 + c + pixelStep);
                s01 = x01.fma(g0, s01);
                s00 = x01.fma(g1, s00);
                FloatVector x02 = FloatVector.fromArray(FLOATS, top, from0 + c + 2 * pixelStep);
                s02 = x02.fma(g0, s02);
                s01 = x02.fma(g1, s01);
                s00 = x02.fma(g2, s00);
                FloatVector x03 = FloatVector.fromArray(FLOATS, top, from0 + c + 3 * pixelStep);
                s02 = x03.fma(g1, s02);
                s01 = x03.fma(g2, s01);
                s00 = x03.fma(g3, s00);
                FloatVector x04 = FloatVector.fromArray(FLOATS, top, from0 + c + 4 * pixelStep);
                s02 = x04.fma(g2, s02);
                s01 = x04.fma(g3, s01);
                FloatVector x05 = FloatVector.fromArray(FLOATS, top, from0 + c + 5 * pixelStep);
                s02 = x05.fma(g3, s02);
                s00.intoArray(sums, c);
                s01.intoArray(sums, c + channels);
                s02.intoArray(sums, c + 2 * channels);
                FloatVector s10 = FloatVector.fromArray(FLOATS, sums, c + 3 * channels);
                FloatVector s11 = FloatVector.fromArray(FLOATS, sums, c + 4 * channels);
                FloatVector s12 = FloatVector.fromArray(FLOATS, sums, c + 5 * channels);
                FloatVector x10 = FloatVector.fromArray(FLOATS, middle, from1 + c);
                s10 = x10.fma(g0, s10);
                FloatVector x11 = FloatVector.fromArray(FLOATS, middle, from1 + c + pixelStep);
                s11 = x11.fma(g0, s11);
                s10 = x11.fma(g1, s10);
                FloatVector x12 = FloatVector.fromArray(FLOATS, middle, from1 + c + 2 * pixelStep);
                s12 = x12.fma(g0, s12);
                s11 = x12.fma(g1, s11);
                s10 = x12.fma(g2, s10);
                FloatVector x13 = FloatVector.fromArray(FLOATS, middle, from1 + c + 3 * pixelStep);
                s12 = x13.fma(g1, s12);
                s11 = x13.fma(g2, s11);
                s10 = x13.fma(g3, s10);
                FloatVector x14 = FloatVector.fromArray(FLOATS, middle, from1 + c + 4 * pixelStep);
                s12 = x14.fma(g2, s12);
                s11 = x14.fma(g3, s11);
                FloatVector x15 = FloatVector.fromArray(FLOATS, middle, from1 + c + 5 * pixelStep);
                s12 = x15.fma(g3, s12);
                s10.intoArray(sums, c + 3 * channels);
                s11.intoArray(sums, c + 4 * channels);
                s12.intoArray(sums, c + 5 * channels);
                FloatVector s20 = FloatVector.fromArray(FLOATS, sums, c + 6 * channels);
                FloatVector s21 = FloatVector.fromArray(FLOATS, sums, c + 7 * channels);
                FloatVector s22 = FloatVector.fromArray(FLOATS, sums, c + 8 * channels);
                FloatVector x20 = FloatVector.fromArray(FLOATS, bottom, from2 + c);
                s20 = x20.fma(g0, s20);
                FloatVector x21 = FloatVector.fromArray(FLOATS, bottom, from2 + c + pixelStep);
                s21 = x21.fma(g0, s21);
                s20 = x21.fma(g1, s20);
                FloatVector x22 = FloatVector.fromArray(FLOATS, bottom, from2 + c + 2 * pixelStep);
                s22 = x22.fma(g0, s22);
                s21 = x22.fma(g1, s21);
                s20 = x22.fma(g2, s20);
                FloatVector x23 = FloatVector.fromArray(FLOATS, bottom, from2 + c + 3 * pixelStep);
                s22 = x23.fma(g1, s22);
                s21 = x23.fma(g2, s21);
                s20 = x23.fma(g3, s20);
                FloatVector x24 = FloatVector.fromArray(FLOATS, bottom, from2 + c + 4 * pixelStep);
                s22 = x24.fma(g2, s22);
                s21 = x24.fma(g3, s21);
                FloatVector x25 = FloatVector.fromArray(FLOATS, bottom, from2 + c + 5 * pixelStep);
                s22 = x25.fma(g3, s22);
                s20.intoArray(sums, c + 6 * channels);
                s21.intoArray(sums, c + 7 * channels);
                s22.intoArray(sums, c + 8 * channels);
            }
        }
    }

    /** The same, where the first column lies beyond the border. */
    static void fourLeftGradient(float[] top, int topAt, float[] middle, int middleAt, float[] bottom, int bottomAt, int pixelStep, float[] dy,
            int dyAt, int dyStep, int channels, float[] sums, int count) {
        for (int i = 0; i < count; i++) {
            int from0 = topAt + i * 4 * pixelStep;
            int from1 = middleAt + i * 4 * pixelStep;
            int from2 = bottomAt + i * 4 * pixelStep;
            int from = dyAt + i * 4 * dyStep;
            for (int c = 0; c < channels; c += COUNT) {
                FloatVector g0 = FloatVector.fromArray(FLOATS, dy, from + c);
                FloatVector g1 = FloatVector.fromArray(FLOATS, dy, from + c + dyStep);
                FloatVector g2 = FloatVector.fromArray(FLOATS, dy, from + c + 2 * dyStep);
                FloatVector g3 = FloatVector.fromArray(FLOATS, dy, from + c + 3 * dyStep);
                FloatVector s00 = FloatVector.fromArray(FLOATS, sums, c);
                FloatVector s01 = FloatVector.fromArray(FLOATS, sums, c + channels);
                FloatVector s02 = FloatVector.fromArray(FLOATS, sums, c + 2 * channels);
                FloatVector x01 = FloatVector.fromArray(FLOATS, top, from0 + c + pixelStep);
                s01 = x01.fma(g0, s01);
                s00 = x01.fma(g1, s00);
                FloatVector x02 = FloatVector.fromArray(FLOATS, top, from0 + c + 2 * pixelStep);
                s02 = x02.fma(g0, s02);
                s01 = x02.fma(g1, s01);
                s00 = x02.fma(g2, s00);
                FloatVector x03 = FloatVector.fromArray(FLOATS, top, from0 + c + 3 * pixelStep);
                s02 = x03.fma(g1, s02);
                s01 = x03.fma(g2, s01);
                s00 = x03.fma(g3, s00);
                FloatVector x04 = FloatVector.fromArray(FLOATS, top, from0 + c + 4 * pixelStep);
                s02 = x04.fma(g2, s02);
                s01 = x04.fma(g3, s01);
                FloatVector x05 = FloatVector.fromArray(FLOATS, top, from0 + c + 5 * pixelStep);
                s02 = x05.fma(g3, s02);
                s00.intoArray(sums, c);
                s01.intoArray(sums, c + channels);
                s02.intoArray(sums, c + 2 * channels);
                FloatVector s10 = FloatVector.fromArray(FLOATS, sums, c + 3 * channels);
                FloatVector s11 = FloatVector.fromArray(FLOATS, sums, c + 4 * channels);
                FloatVector s12 = FloatVector.fromArray(FLOATS, sums, c + 5 * channels);
                FloatVector x11 = FloatVector.fromArray(FLOATS, middle, from1 + c + pixelStep);
                s11 = x11.fma(g0, s11);
                s10 = x11.fma(g1, s10);
                FloatVector x12 = FloatVector.fromArray(FLOATS, middle, from1 + c + 2 * pixelStep);
                s12 = x12.fma(g0, s12);
                s11 = x12.fma(g1, s11);
                s10 = x12.fma(g2, s10);
                FloatVector x13 = FloatVector.fromArray(FLOATS, middle, from1 + c + 3 * pixelStep);
                s12 = x13.fma(g1, s12);
                s11 = x13.fma(g2, s11);
                s10 = x13.fma(g3, s10);
                FloatVector x14 = FloatVector.fromArray(FLOATS, middle, from1 + c + 4 * pixelStep);
                s12 = x14.fma(g2, s12);
                s11 = x14.fma(g3, s11);
                FloatVector x15 = FloatVector.fromArray(FLOATS, middle, from1 + c + 5 * pixelStep);
                s12 = x15.fma(g3, s12);
                s10.intoArray(sums, c + 3 * channels);
                s11.intoArray(sums, c + 4 * channels);
                s12.intoArray(sums, c + 5 * channels);
                FloatVector s20 = FloatVector.fromArray(FLOATS, sums, c + 6 * channels);
                FloatVector s21 = FloatVector.fromArray(FLOATS, sums, c + 7 * channels);
                FloatVector s22 = FloatVector.fromArray(FLOATS, sums, c + 8 * channels);
                FloatVector x21 = FloatVector.fromArray(FLOATS, bottom, from2 + c + pixelStep);
                s21 = x21.fma(g0, s21);
                s20 = x21.fma(g1, s20);
                FloatVector x22 = FloatVector.fromArray(FLOATS, bottom, from2 + c + 2 * pixelStep);
                s22 = x22.fma(g0, s22);
                s21 = x22.fma(g1, s21);
                s20 = x22.fma(g2, s20);
                FloatVector x23 = FloatVector.fromArray(FLOATS, bottom, from2 + c + 3 * pixelStep);
                s22 = x23.fma(g1, s22);
                s21 = x23.fma(g2, s21);
                s20 = x23.fma(g3, s20);
                FloatVector x24 = FloatVector.fromArray(FLOATS, bottom, from2 + c + 4 * pixelStep);
                s22 = x24.fma(g2, s22);
                s21 = x24.fma(g3, s21);
                FloatVector x25 = FloatVector.fromArray(FLOATS, bottom, from2 + c + 5 * pixelStep);
                s22 = x25.fma(g3, s22);
                s20.intoArray(sums, c + 6 * channels);
                s21.intoArray(sums, c + 7 * channels);
                s22.intoArray(sums, c + 8 * channels);
            }
        }
    }

    /** The same, where the last column lies beyond the border. */
    static void fourRightGradient(float[] top, int topAt, float[] middle, int middleAt, float[] bottom, int bottomAt, int pixelStep, float[] dy,
            int dyAt, int dyStep, int channels, float[] sums, int count) {
        for (int i = 0; i < count; i++) {
            int from0 = topAt + i * 4 * pixelStep;
            int from1 = middleAt + i * 4 * pixelStep;
            int from2 = bottomAt + i * 4 * pixelStep;
            int from = dyAt + i * 4 * dyStep;
            for (int c = 0; c < channels; c += COUNT) {
                FloatVector g0 = FloatVector.fromArray(FLOATS, dy, from + c);
                FloatVector g1 = FloatVector.fromArray(FLOATS, dy, from + c + dyStep);
                FloatVector g2 = FloatVector.fromArray(FLOATS, dy, from + c + 2 * dyStep);
                FloatVector g3 = FloatVector.fromArray(FLOATS, dy, from + c + 3 * dyStep);
                FloatVector s00 = FloatVector.fromArray(FLOATS, sums, c);
                FloatVector s01 = FloatVector.fromArray(FLOATS, sums, c + channels);
                FloatVector s02 = FloatVector.fromArray(FLOATS, sums, c + 2 * channels);
                FloatVector x00 = FloatVector.fromArray(FLOATS, top, from0 + c);
                s00 = x00.fma(g0, s00);
                FloatVector x01 = FloatVector.fromArray(FLOATS, top, from0 + c + pixelStep);
                s01 = x01.fma(g0, s01);
                s00 = x01.fma(g1, s00);
                FloatVector x02 = FloatVector.fromArray(FLOATS, top, from0 + c + 2 * pixelStep);
                s02 = x02.fma(g0, s02);
                s01 = x02.fma(g1, s01);
                s00 = x02.fma(g2, s00);
                FloatVector x03 = FloatVector.fromArray(FLOATS, top, from0 + c + 3 * pixelStep);
                s02 = x03.fma(g1, s02);
                s01 = x03.fma(g2, s01);
                s00 = x03.fma(g3, s00);
                FloatVector x04 = FloatVector.fromArray(FLOATS, top, from0 + c + 4 * pixelStep);
                s02 = x04.fma(g2, s02);
                s01 = x04.fma(g3, s01);
                s00.intoArray(sums, c);
                s01.intoArray(sums, c + channels);
                s02.intoArray(sums, c + 2 * channels);
                FloatVector s10 = FloatVector.fromArray(FLOATS, sums, c + 3 * channels);
                FloatVector s11 = FloatVector.fromArray(FLOATS, sums, c + 4 * channels);
                FloatVector s12 = FloatVector.fromArray(FLOATS, sums, c + 5 * channels);
                FloatVector x10 = FloatVector.fromArray(FLOATS, middle, from1 + c);
                s10 = x10.fma(g0, s10);
                FloatVector x11 = FloatVector.fromArray(FLOATS, middle, from1 + c + pixelStep);
                s11 = x11.fma(g0, s11);
                s10 = x11.fma(g1, s10);
                FloatVector x12 = FloatVector.fromArray(FLOATS, middle, from1 + c + 2 * pixelStep);
                s12 = x12.fma(g0, s12);
                s11 = x12.fma(g1, s11);
                s10 = x12.fma(g2, s10);
                FloatVector x13 = FloatVector.fromArray(FLOATS, middle, from1 + c + 3 * pixelStep);
                s12 = x13.fma(g1, s12);
                s11 = x13.fma(g2, s11);
                s10 = x13.fma(g3, s10);
                FloatVector x14 = FloatVector.fromArray(FLOATS, middle, from1 + c + 4 * pixelStep);
                s12 = x14.fma(g2, s12);
                s11 = x14.fma(g3, s11);
                s10.intoArray(sums, c + 3 * channels);
                s11.intoArray(sums, c + 4 * channels);
                s12.intoArray(sums, c + 5 * channels);
                FloatVector s20 = FloatVector.fromArray(FLOATS, sums, c + 6 * channels);
                FloatVector s21 = FloatVector.fromArray(FLOATS, sums, c + 7 * channels);
                FloatVector s22 = FloatVector.fromArray(FLOATS, sums, c + 8 * channels);
                FloatVector x20 = FloatVector.fromArray(FLOATS, bottom, from2 + c);
                s20 = x20.fma(g0, s20);
                FloatVector x21 = FloatVector.fromArray(FLOATS, bottom, from2 + c + pixelStep);
                s21 = x21.fma(g0, s21);
                s20 = x21.fma(g1, s20);
                FloatVector x22 = FloatVector.fromArray(FLOATS, bottom, from2 + c + 2 * pixelStep);
                s22 = x22.fma(g0, s22);
                s21 = x22.fma(g1, s21);
                s20 = x22.fma(g2, s20);
                FloatVector x23 = FloatVector.fromArray(FLOATS, bottom, from2 + c + 3 * pixelStep);
                s22 = x23.fma(g1, s22);
                s21 = x23.fma(g2, s21);
                s20 = x23.fma(g3, s20);
                FloatVector x24 = FloatVector.fromArray(FLOATS, bottom, from2 + c + 4 * pixelStep);
                s22 = x24.fma(g2, s22);
                s21 = x24.fma(g3, s21);
                s20.intoArray(sums, c + 6 * channels);
                s21.intoArray(sums, c + 7 * channels);
                s22.intoArray(sums, c + 8 * channels);
            }
        }
    }

    /** The same, with step 2. */
    static void fourStrided(float[] top, int topAt, float[] middle, int middleAt, float[] bottom, int bottomAt, int pixelStep, float[] w,
            int wOffset, int channels, float[] start, float[] y, int yAt, int yStep, int count) {
        for (int i = 0; i < count; i++) {
            int from0 = topAt + i * 8 * pixelStep;
            int from1 = middleAt + i * 8 * pixelStep;
            int from2 = bottomAt + i * 8 * pixelStep;
            int to = yAt + i * 4 * yStep;
            for (int c = 0; c < channels; c += COUNT) {
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
            }
        }
    }

    /** The same, with step 2, where the first column lies beyond the border. */
    static void fourStridedLeft(float[] top, int topAt, float[] middle, int middleAt, float[] bottom, int bottomAt, int pixelStep, float[] w,
            int wOffset, int channels, float[] start, float[] y, int yAt, int yStep, int count) {
        for (int i = 0; i < count; i++) {
            int from0 = topAt + i * 8 * pixelStep;
            int from1 = middleAt + i * 8 * pixelStep;
            int from2 = bottomAt + i * 8 * pixelStep;
            int to = yAt + i * 4 * yStep;
            for (int c = 0; c < channels; c += COUNT) {
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
            }
        }
    }

    /** The same, with step 2, where the last column lies beyond the border. */
    static void fourStridedRight(float[] top, int topAt, float[] middle, int middleAt, float[] bottom, int bottomAt, int pixelStep, float[] w,
            int wOffset, int channels, float[] start, float[] y, int yAt, int yStep, int count) {
        for (int i = 0; i < count; i++) {
            int from0 = topAt + i * 8 * pixelStep;
            int from1 = middleAt + i * 8 * pixelStep;
            int from2 = bottomAt + i * 8 * pixelStep;
            int to = yAt + i * 4 * yStep;
            for (int c = 0; c < channels; c += COUNT) {
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
            }
        }
    }

    /** The same, with step 2. */
    static void fourStridedGradient(float[] top, int topAt, float[] middle, int middleAt, float[] bottom, int bottomAt, int pixelStep, float[] dy,
            int dyAt, int dyStep, int channels, float[] sums, int count) {
        for (int i = 0; i < count; i++) {
            int from0 = topAt + i * 8 * pixelStep;
            int from1 = middleAt + i * 8 * pixelStep;
            int from2 = bottomAt + i * 8 * pixelStep;
            int from = dyAt + i * 4 * dyStep;
            for (int c = 0; c < channels; c += COUNT) {
                FloatVector g0 = FloatVector.fromArray(FLOATS, dy, from + c);
                FloatVector g1 = FloatVector.fromArray(FLOATS, dy, from + c + dyStep);
                FloatVector g2 = FloatVector.fromArray(FLOATS, dy, from + c + 2 * dyStep);
                FloatVector g3 = FloatVector.fromArray(FLOATS, dy, from + c + 3 * dyStep);
                FloatVector s00 = FloatVector.fromArray(FLOATS, sums, c);
                FloatVector s01 = FloatVector.fromArray(FLOATS, sums, c + channels);
                FloatVector s02 = FloatVector.fromArray(FLOATS, sums, c + 2 * channels);
                FloatVector x00 = FloatVector.fromArray(FLOATS, top, from0 + c);
                s00 = x00.fma(g0, s00);
                FloatVector x01 = FloatVector.fromArray(FLOATS, top, from0 + c + pixelStep);
                s01 = x01.fma(g0, s01);
                FloatVector x02 = FloatVector.fromArray(FLOATS, top, from0 + c + 2 * pixelStep);
                s02 = x02.fma(g0, s02);
                s00 = x02.fma(g1, s00);
                FloatVector x03 = FloatVector.fromArray(FLOATS, top, from0 + c + 3 * pixelStep);
                s01 = x03.fma(g1, s01);
                FloatVector x04 = FloatVector.fromArray(FLOATS, top, from0 + c + 4 * pixelStep);
                s02 = x04.fma(g1, s02);
                s00 = x04.fma(g2, s00);
                FloatVector x05 = FloatVector.fromArray(FLOATS, top, from0 + c + 5 * pixelStep);
                s01 = x05.fma(g2, s01);
                FloatVector x06 = FloatVector.fromArray(FLOATS, top, from0 + c + 6 * pixelStep);
                s02 = x06.fma(g2, s02);
                s00 = x06.fma(g3, s00);
                FloatVector x07 = FloatVector.fromArray(FLOATS, top, from0 + c + 7 * pixelStep);
                s01 = x07.fma(g3, s01);
                FloatVector x08 = FloatVector.fromArray(FLOATS, top, from0 + c + 8 * pixelStep);
                s02 = x08.fma(g3, s02);
                s00.intoArray(sums, c);
                s01.intoArray(sums, c + channels);
                s02.intoArray(sums, c + 2 * channels);
                FloatVector s10 = FloatVector.fromArray(FLOATS, sums, c + 3 * channels);
                FloatVector s11 = FloatVector.fromArray(FLOATS, sums, c + 4 * channels);
                FloatVector s12 = FloatVector.fromArray(FLOATS, sums, c + 5 * channels);
                FloatVector x10 = FloatVector.fromArray(FLOATS, middle, from1 + c);
                s10 = x10.fma(g0, s10);
                FloatVector x11 = FloatVector.fromArray(FLOATS, middle, from1 + c + pixelStep);
                s11 = x11.fma(g0, s11);
                FloatVector x12 = FloatVector.fromArray(FLOATS, middle, from1 + c + 2 * pixelStep);
                s12 = x12.fma(g0, s12);
                s10 = x12.fma(g1, s10);
                FloatVector x13 = FloatVector.fromArray(FLOATS, middle, from1 + c + 3 * pixelStep);
                s11 = x13.fma(g1, s11);
                FloatVector x14 = FloatVector.fromArray(FLOATS, middle, from1 + c + 4 * pixelStep);
                s12 = x14.fma(g1, s12);
                s10 = x14.fma(g2, s10);
                FloatVector x15 = FloatVector.fromArray(FLOATS, middle, from1 + c + 5 * pixelStep);
                s11 = x15.fma(g2, s11);
                FloatVector x16 = FloatVector.fromArray(FLOATS, middle, from1 + c + 6 * pixelStep);
                s12 = x16.fma(g2, s12);
                s10 = x16.fma(g3, s10);
                FloatVector x17 = FloatVector.fromArray(FLOATS, middle, from1 + c + 7 * pixelStep);
                s11 = x17.fma(g3, s11);
                FloatVector x18 = FloatVector.fromArray(FLOATS, middle, from1 + c + 8 * pixelStep);
                s12 = x18.fma(g3, s12);
                s10.intoArray(sums, c + 3 * channels);
                s11.intoArray(sums, c + 4 * channels);
                s12.intoArray(sums, c + 5 * channels);
                FloatVector s20 = FloatVector.fromArray(FLOATS, sums, c + 6 * channels);
                FloatVector s21 = FloatVector.fromArray(FLOATS, sums, c + 7 * channels);
                FloatVector s22 = FloatVector.fromArray(FLOATS, sums, c + 8 * channels);
                FloatVector x20 = FloatVector.fromArray(FLOATS, bottom, from2 + c);
                s20 = x20.fma(g0, s20);
                FloatVector x21 = FloatVector.fromArray(FLOATS, bottom, from2 + c + pixelStep);
                s21 = x21.fma(g0, s21);
                FloatVector x22 = FloatVector.fromArray(FLOATS, bottom, from2 + c + 2 * pixelStep);
                s22 = x22.fma(g0, s22);
                s20 = x22.fma(g1, s20);
                FloatVector x23 = FloatVector.fromArray(FLOATS, bottom, from2 + c + 3 * pixelStep);
                s21 = x23.fma(g1, s21);
                FloatVector x24 = FloatVector.fromArray(FLOATS, bottom, from2 + c + 4 * pixelStep);
                s22 = x24.fma(g1, s22);
                s20 = x24.fma(g2, s20);
                FloatVector x25 = FloatVector.fromArray(FLOATS, bottom, from2 + c + 5 * pixelStep);
                s21 = x25.fma(g2, s21);
                FloatVector x26 = FloatVector.fromArray(FLOATS, bottom, from2 + c + 6 * pixelStep);
                s22 = x26.fma(g2, s22);
                s20 = x26.fma(g3, s20);
                FloatVector x27 = FloatVector.fromArray(FLOATS, bottom, from2 + c + 7 * pixelStep);
                s21 = x27.fma(g3, s21);
                FloatVector x28 = FloatVector.fromArray(FLOATS, bottom, from2 + c + 8 * pixelStep);
                s22 = x28.fma(g3, s22);
                s20.intoArray(sums, c + 6 * channels);
                s21.intoArray(sums, c + 7 * channels);
                s22.intoArray(sums, c + 8 * channels);
            }
        }
    }

    /** The same, with step 2, where the first column lies beyond the border. */
    static void fourStridedLeftGradient(float[] top, int topAt, float[] middle, int middleAt, float[] bottom, int bottomAt, int pixelStep, float[] dy,
            int dyAt, int dyStep, int channels, float[] sums, int count) {
        for (int i = 0; i < count; i++) {
            int from0 = topAt + i * 8 * pixelStep;
            int from1 = middleAt + i * 8 * pixelStep;
            int from2 = bottomAt + i * 8 * pixelStep;
            int from = dyAt + i * 4 * dyStep;
            for (int c = 0; c < channels; c += COUNT) {
                FloatVector g0 = FloatVector.fromArray(FLOATS, dy, from + c);
                FloatVector g1 = FloatVector.fromArray(FLOATS, dy, from + c + dyStep);
                FloatVector g2 = FloatVector.fromArray(FLOATS, dy, from + c + 2 * dyStep);
                FloatVector g3 = FloatVector.fromArray(FLOATS, dy, from + c + 3 * dyStep);
                FloatVector s00 = FloatVector.fromArray(FLOATS, sums, c);
                FloatVector s01 = FloatVector.fromArray(FLOATS, sums, c + channels);
                FloatVector s02 = FloatVector.fromArray(FLOATS, sums, c + 2 * channels);
                FloatVector x01 = FloatVector.fromArray(FLOATS, top, from0 + c + pixelStep);
                s01 = x01.fma(g0, s01);
                FloatVector x02 = FloatVector.fromArray(FLOATS, top, from0 + c + 2 * pixelStep);
                s02 = x02.fma(g0, s02);
                s00 = x02.fma(g1, s00);
                FloatVector x03 = FloatVector.fromArray(FLOATS, top, from0 + c + 3 * pixelStep);
                s01 = x03.fma(g1, s01);
                FloatVector x04 = FloatVector.fromArray(FLOATS, top, from0 + c + 4 * pixelStep);
                s02 = x04.fma(g1, s02);
                s00 = x04.fma(g2, s00);
                FloatVector x05 = FloatVector.fromArray(FLOATS, top, from0 + c + 5 * pixelStep);
                s01 = x05.fma(g2, s01);
                FloatVector x06 = FloatVector.fromArray(FLOATS, top, from0 + c + 6 * pixelStep);
                s02 = x06.fma(g2, s02);
                s00 = x06.fma(g3, s00);
                FloatVector x07 = FloatVector.fromArray(FLOATS, top, from0 + c + 7 * pixelStep);
                s01 = x07.fma(g3, s01);
                FloatVector x08 = FloatVector.fromArray(FLOATS, top, from0 + c + 8 * pixelStep);
                s02 = x08.fma(g3, s02);
                s00.intoArray(sums, c);
                s01.intoArray(sums, c + channels);
                s02.intoArray(sums, c + 2 * channels);
                FloatVector s10 = FloatVector.fromArray(FLOATS, sums, c + 3 * channels);
                FloatVector s11 = FloatVector.fromArray(FLOATS, sums, c + 4 * channels);
                FloatVector s12 = FloatVector.fromArray(FLOATS, sums, c + 5 * channels);
                FloatVector x11 = FloatVector.fromArray(FLOATS, middle, from1 + c + pixelStep);
                s11 = x11.fma(g0, s11);
                FloatVector x12 = FloatVector.fromArray(FLOATS, middle, from1 + c + 2 * pixelStep);
                s12 = x12.fma(g0, s12);
                s10 = x12.fma(g1, s10);
                FloatVector x13 = FloatVector.fromArray(FLOATS, middle, from1 + c + 3 * pixelStep);
                s11 = x13.fma(g1, s11);
                FloatVector x14 = FloatVector.fromArray(FLOATS, middle, from1 + c + 4 * pixelStep);
                s12 = x14.fma(g1, s12);
                s10 = x14.fma(g2, s10);
                FloatVector x15 = FloatVector.fromArray(FLOATS, middle, from1 + c + 5 * pixelStep);
                s11 = x15.fma(g2, s11);
                FloatVector x16 = FloatVector.fromArray(FLOATS, middle, from1 + c + 6 * pixelStep);
                s12 = x16.fma(g2, s12);
                s10 = x16.fma(g3, s10);
                FloatVector x17 = FloatVector.fromArray(FLOATS, middle, from1 + c + 7 * pixelStep);
                s11 = x17.fma(g3, s11);
                FloatVector x18 = FloatVector.fromArray(FLOATS, middle, from1 + c + 8 * pixelStep);
                s12 = x18.fma(g3, s12);
                s10.intoArray(sums, c + 3 * channels);
                s11.intoArray(sums, c + 4 * channels);
                s12.intoArray(sums, c + 5 * channels);
                FloatVector s20 = FloatVector.fromArray(FLOATS, sums, c + 6 * channels);
                FloatVector s21 = FloatVector.fromArray(FLOATS, sums, c + 7 * channels);
                FloatVector s22 = FloatVector.fromArray(FLOATS, sums, c + 8 * channels);
                FloatVector x21 = FloatVector.fromArray(FLOATS, bottom, from2 + c + pixelStep);
                s21 = x21.fma(g0, s21);
                FloatVector x22 = FloatVector.fromArray(FLOATS, bottom, from2 + c + 2 * pixelStep);
                s22 = x22.fma(g0, s22);
                s20 = x22.fma(g1, s20);
                FloatVector x23 = FloatVector.fromArray(FLOATS, bottom, from2 + c + 3 * pixelStep);
                s21 = x23.fma(g1, s21);
                FloatVector x24 = FloatVector.fromArray(FLOATS, bottom, from2 + c + 4 * pixelStep);
                s22 = x24.fma(g1, s22);
                s20 = x24.fma(g2, s20);
                FloatVector x25 = FloatVector.fromArray(FLOATS, bottom, from2 + c + 5 * pixelStep);
                s21 = x25.fma(g2, s21);
                FloatVector x26 = FloatVector.fromArray(FLOATS, bottom, from2 + c + 6 * pixelStep);
                s22 = x26.fma(g2, s22);
                s20 = x26.fma(g3, s20);
                FloatVector x27 = FloatVector.fromArray(FLOATS, bottom, from2 + c + 7 * pixelStep);
                s21 = x27.fma(g3, s21);
                FloatVector x28 = FloatVector.fromArray(FLOATS, bottom, from2 + c + 8 * pixelStep);
                s22 = x28.fma(g3, s22);
                s20.intoArray(sums, c + 6 * channels);
                s21.intoArray(sums, c + 7 * channels);
                s22.intoArray(sums, c + 8 * channels);
            }
        }
    }

    /** The same, with step 2, where the last column lies beyond the border. */
    static void fourStridedRightGradient(float[] top, int topAt, float[] middle, int middleAt, float[] bottom, int bottomAt, int pixelStep, float[] dy,
            int dyAt, int dyStep, int channels, float[] sums, int count) {
        for (int i = 0; i < count; i++) {
            int from0 = topAt + i * 8 * pixelStep;
            int from1 = middleAt + i * 8 * pixelStep;
            int from2 = bottomAt + i * 8 * pixelStep;
            int from = dyAt + i * 4 * dyStep;
            for (int c = 0; c < channels; c += COUNT) {
                FloatVector g0 = FloatVector.fromArray(FLOATS, dy, from + c);
                FloatVector g1 = FloatVector.fromArray(FLOATS, dy, from + c + dyStep);
                FloatVector g2 = FloatVector.fromArray(FLOATS, dy, from + c + 2 * dyStep);
                FloatVector g3 = FloatVector.fromArray(FLOATS, dy, from + c + 3 * dyStep);
                FloatVector s00 = FloatVector.fromArray(FLOATS, sums, c);
                FloatVector s01 = FloatVector.fromArray(FLOATS, sums, c + channels);
                FloatVector s02 = FloatVector.fromArray(FLOATS, sums, c + 2 * channels);
                FloatVector x00 = FloatVector.fromArray(FLOATS, top, from0 + c);
                s00 = x00.fma(g0, s00);
                FloatVector x01 = FloatVector.fromArray(FLOATS, top, from0 + c + pixelStep);
                s01 = x01.fma(g0, s01);
                FloatVector x02 = FloatVector.fromArray(FLOATS, top, from0 + c + 2 * pixelStep);
                s02 = x02.fma(g0, s02);
                s00 = x02.fma(g1, s00);
                FloatVector x03 = FloatVector.fromArray(FLOATS, top, from0 + c + 3 * pixelStep);
                s01 = x03.fma(g1, s01);
                FloatVector x04 = FloatVector.fromArray(FLOATS, top, from0 + c + 4 * pixelStep);
                s02 = x04.fma(g1, s02);
                s00 = x04.fma(g2, s00);
                FloatVector x05 = FloatVector.fromArray(FLOATS, top, from0 + c + 5 * pixelStep);
                s01 = x05.fma(g2, s01);
                FloatVector x06 = FloatVector.fromArray(FLOATS, top, from0 + c + 6 * pixelStep);
                s02 = x06.fma(g2, s02);
                s00 = x06.fma(g3, s00);
                FloatVector x07 = FloatVector.fromArray(FLOATS, top, from0 + c + 7 * pixelStep);
                s01 = x07.fma(g3, s01);
                s00.intoArray(sums, c);
                s01.intoArray(sums, c + channels);
                s02.intoArray(sums, c + 2 * channels);
                FloatVector s10 = FloatVector.fromArray(FLOATS, sums, c + 3 * channels);
                FloatVector s11 = FloatVector.fromArray(FLOATS, sums, c + 4 * channels);
                FloatVector s12 = FloatVector.fromArray(FLOATS, sums, c + 5 * channels);
                FloatVector x10 = FloatVector.fromArray(FLOATS, middle, from1 + c);
                s10 = x10.fma(g0, s10);
                FloatVector x11 = FloatVector.fromArray(FLOATS, middle, from1 + c + pixelStep);
                s11 = x11.fma(g0, s11);
                FloatVector x12 = FloatVector.fromArray(FLOATS, middle, from1 + c + 2 * pixelStep);
                s12 = x12.fma(g0, s12);
                s10 = x12.fma(g1, s10);
                FloatVector x13 = FloatVector.fromArray(FLOATS, middle, from1 + c + 3 * pixelStep);
                s11 = x13.fma(g1, s11);
                FloatVector x14 = FloatVector.fromArray(FLOATS, middle, from1 + c + 4 * pixelStep);
                s12 = x14.fma(g1, s12);
                s10 = x14.fma(g2, s10);
                FloatVector x15 = FloatVector.fromArray(FLOATS, middle, from1 + c + 5 * pixelStep);
                s11 = x15.fma(g2, s11);
                FloatVector x16 = FloatVector.fromArray(FLOATS, middle, from1 + c + 6 * pixelStep);
                s12 = x16.fma(g2, s12);
                s10 = x16.fma(g3, s10);
                FloatVector x17 = FloatVector.fromArray(FLOATS, middle, from1 + c + 7 * pixelStep);
                s11 = x17.fma(g3, s11);
                s10.intoArray(sums, c + 3 * channels);
                s11.intoArray(sums, c + 4 * channels);
                s12.intoArray(sums, c + 5 * channels);
                FloatVector s20 = FloatVector.fromArray(FLOATS, sums, c + 6 * channels);
                FloatVector s21 = FloatVector.fromArray(FLOATS, sums, c + 7 * channels);
                FloatVector s22 = FloatVector.fromArray(FLOATS, sums, c + 8 * channels);
                FloatVector x20 = FloatVector.fromArray(FLOATS, bottom, from2 + c);
                s20 = x20.fma(g0, s20);
                FloatVector x21 = FloatVector.fromArray(FLOATS, bottom, from2 + c + pixelStep);
                s21 = x21.fma(g0, s21);
                FloatVector x22 = FloatVector.fromArray(FLOATS, bottom, from2 + c + 2 * pixelStep);
                s22 = x22.fma(g0, s22);
                s20 = x22.fma(g1, s20);
                FloatVector x23 = FloatVector.fromArray(FLOATS, bottom, from2 + c + 3 * pixelStep);
                s21 = x23.fma(g1, s21);
                FloatVector x24 = FloatVector.fromArray(FLOATS, bottom, from2 + c + 4 * pixelStep);
                s22 = x24.fma(g1, s22);
                s20 = x24.fma(g2, s20);
                FloatVector x25 = FloatVector.fromArray(FLOATS, bottom, from2 + c + 5 * pixelStep);
                s21 = x25.fma(g2, s21);
                FloatVector x26 = FloatVector.fromArray(FLOATS, bottom, from2 + c + 6 * pixelStep);
                s22 = x26.fma(g2, s22);
                s20 = x26.fma(g3, s20);
                FloatVector x27 = FloatVector.fromArray(FLOATS, bottom, from2 + c + 7 * pixelStep);
                s21 = x27.fma(g3, s21);
                s20.intoArray(sums, c + 6 * channels);
                s21.intoArray(sums, c + 7 * channels);
                s22.intoArray(sums, c + 8 * channels);
            }
        }
    }
}
