package io.github.bitgrain.core.plan;

import io.github.bitgrain.core.tensor.Shape;

/** How the elements of a value lie in memory. */
public enum Layout {
    /** Row-major in ONNX axis order, without gaps. */
    DENSE,
    /**
     * Axis 1 innermost, padded to a multiple of {@link #LANES}: [N, C, H, W] lies as N·H·W rows of C floats. What the padding
     * holds is unspecified. For values of rank 2 and more.
     */
    CHANNELS_LAST;

    /** Row starts are multiples of this many floats: one 512-bit vector. */
    public static final int LANES = 16;

    /** Distance of two rows of {@code channels} floats. */
    public static int stride(int channels) {
        return (channels + LANES - 1) / LANES * LANES;
    }

    /** Floats that a value occupies. */
    public int size(Shape shape) {
        return this == DENSE ? shape.size() : Math.multiplyExact(rows(shape), stride(shape.dim(1)));
    }

    /** Floats per row that hold elements. */
    public int rowLength(Shape shape) {
        return this == DENSE ? shape.size() : shape.dim(1);
    }

    /** Distance of two rows; a dense value is one row. */
    public int rowStride(Shape shape) {
        return this == DENSE ? shape.size() : stride(shape.dim(1));
    }

    /** Number of rows; a dense value is one row. */
    public int rows(Shape shape) {
        return this == DENSE ? 1 : shape.dim(0) * shape.size(2, shape.rank());
    }

    /** Floats to skip for one step along each ONNX axis. */
    public int[] strides(Shape shape) {
        return strides(shape, rowStride(shape));
    }

    /** As {@link #strides(Shape)} where rows are so far apart. */
    int[] strides(Shape shape, int rowStride) {
        if (this == DENSE) {
            return shape.strides();
        }
        int[] strides = new int[shape.rank()];
        int step = rowStride;
        for (int axis = shape.rank() - 1; axis >= 2; axis--) {
            strides[axis] = step;
            step *= shape.dim(axis);
        }
        strides[1] = 1;
        strides[0] = step;
        return strides;
    }
}
