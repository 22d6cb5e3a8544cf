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
        int at = axis < 0 ? axis + x.rank() : axis;
        int outer = 1;
        int inner = 1;
        for (int i = 0; i < x.rank(); i++) {
            if (i < at) {
                outer *= x.dim(i);
            } else if (i > at) {
                inner *= x.dim(i);
            }
        }
        return new Axis(outer, x.dim(at), inner);
    }
}
