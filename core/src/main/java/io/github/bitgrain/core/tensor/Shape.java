package io.github.bitgrain.core.tensor;

import java.util.Arrays;
import java.util.List;

/** The extents of a tensor, outermost axis first. Immutable; rank 0 is a scalar of one element. */
public final class Shape {
    private final int[] dims;

    private Shape(int[] dims) {
        this.dims = dims;
    }

    /**
     * The shape of these extents.
     *
     * @throws IllegalArgumentException for a negative extent or more than 2^31 - 1 elements
     */
    public static Shape of(int... dims) {
        long size = 1;
        for (int dim : dims) {
            if (dim < 0) {
                throw new IllegalArgumentException("negative extent in " + Arrays.toString(dims));
            }
            size *= dim;
            if (size > Integer.MAX_VALUE) {
                throw new IllegalArgumentException("too many elements: " + Arrays.toString(dims));
            }
        }
        return new Shape(dims.clone());
    }

    /** The shape of these extents. */
    public static Shape of(List<Integer> dims) {
        return of(dims.stream().mapToInt(Integer::intValue).toArray());
    }

    /** Number of axes. */
    public int rank() {
        return dims.length;
    }

    /** Extent of an axis; negative axes count from the end. */
    public int dim(int axis) {
        return dims[axis(axis)];
    }

    /** The axis counted from the front. Accepts -rank … rank - 1. */
    public int axis(int axis) {
        int front = axis < 0 ? axis + dims.length : axis;
        if (front < 0 || front >= dims.length) {
            throw new IllegalArgumentException("axis " + axis + " of " + this);
        }
        return front;
    }

    /** All extents, a copy. */
    public int[] dims() {
        return dims.clone();
    }

    /** Number of elements. */
    public int size() {
        return size(0, dims.length);
    }

    /** Product of the extents of the axes from, …, to - 1; 1 when there are none. */
    public int size(int from, int to) {
        int size = 1;
        for (int axis = from; axis < to; axis++) {
            size *= dims[axis];
        }
        return size;
    }

    /** This with another extent at one axis. */
    public Shape with(int axis, int dim) {
        int[] changed = dims.clone();
        changed[axis(axis)] = dim;
        return of(changed);
    }

    /** This without the axis. */
    public Shape without(int axis) {
        int front = axis(axis);
        int[] rest = new int[dims.length - 1];
        System.arraycopy(dims, 0, rest, 0, front);
        System.arraycopy(dims, front + 1, rest, front, rest.length - front);
        return of(rest);
    }

    /** This with {@code dim} as a new outermost axis. */
    public Shape prepend(int dim) {
        int[] longer = new int[dims.length + 1];
        longer[0] = dim;
        System.arraycopy(dims, 0, longer, 1, dims.length);
        return of(longer);
    }

    /** This with extents of 1 in front up to the rank; itself when it has that rank. */
    public Shape padTo(int rank) {
        if (rank == dims.length) {
            return this;
        }
        int[] padded = new int[rank];
        Arrays.fill(padded, 0, rank - dims.length, 1);
        System.arraycopy(dims, 0, padded, rank - dims.length, dims.length);
        return of(padded);
    }

    /** Elements to skip for one step along each axis of a dense row-major tensor. */
    public int[] strides() {
        int[] strides = new int[dims.length];
        int step = 1;
        for (int axis = dims.length - 1; axis >= 0; axis--) {
            strides[axis] = step;
            step *= dims[axis];
        }
        return strides;
    }

    /**
     * The common shape of two operands under NumPy's broadcasting rule.
     *
     * @throws IllegalArgumentException where extents differ and neither is 1
     */
    public Shape broadcast(Shape other) {
        int rank = Math.max(rank(), other.rank());
        int[] a = padTo(rank).dims;
        int[] b = other.padTo(rank).dims;
        int[] common = new int[rank];
        for (int axis = 0; axis < rank; axis++) {
            if (a[axis] != b[axis] && a[axis] != 1 && b[axis] != 1) {
                throw new IllegalArgumentException("shapes " + this + " and " + other + " cannot be broadcast");
            }
            common[axis] = a[axis] == 1 ? b[axis] : a[axis];
        }
        return of(common);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Shape shape && Arrays.equals(dims, shape.dims);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(dims);
    }

    @Override
    public String toString() {
        return Arrays.toString(dims);
    }
}
