package io.github.bitgrain.core.plan;

import io.github.bitgrain.kernels.FloatKernels;
import java.util.Arrays;

/**
 * {@code y = scale · Σ x [· f] (+ y)} over the axes along which y's stride is 0. Sums are kept in double precision and added
 * in a fixed order.
 *
 * @param dims extents of the box that is summed
 * @param x first factor
 * @param xStrides its strides
 * @param f second factor, null for none
 * @param fStrides its strides
 * @param y result
 * @param yStrides its strides, 0 along the axes that are summed
 * @param scale factor of the sum
 * @param add add to what is in y
 */
public record Reduction(int[] dims, Buffer x, int[] xStrides, Buffer f, int[] fStrides, Buffer y, int[] yStrides, double scale, boolean add) {
    /** Emits the step. */
    public void emit(StridedCopy.Steps steps, FloatKernels kernels) {
        int[] second = f == null ? new int[dims.length] : fStrides;
        // The first operand's strides decide which axis is innermost: memory order of x.
        StridedLoop loop = StridedLoop.of(dims, xStrides, yStrides, second);
        int n = loop.runLength();
        int xStep = loop.runStride(0);
        int yStep = loop.runStride(1);
        int fStep = loop.runStride(2);
        double[] sums = new double[y.size()];
        StridedLoop.Run body;
        if (f == null && xStep == 1 && yStep == 0) {
            body = at -> sums[at[1]] += kernels.sum(n, x.data(), x.offset() + at[0]);
        } else if (f != null && xStep == 1 && fStep == 1 && yStep == 0) {
            body = at -> sums[at[1]] += kernels.dot(n, x.data(), x.offset() + at[0], f.data(), f.offset() + at[2]);
        } else if (f == null) {
            body = at -> add(sums, at[1], yStep, n, x.data(), x.offset() + at[0], xStep);
        } else {
            body = at -> addProducts(sums, at[1], yStep, n, x.data(), x.offset() + at[0], xStep, f.data(), f.offset() + at[2], fStep);
        }
        steps.step(1, (from, to) -> {
            Arrays.fill(sums, 0);
            loop.run(0, loop.runs(), body);
            float[] ys = y.data();
            for (int i = 0, o = y.offset(); i < sums.length; i++, o++) {
                ys[o] = (float) (add ? ys[o] + scale * sums[i] : scale * sums[i]);
            }
        }, f == null ? new Buffer[] {x, y} : new Buffer[] {x, f, y});
    }

    private static void add(double[] sums, int so, int sStep, int n, float[] x, int xo, int xStep) {
        for (int i = 0; i < n; i++) {
            sums[so + i * sStep] += x[xo + i * xStep];
        }
    }

    private static void addProducts(
            double[] sums, int so, int sStep, int n, float[] x, int xo, int xStep, float[] f, int fo, int fStep) {
        for (int i = 0; i < n; i++) {
            sums[so + i * sStep] += (double) x[xo + i * xStep] * f[fo + i * fStep];
        }
    }
}
