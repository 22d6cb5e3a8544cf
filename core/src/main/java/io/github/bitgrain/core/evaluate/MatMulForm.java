package io.github.bitgrain.core.evaluate;

import io.github.bitgrain.core.plan.StridedLoop;
import io.github.bitgrain.core.plan.Value;
import io.github.bitgrain.core.tensor.Shape;

/**
 * A batch of matrix products; leading axes are broadcast.
 *
 * @param m rows of a
 * @param n columns of b
 * @param k inner extent
 * @param batches loop over the leading axes of (y, a, b)
 */
public record MatMulForm(int m, int n, int k, StridedLoop batches) {
    /** One product: offsets of its matrices. */
    @FunctionalInterface
    public interface Product {
        /** Handles one product. */
        void at(int yOffset, int aOffset, int bOffset);
    }

    /** The form of dense operands; where b is one matrix, all rows of a are one product. */
    public static MatMulForm of(Value a, Value b, Value y) {
        int n = b.shape().dim(-1);
        int k = b.shape().dim(-2);
        if (b.shape().size() == n * k) {
            return new MatMulForm(a.shape().size() / k, n, k, StridedLoop.of(new int[] {1}, new int[1], new int[1], new int[1]));
        }
        int m = a.shape().dim(-2);
        int leading = y.shape().rank() - 2;
        int[] dims = java.util.Arrays.copyOf(y.shape().dims(), leading);
        return new MatMulForm(m, n, k, StridedLoop.of(dims, strides(y.shape(), leading, m * n), strides(a.shape(), leading, m * k),
                strides(b.shape(), leading, k * n)));
    }

    private static int[] strides(Shape shape, int leading, int matrix) {
        Shape padded = shape.padTo(leading + 2);
        int[] strides = new int[leading];
        int step = matrix;
        for (int axis = leading - 1; axis >= 0; axis--) {
            strides[axis] = padded.dim(axis) == 1 ? 0 : step;
            step *= padded.dim(axis);
        }
        return strides;
    }

    /** Visits the products of a run of {@link #batches}. */
    public void forEach(int[] at, Product product) {
        for (int i = 0; i < batches.runLength(); i++) {
            product.at(at[0] + i * batches.runStride(0), at[1] + i * batches.runStride(1), at[2] + i * batches.runStride(2));
        }
    }
}
