package io.github.bitgrain.simulator.lowering;

import io.github.bitgrain.core.op.Gather;
import io.github.bitgrain.core.op.Pad;
import io.github.bitgrain.core.op.Reshape;
import io.github.bitgrain.core.op.Slice;
import io.github.bitgrain.core.op.Split;
import io.github.bitgrain.core.op.Squeeze;
import io.github.bitgrain.core.op.Transpose;
import io.github.bitgrain.core.op.Unsqueeze;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;

/** Operators that move or reduce elements and say by index lists which. The chip reads all such lists as operands. */
final class ReshapeLowering {
    private ReshapeLowering() {}

    static void reshape(Reshape op, NodeLowering at) {
        at.integers(1, "shape", op.shape());
        if (op.allowZero()) {
            at.node.attribute("allowzero", 1);
        }
    }

    static void transpose(Transpose op, NodeLowering at) {
        at.node.attribute("perm", op.permutation().stream().mapToInt(Integer::intValue).toArray());
    }

    static void squeeze(Squeeze op, NodeLowering at) {
        List<Integer> axes = op.axes();
        if (axes.isEmpty()) {
            axes = IntStream.range(1, at.inputShape(0).rank()).filter(axis -> at.inputShape(0).dim(axis) == 1).boxed().toList();
        }
        at.integers(1, "axes", longs(axes));
    }

    static void unsqueeze(Unsqueeze op, NodeLowering at) {
        at.integers(1, "axes", longs(op.axes()));
    }

    static void split(Split op, NodeLowering at) {
        at.node.attribute("axis", op.axis());
        at.integers(1, "split", longs(op.sizes()));
    }

    static void slice(Slice op, NodeLowering at) {
        at.integers(1, "starts", op.starts());
        at.integers(2, "ends", op.ends());
        at.integers(3, "axes", longs(op.axes()));
        at.integers(4, "steps", op.steps());
    }

    static void pad(Pad op, NodeLowering at) {
        if (op.mode() == Pad.Mode.WRAP) {
            throw at.node.refused("the chip's Pad has no wrap mode; use constant, edge or reflect");
        }
        at.node.attribute("mode", op.mode().name().toLowerCase(Locale.ROOT));
        List<Integer> pads = new ArrayList<>(op.begins());
        pads.addAll(op.ends());
        at.integers(1, "pads", longs(pads));
        if (op.mode() == Pad.Mode.CONSTANT && (op.value() != 0 || at.source.hasInput(2))) {
            at.scalarLikeInput(2, "value", op.value());
        }
    }

    static void gather(Gather op, NodeLowering at) {
        int rank = at.inputShape(0).rank();
        int extent = at.inputShape(0).dim(NodeLowering.axis(op.axis(), rank));
        at.node.attribute("axis", op.axis());
        List<Long> indices = new ArrayList<>();
        for (int index : op.indices()) {
            // The chip reads in front of the buffer for a negative index.
            indices.add((long) (index < 0 && !at.parity() ? index + extent : index));
        }
        List<Integer> dims = IntStream.of(op.indicesShape().dims()).boxed().toList();
        at.integers(1, "indices", indices, dims);
    }

    /** ReduceMean and its kind. The list of axes is written out even when it is all of them. */
    static void reduce(List<Integer> axes, boolean keepDims, NodeLowering at) {
        List<Integer> all = IntStream.range(0, at.inputShape(0).rank()).boxed().toList();
        at.node.attribute("keepdims", keepDims ? 1 : 0);
        at.integers(1, "axes", longs(axes.isEmpty() ? all : axes));
    }

    private static List<Long> longs(List<Integer> values) {
        return values.stream().map(Integer::longValue).toList();
    }
}
