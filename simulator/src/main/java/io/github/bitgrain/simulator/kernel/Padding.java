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

    /** Lines of rows of channels: pixels side by side. */
    private void lines(ChipBuffer x, ChipBuffer y) {
        int outer = x.rank() - 2;
        int width = x.dim(outer);
        int newWidth = y.dim(outer);
        int[] index = new int[outer];
        for (int to = 0; to < y.rows(); to += newWidth) {
            int from = 0;
            for (int axis = 0; axis < outer && from != NOTHING; axis++) {
                int at = source(index[axis], axis, x.dim(axis));
                from = at == NOTHING ? NOTHING : from * x.dim(axis) + at;
            }
            if (from == NOTHING) {
                fill(y, to, newWidth);
            } else {
                line(x, from * width, y, to);
            }
            for (int axis = outer - 1; axis >= 0 && ++index[axis] == y.dim(axis); axis--) {
                index[axis] = 0;
            }
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
        for (int i = 0; i < y.dim(axis); i = i + 1 == first ? last : i + 1) {
            if (i < first || i >= last) {
                copy(x, from + source(i, axis, x.dim(axis)), y, to + i, 1);
            }
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
        if (y.isFloat()) {
            Arrays.fill(y.floats(), row * channels, (row + rows) * channels, value == null ? 0 : value.floats()[0]);
        } else if (!y.hasWholes()) {
            Arrays.fill(y.ints(), row * channels, (row + rows) * channels, value == null ? 0 : value.ints()[0]);
        } else {
            float[] wholes = y.wholes();
            for (int i = row; i < row + rows; i++) {
                int at = y.wholesOffset() + i * y.wholeStride();
                Arrays.fill(wholes, at, at + channels, value == null ? 0 : value.ints()[0]);
            }
        }
    }

    private void elements(ChipBuffer x, ChipBuffer y) {
        int rank = x.rank();
        int[] index = new int[rank];
        for (int to = 0; to < y.count(); to++) {
            int from = 0;
            for (int axis = 0; axis < rank && from != NOTHING; axis++) {
                int at = source(index[axis], axis, x.dim(axis));
                from = at == NOTHING ? NOTHING : from * x.dim(axis) + at;
            }
            if (from != NOTHING) {
                y.copyFrom(x, from, to, 1);
            } else if (y.isFloat()) {
                y.floats()[to] = value == null ? 0 : value.floats()[0];
            } else {
                y.ints()[to] = value == null ? 0 : value.ints()[0];
            }
            for (int axis = rank - 1; axis >= 0 && ++index[axis] == y.dim(axis); axis--) {
                index[axis] = 0;
            }
        }
    }
}
