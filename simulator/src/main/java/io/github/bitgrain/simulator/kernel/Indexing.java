package io.github.bitgrain.simulator.kernel;

import io.github.bitgrain.kernels.Requantize;
import io.github.bitgrain.simulator.ChipBuffer;
import io.github.bitgrain.simulator.ElementType;

/** Operators that pick or place elements by an index list of the file: Gather, ScatterND, ReverseSequence. */
final class Indexing {
    private Indexing() {}

    /** The chip reads in front of its buffer for a negative index; here it counts from the end, as ONNX says. */
    static ChipKernel gather(NodeSetup node) {
        int attribute = Math.toIntExact(node.node().integer("axis", 0));
        int[] indices = node.requireParameter(1).ints();
        int[] indexShape = node.requireParameter(1).dims().stream().mapToInt(Integer::intValue).toArray();
        return (inputs, outputs) -> {
            ChipBuffer x = inputs[0];
            int axis = attribute < 0 ? attribute + x.rank() : attribute;
            Axis around = Axis.of(x, axis);
            int[] shape = new int[x.rank() - 1 + indexShape.length];
            System.arraycopy(x.shape(), 0, shape, 0, axis);
            System.arraycopy(indexShape, 0, shape, axis, indexShape.length);
            System.arraycopy(x.shape(), axis + 1, shape, axis + indexShape.length, x.rank() - axis - 1);
            outputs[0].reshape(shape);
            int to = 0;
            for (int outer = 0; outer < around.outer(); outer++) {
                for (int index : indices) {
                    int at = inside(node, index, around.extent());
                    outputs[0].copyFrom(x, (outer * around.extent() + at) * around.inner(), to, around.inner());
                    to += around.inner();
                }
            }
        };
    }

    /**
     * Copies data and then places updates, one slice per index tuple, in the order of the tuples; with a reduction the
     * integers are combined as they are and saturate. A negative index counts from the end, where the chip would write in
     * front of its buffer.
     */
    static ChipKernel scatterNd(NodeSetup node) {
        int[] indices = node.requireParameter(1).ints();
        int depth = node.requireParameter(1).dims().getLast();
        String reduction = node.node().text("reduction", "none");
        return (inputs, outputs) -> {
            ChipBuffer data = inputs[0];
            ChipBuffer updates = inputs[2];
            ChipBuffer y = outputs[0];
            y.reshape(data.shape());
            y.copyFrom(data, 0, 0, data.count());
            int slice = 1;
            for (int axis = depth; axis < data.rank(); axis++) {
                slice *= data.dim(axis);
            }
            for (int tuple = 0; tuple < indices.length / depth; tuple++) {
                int at = 0;
                for (int axis = 0; axis < depth; axis++) {
                    at = at * data.dim(axis) + inside(node, indices[tuple * depth + axis], data.dim(axis));
                }
                place(node, reduction, updates, tuple * slice, y, at * slice, slice);
            }
        };
    }

    private static void place(NodeSetup node, String reduction, ChipBuffer from, int start, ChipBuffer y, int at, int length) {
        for (int i = 0; i < length; i++) {
            if (y.isFloat()) {
                float old = y.floats()[at + i];
                float update = from.floats()[start + i];
                y.floats()[at + i] = switch (reduction) {
                    case "add" -> old + update;
                    case "mul" -> old * update;
                    case "max" -> Math.max(old, update);
                    case "min" -> Math.min(old, update);
                    default -> update;
                };
            } else {
                long old = y.ints()[at + i];
                long update = from.ints()[start + i];
                y.ints()[at + i] = (int) Requantize.saturate(switch (reduction) {
                    case "add" -> old + update;
                    case "mul" -> old * update;
                    case "max" -> Math.max(old, update);
                    case "min" -> Math.min(old, update);
                    default -> update;
                }, node.bits());
            }
        }
    }

    /**
     * Reverses the first {@code length[b]} steps of sequence b. As the chip does it: what one step holds is the product of
     * the extents from axis 2 on, whichever axes batch and time are, and floats are swapped through an integer.
     */
    static ChipKernel reverseSequence(NodeSetup node) {
        int batchAxis = Math.toIntExact(node.node().integer("batch_axis", 1));
        int timeAxis = Math.toIntExact(node.node().integer("time_axis", 0));
        int[] lengths = node.requireParameter(1).ints();
        return (inputs, outputs) -> {
            ChipBuffer x = inputs[0];
            ChipBuffer y = outputs[0];
            y.reshape(x.shape());
            y.copyFrom(x, 0, 0, x.count());
            int features = 1;
            for (int axis = 2; axis < x.rank(); axis++) {
                features *= x.dim(axis);
            }
            int batchStep = Axis.of(x, batchAxis).inner();
            int timeStep = Axis.of(x, timeAxis).inner();
            for (int b = 0; b < x.dim(batchAxis); b++) {
                int length = lengths[b];
                if (length > x.dim(timeAxis)) {
                    throw node.fail("sequence " + b + " is " + length + " steps long, the time axis has " + x.dim(timeAxis));
                }
                for (int t = 0; t < length / 2; t++) {
                    int early = b * batchStep + t * timeStep;
                    swap(y, early, early + (length - 1 - 2 * t) * timeStep, features);
                }
            }
        };
    }

    private static void swap(ChipBuffer y, int one, int other, int length) {
        for (int i = 0; i < length; i++) {
            if (y.type() == ElementType.FLOAT32) {
                // The chip's temporary is an int.
                int kept = (int) y.floats()[one + i];
                y.floats()[one + i] = y.floats()[other + i];
                y.floats()[other + i] = kept;
            } else {
                int kept = y.ints()[one + i];
                y.ints()[one + i] = y.ints()[other + i];
                y.ints()[other + i] = kept;
            }
        }
    }

    private static int inside(NodeSetup node, int index, int extent) {
        int at = index < 0 ? index + extent : index;
        if (at < 0 || at >= extent) {
            throw node.fail("index " + index + " is outside an axis of " + extent);
        }
        return at;
    }
}
