package io.github.bitgrain.core.evaluate;

import io.github.bitgrain.core.op.Pad;
import io.github.bitgrain.core.plan.Value;

/**
 * The part of the operand that a constant Pad keeps, and where it goes. Negative pads cut.
 *
 * @param from offset in the operand
 * @param to offset in the result
 * @param dims extents of the kept part
 */
public record PadForm(int from, int to, int[] dims) {
    /** The form of a node. */
    public static PadForm of(Pad op, Value x, Value y) {
        int[] xs = x.strides();
        int[] ys = y.strides();
        int[] dims = x.shape().dims();
        int from = 0;
        int to = 0;
        for (int axis = 0; axis < dims.length; axis++) {
            int before = op.begins().get(axis);
            int after = op.ends().get(axis);
            from += Math.max(-before, 0) * xs[axis];
            to += Math.max(before, 0) * ys[axis];
            dims[axis] += Math.min(before, 0) + Math.min(after, 0);
        }
        return new PadForm(from, to, dims);
    }
}
