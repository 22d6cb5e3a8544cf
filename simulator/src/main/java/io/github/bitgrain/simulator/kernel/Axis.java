package io.github.bitgrain.simulator.kernel;

import io.github.bitgrain.simulator.ChipBuffer;

/**
 * A tensor seen around one axis: element (o, i, n) is at {@code (o · extent + i) · inner + n}.
 *
 * @param outer product of the extents before the axis
 * @param extent extent of the axis
 * @param inner product of the extents after it
 */
record Axis(int outer, int extent, int inner) {
    static Axis of(ChipBuffer x, int axis) {
        return of(x, axis, false);
    }

    /** The tensor as whole floats if {@code asWholes}: gaps are elements too. */
    static Axis of(ChipBuffer x, int axis, boolean asWholes) {
        int at = axis < 0 ? axis + x.rank() : axis;
        int outer = 1;
        int inner = 1;
        int last = x.rank() - 1;
        for (int i = 0; i <= last; i++) {
            if (i < at) {
                outer *= x.dim(i);
            } else if (i > at) {
                inner *= asWholes && i == last ? x.wholeStride() : x.dim(i);
            }
        }
        return new Axis(outer, asWholes && at == last ? x.wholeStride() : x.dim(at), inner);
    }
}
