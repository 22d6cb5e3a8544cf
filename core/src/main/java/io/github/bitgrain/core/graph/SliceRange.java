package io.github.bitgrain.core.graph;

import io.github.bitgrain.core.op.Slice;
import io.github.bitgrain.core.tensor.Shape;

/**
 * What a Slice takes of one axis, after ONNX's rules for negative and excessive bounds.
 *
 * @param axis axis, from the front
 * @param first first element
 * @param step distance, negative backwards
 * @param count number of elements
 */
public record SliceRange(int axis, int first, int step, int count) {
    /** The range of the i-th listed axis. */
    public static SliceRange of(Slice op, int i, Shape x) {
        int axis = x.axis(op.axes().get(i));
        long extent = x.dim(axis);
        long step = op.steps().get(i);
        if (step == 0) {
            throw new IllegalArgumentException("step 0");
        }
        long start = op.starts().get(i) < 0 ? op.starts().get(i) + extent : op.starts().get(i);
        long end = op.ends().get(i) < 0 ? op.ends().get(i) + extent : op.ends().get(i);
        if (step > 0) {
            start = Math.clamp(start, 0, extent);
            end = Math.clamp(end, 0, extent);
        } else {
            start = Math.clamp(start, 0, Math.max(extent - 1, 0));
            end = Math.clamp(end, -1, extent - 1);
        }
        long count = step > 0 ? Math.ceilDiv(end - start, step) : Math.ceilDiv(start - end, -step);
        return new SliceRange(axis, (int) start, (int) step, (int) Math.max(count, 0));
    }
}
