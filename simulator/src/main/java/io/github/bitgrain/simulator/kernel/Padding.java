package io.github.bitgrain.simulator.kernel;

import io.github.bitgrain.simulator.ChipBuffer;
import io.github.bitgrain.simulator.ChipTensor;
import java.util.Arrays;

/** Pad (chip-arithmetic.md §3.15): outside of a value lies a constant, its nearest element or its mirror image. Negative pads cut. */
final class Padding {
    private static final int NOTHING = -1;

    private final NodeSetup node;
    private final int[] pads;
    private final ChipTensor value;
    private final String mode;

    private Padding(NodeSetup node) {
        this.node = node;
        this.pads = node.requireParameter(1).ints();
        this.value = node.hasInput(2) ? node.requireParameter(2) : null;
        this.mode = node.node().text("mode", "constant");
        if (!mode.equals("constant") && !mode.equals("edge") && !mode.equals("reflect")) {
            throw node.fail("pad mode " + mode + " has no kernel; constant, edge and reflect have");
        }
    }

    static ChipKernel pad(NodeSetup node) {
        Padding padding = new Padding(node);
        return (inputs, outputs) -> padding.run(inputs[0], outputs[0]);
    }

    private void run(ChipBuffer x, ChipBuffer y) {
        int rank = x.rank();
        if (pads.length != 2 * rank) {
            throw node.fail(pads.length + " pads for " + rank + " axes");
        }
        int[] shape = x.shape().clone();
        for (int i = 0; i < rank; i++) {
            shape[i] += pads[i] + pads[i + rank];
        }
        boolean wholeRows = rank > 1 && pads[rank - 1] == 0 && pads[2 * rank - 1] == 0;
        y.reshape(wholeRows && x.hasWholes(), shape);
        if (wholeRows) {
            lines(x, y);
        } else {
            elements(x, y);
        }
    }

    /** The index along an axis where an element comes from, or {@link #NOTHING}. */
    private int source(int index, int axis, int extent) {
        int at = index - pads[axis];
        if (at >= 0 && at < extent) {
            return at;
        }
        return switch (mode) {
            case "edge" -> Math.clamp(at, 0, extent - 1);
            case "reflect" -> at < 0 ? -at : 2 * (extent - 1) - at;
            default -> NOTHING;
        };
    }

    /** Number of the element or line of x that the one at an index of y's outer axes comes from, or {@link #NOTHING}. */
    private int source(ChipBuffer x, int[] index) {
        int from = 0;
        for (int axis = 0; axis < index.length; axis++) {
            int at = source(index[axis], axis, x.dim(axis));
            if (at == NOTHING) {
                return NOTHING;
            }
            from = from * x.dim(axis) + at;
        }
        return from;
    }

    private static void advance(ChipBuffer y, int[] index) {
        for (int axis = index.length - 1; axis >= 0 && ++index[axis] == y.dim(axis); axis--) {
            index[axis] = 0;
        }
    }

    /** Lines of rows of channels: pixels side by side. */
    private void lines(ChipBuffer x, ChipBuffer y) {
        int outer = x.rank() - 2;
        int[] index = new int[outer];
        for (int to = 0; to < y.rows(); to += y.dim(outer)) {
            int from = source(x, index);
            if (from == NOTHING) {
                fill(y, to, y.dim(outer));
            } else {
                line(x, from * x.dim(outer), y, to);
            }
            advance(y, index);
        }
    }

    private void line(ChipBuffer x, int from, ChipBuffer y, int to) {
        int axis = x.rank() - 2;
        int before = pads[axis];
        int first = Math.clamp(before, 0, y.dim(axis));
        int last = Math.clamp(before + x.dim(axis), first, y.dim(axis));
        copy(x, from + first - before, y, to + first, last - first);
        if (mode.equals("constant")) {
            fill(y, to, first);
            fill(y, to + last, y.dim(axis) - last);
            return;
        }
        for (int i = 0; i < first; i++) {
            copy(x, from + source(i, axis, x.dim(axis)), y, to + i, 1);
        }
        for (int i = last; i < y.dim(axis); i++) {
            copy(x, from + source(i, axis, x.dim(axis)), y, to + i, 1);
        }
    }

    private static void copy(ChipBuffer x, int from, ChipBuffer y, int to, int rows) {
        if (rows > 0 && y.hasWholes()) {
            Movement.copyRows(x, from, y, to, rows);
        } else if (rows > 0) {
            y.copyFrom(x, from * x.dim(-1), to * x.dim(-1), rows * x.dim(-1));
        }
    }

    private void fill(ChipBuffer y, int row, int rows) {
        int channels = y.dim(-1);
        if (!y.hasWholes()) {
            fillElements(y, row * channels, (row + rows) * channels);
            return;
        }
        float[] wholes = y.wholes();
        for (int i = row; i < row + rows; i++) {
            int at = y.wholesOffset() + i * y.wholeStride();
            Arrays.fill(wholes, at, at + channels, value == null ? 0 : value.ints()[0]);
        }
    }

    private void fillElements(ChipBuffer y, int from, int to) {
        if (y.isFloat()) {
            Arrays.fill(y.floats(), from, to, value == null ? 0 : value.floats()[0]);
        } else {
            Arrays.fill(y.ints(), from, to, value == null ? 0 : value.ints()[0]);
        }
    }

    private void elements(ChipBuffer x, ChipBuffer y) {
        int[] index = new int[x.rank()];
        for (int to = 0; to < y.count(); to++) {
            int from = source(x, index);
            if (from == NOTHING) {
                fillElements(y, to, to + 1);
            } else {
                y.copyFrom(x, from, to, 1);
            }
            advance(y, index);
        }
    }
}
