package io.github.bitgrain.core.evaluate;

import io.github.bitgrain.core.plan.Buffer;
import io.github.bitgrain.core.plan.Layout;
import io.github.bitgrain.core.plan.PlannedNode;
import io.github.bitgrain.core.plan.StridedCopy;
import io.github.bitgrain.core.plan.Value;
import io.github.bitgrain.core.tensor.Shape;

/**
 * A softmax as rows. Where the axis is not innermost, the value is first brought into the order in which it is.
 *
 * @param layout layout of operand and result
 * @param shape shape of both
 * @param axis axis from the front
 * @param rows number of rows
 * @param length elements of a row
 * @param stride distance of rows
 * @param permuted whether the axis is moved to the end
 */
public record SoftmaxForm(Layout layout, Shape shape, int axis, int rows, int length, int stride, boolean permuted) {
    /** The form of a node; settles the layout of its operand. */
    public static SoftmaxForm of(int axis, PlannedNode node) {
        Value x = node.in(0);
        int front = x.shape().axis(axis);
        int length = x.shape().dim(front);
        if (front == 1 && (x.layout() == Layout.CHANNELS_LAST || front != x.shape().rank() - 1)) {
            Value channelsLast = node.in(0, Layout.CHANNELS_LAST);
            return new SoftmaxForm(Layout.CHANNELS_LAST, x.shape(), front, channelsLast.rows(), length, channelsLast.rowStride(), false);
        }
        Value dense = node.in(0, Layout.DENSE);
        int rows = length == 0 ? 0 : dense.shape().size() / length;
        return new SoftmaxForm(Layout.DENSE, x.shape(), front, rows, length, length, front != x.shape().rank() - 1);
    }

    /** Moves the axis to the end. */
    public StridedCopy permute(Buffer from, Buffer to, boolean add) {
        return new StridedCopy(from, 0, shape.strides(), to, 0, rowStrides(), shape.dims(), add);
    }

    /** Moves the axis back. */
    public StridedCopy restore(Buffer from, Buffer to, boolean add) {
        return new StridedCopy(from, 0, rowStrides(), to, 0, shape.strides(), shape.dims(), add);
    }

    private int[] rowStrides() {
        int[] strides = new int[shape.rank()];
        int step = length;
        for (int i = shape.rank() - 1; i >= 0; i--) {
            if (i != axis) {
                strides[i] = step;
                step *= shape.dim(i);
            }
        }
        strides[axis] = 1;
        return strides;
    }
}
