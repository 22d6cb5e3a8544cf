package io.github.bitgrain.core.evaluate;

import io.github.bitgrain.core.op.Gemm;
import io.github.bitgrain.core.plan.Layout;
import io.github.bitgrain.core.plan.PlannedNode;
import io.github.bitgrain.core.plan.Value;
import io.github.bitgrain.kernels.ConvShape;

/**
 * A Gemm as pointwise convolution of M pixels with K channels by N·K weights.
 *
 * @param m rows of the result
 * @param k inner extent
 * @param n columns of the result
 * @param plainWeights whether b holds the weights as the kernel wants them: [N, K] with factor 1
 * @param plainBias whether c is one value per column with factor 1
 */
public record GemmForm(int m, int k, int n, boolean plainWeights, boolean plainBias) {
    /** The form of a node. */
    public static GemmForm of(Gemm op, PlannedNode node) {
        Value a = node.in(0);
        int n = node.outShape(0).dim(1);
        return new GemmForm(
                node.outShape(0).dim(0),
                a.shape().dim(op.transA() ? 0 : 1),
                n,
                op.transB() && op.alpha() == 1f,
                node.has(2) && node.in(2).shape().size() == n && node.in(2).shape().dim(-1) == n && op.beta() == 1f);
    }

    /** Kernel geometry. */
    public ConvShape shape() {
        return ConvShape.rows(m, k, Layout.stride(k), n, Layout.stride(n));
    }

    /** Strides of the element (n, k) in b. */
    public int[] weightStrides(Gemm op) {
        return op.transB() ? new int[] {k, 1} : new int[] {1, n};
    }

    /** Strides of the element (m, k) in a transposed, dense a. */
    public int[] transposedStrides() {
        return new int[] {1, m};
    }

    /** Strides of the element (m, k) in rows of channels. */
    public int[] rowStrides() {
        return new int[] {Layout.stride(k), 1};
    }
}
