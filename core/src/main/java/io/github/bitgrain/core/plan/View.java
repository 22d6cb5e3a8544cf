package io.github.bitgrain.core.plan;

import io.github.bitgrain.core.graph.SliceRange;
import io.github.bitgrain.core.op.Concat;
import io.github.bitgrain.core.op.InsertZeros;
import io.github.bitgrain.core.op.Slice;
import io.github.bitgrain.core.op.Split;
import io.github.bitgrain.core.op.Transpose;

/**
 * Part of a value, or a value in another order of axes: where the first element is and how far apart the others are.
 *
 * @param start offset of the first element inside the value
 * @param strides strides per axis
 * @param dims extents
 */
public record View(int start, int[] strides, int[] dims) {
    /** Where operand i goes in the result of a Concat. */
    public static View concatPart(Concat op, PlannedNode node, int i) {
        Value y = node.result(0);
        int axis = y.shape().axis(op.axis());
        int before = 0;
        for (int j = 0; j < i; j++) {
            before += node.in(j).shape().dim(axis);
        }
        return new View(before * y.strides()[axis], y.strides(), node.in(i).shape().dims());
    }

    /** Where result i comes from in the operand of a Split. */
    public static View splitPart(Split op, PlannedNode node, int i) {
        Value x = node.in(0);
        int axis = x.shape().axis(op.axis());
        int before = op.sizes().subList(0, i).stream().mapToInt(Integer::intValue).sum();
        return new View(before * x.strides()[axis], x.strides(), x.shape().with(axis, op.sizes().get(i)).dims());
    }

    /** A value in another order of axes. */
    public static View transposed(Transpose op, Value x) {
        int[] own = x.strides();
        int[] strides = new int[own.length];
        int[] dims = new int[own.length];
        for (int axis = 0; axis < own.length; axis++) {
            strides[axis] = own[op.permutation().get(axis)];
            dims[axis] = x.shape().dim(op.permutation().get(axis));
        }
        return new View(0, strides, dims);
    }

    /** What a Slice takes. */
    public static View sliced(Slice op, Value x) {
        int[] strides = x.strides();
        int[] dims = x.shape().dims();
        int start = 0;
        for (int i = 0; i < op.axes().size(); i++) {
            SliceRange range = SliceRange.of(op, i, x.shape());
            start += range.first() * strides[range.axis()];
            strides[range.axis()] *= range.step();
            dims[range.axis()] = range.count();
        }
        return new View(start, strides, dims);
    }

    /** Where the elements of x stand in the result of InsertZeros. */
    public static View spread(InsertZeros op, Value x, Value y) {
        int[] strides = y.strides();
        strides[strides.length - 1] *= op.stride().w();
        if (strides.length == 4) {
            strides[2] *= op.stride().h();
        }
        return new View(0, strides, x.shape().dims());
    }
}
