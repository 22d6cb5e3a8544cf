package io.github.bitgrain.kernels;

import static io.github.bitgrain.kernels.Lanes.COUNT;
import static io.github.bitgrain.kernels.Lanes.FLOATS;
import static io.github.bitgrain.kernels.Lanes.roundUp;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;

/** Pooling with a vector of neighbouring channels at a time. */
final class VectorPooling {
    private VectorPooling() {}

    /** Whether whole vectors may be read (and written, in the gap between pixels) in both maps. */
    static boolean covers(PoolShape s, float[] in, int inOffset, float[] out, int outOffset) {
        int padded = roundUp(s.channels());
        return s.dilationH() == 1 && s.dilationW() == 1
                && padded <= s.inStride() && inOffset + (s.batch() * s.inH() * s.inW() - 1) * s.inStride() + padded <= in.length
                && padded <= s.outStride() && outOffset + (s.batch() * s.outH() * s.outW() - 1) * s.outStride() + padded <= out.length;
    }

    static void max(PoolShape s, float[] x, int xOffset, float[] y, int yOffset) {
        for (int row = 0; row < s.batch() * s.outH(); row++) {
            int n = row / s.outH();
            int top = row % s.outH() * s.strideH() - s.padTop();
            int fromY = Math.max(top, 0);
            int toY = Math.min(top + s.kernelH(), s.inH());
            for (int ox = 0; ox < s.outW(); ox++) {
                int left = ox * s.strideW() - s.padLeft();
                int fromX = Math.max(left, 0);
                int width = Math.min(left + s.kernelW(), s.inW()) - fromX;
                int window = xOffset + ((n * s.inH() + fromY) * s.inW() + fromX) * s.inStride();
                int to = yOffset + (row * s.outW() + ox) * s.outStride();
                for (int c = 0; c < s.channels(); c += COUNT) {
                    maxWindow(x, window + c, toY - fromY, s.inW() * s.inStride(), width, s.inStride(), y, to + c);
                }
            }
        }
    }

    private static void maxWindow(float[] x, int at, int height, int rowStep, int width, int step, float[] y, int to) {
        FloatVector max = FloatVector.broadcast(FLOATS, Float.NEGATIVE_INFINITY);
        for (int i = 0; i < height; i++) {
            for (int j = 0; j < width; j++) {
                max = FloatVector.fromArray(FLOATS, x, at + i * rowStep + j * step).max(max);
            }
        }
        max.intoArray(y, to);
    }

    static void maxGradient(PoolShape s, float[] x, int xOffset, float[] y, int yOffset, float[] dy, int dyOffset, float[] dx, int dxOffset) {
        for (int row = 0; row < s.batch() * s.outH(); row++) {
            int n = row / s.outH();
            int top = row % s.outH() * s.strideH() - s.padTop();
            int fromY = Math.max(top, 0);
            int toY = Math.min(top + s.kernelH(), s.inH());
            for (int ox = 0; ox < s.outW(); ox++) {
                int left = ox * s.strideW() - s.padLeft();
                int fromX = Math.max(left, 0);
                int width = Math.min(left + s.kernelW(), s.inW()) - fromX;
                int window = ((n * s.inH() + fromY) * s.inW() + fromX) * s.inStride();
                int from = (row * s.outW() + ox) * s.outStride();
                for (int c = 0; c < s.channels(); c += COUNT) {
                    maxGradientWindow(x, xOffset + window + c, y, yOffset + from + c, dy, dyOffset + from + c, dx, dxOffset + window + c,
                            toY - fromY, s.inW() * s.inStride(), width, s.inStride());
                }
            }
        }
    }

    /** Each lane gives its gradient to the first value that equals the largest and keeps nothing for later ones. */
    private static void maxGradientWindow(float[] x, int at, float[] y, int yAt, float[] dy, int dyAt, float[] dx, int dxAt, int height,
            int rowStep, int width, int step) {
        FloatVector max = FloatVector.fromArray(FLOATS, y, yAt);
        FloatVector rest = FloatVector.fromArray(FLOATS, dy, dyAt);
        FloatVector zero = FloatVector.zero(FLOATS);
        for (int i = 0; i < height; i++) {
            for (int j = 0; j < width; j++) {
                int offset = i * rowStep + j * step;
                var wins = FloatVector.fromArray(FLOATS, x, at + offset).compare(VectorOperators.EQ, max);
                FloatVector.fromArray(FLOATS, dx, dxAt + offset).add(zero.blend(rest, wins)).intoArray(dx, dxAt + offset);
                rest = zero.blend(rest, wins.not());
            }
        }
    }

    /** @param isSum whether nothing is divided */
    static void average(PoolShape s, float[] x, int xOffset, float[] y, int yOffset, boolean isSum) {
        for (int row = 0; row < s.batch() * s.outH(); row++) {
            int n = row / s.outH();
            int oy = row % s.outH();
            int top = oy * s.strideH() - s.padTop();
            int fromY = Math.max(top, 0);
            int toY = Math.min(top + s.kernelH(), s.inH());
            for (int ox = 0; ox < s.outW(); ox++) {
                int left = ox * s.strideW() - s.padLeft();
                int fromX = Math.max(left, 0);
                int width = Math.min(left + s.kernelW(), s.inW()) - fromX;
                int window = xOffset + ((n * s.inH() + fromY) * s.inW() + fromX) * s.inStride();
                int to = yOffset + (row * s.outW() + ox) * s.outStride();
                float divisor = isSum ? 1f : s.divisor(oy, ox);
                for (int c = 0; c < s.channels(); c += COUNT) {
                    averageWindow(x, window + c, toY - fromY, s.inW() * s.inStride(), width, s.inStride(), divisor, y, to + c);
                }
            }
        }
    }

    private static void averageWindow(float[] x, int at, int height, int rowStep, int width, int step, float divisor, float[] y, int to) {
        FloatVector sum = FloatVector.zero(FLOATS);
        for (int i = 0; i < height; i++) {
            for (int j = 0; j < width; j++) {
                sum = FloatVector.fromArray(FLOATS, x, at + i * rowStep + j * step).add(sum);
            }
        }
        sum.div(divisor).intoArray(y, to);
    }

    static void averageGradient(PoolShape s, float[] dy, int dyOffset, float[] dx, int dxOffset) {
        for (int row = 0; row < s.batch() * s.outH(); row++) {
            int n = row / s.outH();
            int oy = row % s.outH();
            int top = oy * s.strideH() - s.padTop();
            int fromY = Math.max(top, 0);
            int toY = Math.min(top + s.kernelH(), s.inH());
            for (int ox = 0; ox < s.outW(); ox++) {
                int left = ox * s.strideW() - s.padLeft();
                int fromX = Math.max(left, 0);
                int width = Math.min(left + s.kernelW(), s.inW()) - fromX;
                int window = dxOffset + ((n * s.inH() + fromY) * s.inW() + fromX) * s.inStride();
                int from = dyOffset + (row * s.outW() + ox) * s.outStride();
                float divisor = s.divisor(oy, ox);
                for (int c = 0; c < s.channels(); c += COUNT) {
                    averageGradientWindow(dy, from + c, divisor, dx, window + c, toY - fromY, s.inW() * s.inStride(), width, s.inStride());
                }
            }
        }
    }

    private static void averageGradientWindow(float[] dy, int from, float divisor, float[] dx, int at, int height, int rowStep, int width,
            int step) {
        FloatVector share = FloatVector.fromArray(FLOATS, dy, from).div(divisor);
        for (int i = 0; i < height; i++) {
            for (int j = 0; j < width; j++) {
                int to = at + i * rowStep + j * step;
                FloatVector.fromArray(FLOATS, dx, to).add(share).intoArray(dx, to);
            }
        }
    }
}
