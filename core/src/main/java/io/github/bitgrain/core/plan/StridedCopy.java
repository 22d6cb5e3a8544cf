package io.github.bitgrain.core.plan;

import io.github.bitgrain.kernels.FloatKernels;

/**
 * Moves a box of elements from one place to another: transposition, slicing, joining, padding and layout changes are all
 * this, and so are their gradients, with the ends exchanged.
 *
 * @param from storage read
 * @param fromStart offset of the first element
 * @param fromStrides strides per axis
 * @param to storage written
 * @param toStart offset of the first element
 * @param toStrides strides per axis; no two elements may share a place
 * @param dims extents of the box
 * @param add add to what is there instead of replacing it
 */
public record StridedCopy(Buffer from, int fromStart, int[] fromStrides, Buffer to, int toStart, int[] toStrides, int[] dims, boolean add) {
    /** Where steps are added. */
    @FunctionalInterface
    public interface Steps {
        /** Adds a step. */
        void step(int items, Step.Work work, Buffer... used);
    }

    /** Emits the step. */
    public void emit(Steps steps, FloatKernels kernels) {
        StridedLoop loop = StridedLoop.of(dims, toStrides, fromStrides);
        int n = loop.runLength();
        int toStep = loop.runStride(0);
        int fromStep = loop.runStride(1);
        StridedLoop.Run body;
        if (toStep == 1 && fromStep == 1 || n == 1) {
            body = add
                    ? at -> kernels.addScaled(n, 1f, from.data(), from.offset() + fromStart + at[1], to.data(), to.offset() + toStart + at[0])
                    : at -> System.arraycopy(from.data(), from.offset() + fromStart + at[1], to.data(), to.offset() + toStart + at[0], n);
        } else {
            body = at -> strided(n, from.data(), from.offset() + fromStart + at[1], fromStep, to.data(), to.offset() + toStart + at[0], toStep);
        }
        steps.step(loop.runs(), (first, end) -> loop.run(first, end, body), from, to);
    }

    private void strided(int n, float[] x, int xo, int xStep, float[] y, int yo, int yStep) {
        if (add) {
            for (int i = 0; i < n; i++) {
                y[yo + i * yStep] += x[xo + i * xStep];
            }
        } else {
            for (int i = 0; i < n; i++) {
                y[yo + i * yStep] = x[xo + i * xStep];
            }
        }
    }
}
