package io.github.bitgrain.core.evaluate;

import io.github.bitgrain.core.plan.Buffer;
import io.github.bitgrain.core.plan.Layout;
import io.github.bitgrain.core.plan.Step;
import io.github.bitgrain.core.plan.StridedLoop;
import io.github.bitgrain.core.tensor.Shape;
import io.github.bitgrain.kernels.FloatKernels;

/**
 * {@link Taps} applied to a value: every tap adds a slab of the operand to a slab of the result, or is copied there where every slab of the
 * result has one.
 *
 * @param taps the map
 * @param from shape of the operand
 * @param fromStrides strides of the operand
 * @param toStrides strides of the result
 */
public record TapForm(Taps taps, Shape from, int[] fromStrides, int[] toStrides) {
    /** Between values of one layout with rows of their own. */
    public static TapForm of(Taps taps, Shape from, Shape to, Layout layout) {
        return new TapForm(taps, from, layout.strides(from), layout.strides(to));
    }

    /** Independent pieces: elements of the axis in the result. */
    public int items() {
        return taps.outputs();
    }

    /** y = taps of x. */
    public Step.Work forward(Buffer x, Buffer y, FloatKernels kernels) {
        StridedLoop slab = slab();
        int n = slab.runLength();
        int yStep = slab.runStride(0);
        int xStep = slab.runStride(1);
        if (taps.isSelection()) {
            return (first, end) -> forEachRun(slab, first, end, (weight, xo, yo) ->
                    copy(n, x.data(), x.offset() + xo, xStep, y.data(), y.offset() + yo, yStep));
        }
        return (first, end) -> {
            for (int o = first; o < end; o++) {
                int yo = y.offset() + o * toStrides[taps.axis()];
                slab.run(0, slab.runs(), at -> clear(n, y.data(), yo + at[0], yStep));
            }
            forEachRun(slab, first, end, (weight, xo, yo) ->
                    addScaled(kernels, n, weight, x.data(), x.offset() + xo, xStep, y.data(), y.offset() + yo, yStep));
        };
    }

    /** dx += transposed taps of dy; all items on one thread, taps of several results meet in one place. */
    public Step.Work backward(Buffer dy, Buffer dx, FloatKernels kernels) {
        StridedLoop slab = slab();
        int n = slab.runLength();
        int yStep = slab.runStride(0);
        int xStep = slab.runStride(1);
        return (first, end) -> forEachRun(slab, 0, items(), (weight, xo, yo) ->
                addScaled(kernels, n, weight, dy.data(), dy.offset() + yo, yStep, dx.data(), dx.offset() + xo, xStep));
    }

    /** Does one run of one tap, at these offsets in operand and result. */
    @FunctionalInterface
    private interface TapRun {
        void at(float weight, int x, int y);
    }

    private void forEachRun(StridedLoop slab, int first, int end, TapRun run) {
        for (int o = first; o < end; o++) {
            int yo = o * toStrides[taps.axis()];
            for (int t = taps.firstTap()[o]; t < taps.firstTap()[o + 1]; t++) {
                int xo = taps.index()[t] * fromStrides[taps.axis()];
                float weight = taps.weight()[t];
                slab.run(0, slab.runs(), at -> run.at(weight, xo + at[1], yo + at[0]));
            }
        }
    }

    /** All elements that share an index of the axis. */
    private StridedLoop slab() {
        return StridedLoop.of(from.with(taps.axis(), 1).dims(), toStrides, fromStrides);
    }

    private static void clear(int n, float[] y, int yo, int yStep) {
        for (int i = 0; i < n; i++) {
            y[yo + i * yStep] = 0f;
        }
    }

    private static void copy(int n, float[] x, int xo, int xStep, float[] y, int yo, int yStep) {
        if (xStep == 1 && yStep == 1) {
            System.arraycopy(x, xo, y, yo, n);
            return;
        }
        for (int i = 0; i < n; i++) {
            y[yo + i * yStep] = x[xo + i * xStep];
        }
    }

    private static void addScaled(
            FloatKernels kernels, int n, float weight, float[] x, int xo, int xStep, float[] y, int yo, int yStep) {
        if (xStep == 1 && yStep == 1) {
            kernels.addScaled(n, weight, x, xo, y, yo);
            return;
        }
        for (int i = 0; i < n; i++) {
            y[yo + i * yStep] = Math.fma(weight, x[xo + i * xStep], y[yo + i * yStep]);
        }
    }
}
