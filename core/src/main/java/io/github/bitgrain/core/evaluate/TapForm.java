package io.github.bitgrain.core.evaluate;

import io.github.bitgrain.core.plan.Buffer;
import io.github.bitgrain.core.plan.Layout;
import io.github.bitgrain.core.plan.Step;
import io.github.bitgrain.core.plan.StridedLoop;
import io.github.bitgrain.core.tensor.Shape;
import io.github.bitgrain.kernels.FloatKernels;
import java.util.Arrays;

/**
 * {@link Taps} applied to a value of a shape and layout: every tap adds a slab of the operand to a slab of the result.
 *
 * @param taps the map
 * @param from shape of the operand
 * @param to shape of the result
 * @param layout layout of both
 */
public record TapForm(Taps taps, Shape from, Shape to, Layout layout) {
    /** Independent pieces: elements of the axis in the result. */
    public int items() {
        return taps.outputs();
    }

    /** Sets a buffer to zero. */
    public Step.Work clear(Buffer buffer) {
        return (first, end) -> Arrays.fill(buffer.data(), buffer.offset(), buffer.offset() + buffer.size(), 0f);
    }

    /** y += taps of x. */
    public Step.Work forward(Buffer x, Buffer y, FloatKernels kernels) {
        return work(x, y, false, kernels);
    }

    /** dx += transposed taps of dy; all items on one thread, taps of several results meet in one place. */
    public Step.Work backward(Buffer dy, Buffer dx, FloatKernels kernels) {
        Step.Work work = work(dx, dy, true, kernels);
        return (first, end) -> work.run(0, items());
    }

    private Step.Work work(Buffer x, Buffer y, boolean transposed, FloatKernels kernels) {
        int[] xs = layout.strides(from);
        int[] ys = layout.strides(to);
        int axis = taps.axis();
        StridedLoop slab = StridedLoop.of(from.with(axis, 1).dims(), ys, xs);
        int n = slab.runLength();
        int yStep = slab.runStride(0);
        int xStep = slab.runStride(1);
        return (first, end) -> {
            for (int o = first; o < end; o++) {
                for (int t = taps.firstTap()[o]; t < taps.firstTap()[o + 1]; t++) {
                    int yo = y.offset() + o * ys[axis];
                    int xo = x.offset() + taps.index()[t] * xs[axis];
                    float weight = taps.weight()[t];
                    slab.run(0, slab.runs(), at -> {
                        if (transposed) {
                            addScaled(kernels, n, weight, y.data(), yo + at[0], yStep, x.data(), xo + at[1], xStep);
                        } else {
                            addScaled(kernels, n, weight, x.data(), xo + at[1], xStep, y.data(), yo + at[0], yStep);
                        }
                    });
                }
            }
        };
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
