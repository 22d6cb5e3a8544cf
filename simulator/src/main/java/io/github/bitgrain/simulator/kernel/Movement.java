package io.github.bitgrain.simulator.kernel;

import io.github.bitgrain.kernels.Kernels;
import io.github.bitgrain.simulator.ChipBuffer;
import java.util.Arrays;

/** Operators that move elements without arithmetic (chip-arithmetic.md §3.15). Exponents must agree in the file. */
final class Movement {
    private Movement() {}

    static ChipKernel copy(NodeSetup node) {
        return (inputs, outputs) -> copyAs(inputs[0], outputs[0], inputs[0].shape());
    }

    private static void copyAs(ChipBuffer x, ChipBuffer y, int... shape) {
        boolean sameRows = shape.length > 0 && x.rank() > 0 && shape[shape.length - 1] == x.dim(-1);
        if (x.hasWholes() && sameRows) {
            y.reshapeWholes(shape);
            copyRows(x, 0, y, 0, x.rows());
        } else {
            y.reshape(shape);
            y.copyFrom(x, 0, 0, x.count());
        }
    }

    static ChipKernel flatten(NodeSetup node) {
        int axis = Math.toIntExact(node.node().integer("axis", 1));
        return (inputs, outputs) -> {
            ChipBuffer x = inputs[0];
            int rows = 1;
            for (int i = 0; i < (axis < 0 ? axis + x.rank() : axis); i++) {
                rows *= x.dim(i);
            }
            copyAs(x, outputs[0], rows, x.count() / rows);
        };
    }

    static ChipKernel reshape(NodeSetup node) {
        int[] wanted = node.requireParameter(1).ints();
        boolean zeroCopies = node.node().integer("allowzero", 0) == 0;
        return (inputs, outputs) -> {
            ChipBuffer x = inputs[0];
            int[] shape = wanted.clone();
            int open = -1;
            int known = 1;
            for (int i = 0; i < shape.length; i++) {
                if (shape[i] == 0 && zeroCopies) {
                    shape[i] = x.dim(i);
                }
                if (shape[i] == -1) {
                    open = i;
                } else {
                    known *= shape[i];
                }
            }
            if (open >= 0) {
                shape[open] = x.count() / known;
                known *= shape[open];
            }
            if (known != x.count()) {
                throw node.fail(Arrays.toString(x.shape()) + " does not reshape to " + Arrays.toString(wanted));
            }
            copyAs(x, outputs[0], shape);
        };
    }

    static ChipKernel squeeze(NodeSetup node) {
        int[] axes = node.integers(1, node.ints("axes"));
        return (inputs, outputs) -> {
            ChipBuffer x = inputs[0];
            boolean[] gone = new boolean[x.rank()];
            for (int axis : axes) {
                gone[axis < 0 ? axis + x.rank() : axis] = true;
            }
            int[] shape = new int[x.rank()];
            int rank = 0;
            for (int i = 0; i < x.rank(); i++) {
                if (!(gone[i] || axes.length == 0 && x.dim(i) == 1)) {
                    shape[rank++] = x.dim(i);
                }
            }
            copyAs(x, outputs[0], Arrays.copyOf(shape, rank));
        };
    }

    static ChipKernel unsqueeze(NodeSetup node) {
        int[] axes = node.integers(1, node.ints("axes"));
        return (inputs, outputs) -> {
            ChipBuffer x = inputs[0];
            int rank = x.rank() + axes.length;
            boolean[] added = new boolean[rank];
            for (int axis : axes) {
                added[axis < 0 ? axis + rank : axis] = true;
            }
            int[] shape = new int[rank];
            int from = 0;
            for (int i = 0; i < rank; i++) {
                shape[i] = added[i] ? 1 : x.dim(from++);
            }
            copyAs(x, outputs[0], shape);
        };
    }

    static ChipKernel transpose(NodeSetup node) {
        int[] given = node.ints("perm");
        return (inputs, outputs) -> {
            ChipBuffer x = inputs[0];
            int[] perm = new int[x.rank()];
            for (int i = 0; i < perm.length; i++) {
                int axis = given.length == 0 ? perm.length - 1 - i : given[i];
                perm[i] = axis < 0 ? axis + x.rank() : axis;
            }
            int[] shape = new int[perm.length];
            for (int i = 0; i < perm.length; i++) {
                shape[i] = x.dim(perm[i]);
            }
            outputs[0].reshape(x.hasWholes(), shape);
            int[] strides = steps(x);
            int[] steps = new int[perm.length];
            for (int i = 0; i < perm.length; i++) {
                steps[i] = strides[perm[i]];
            }
            gather(x, outputs[0], 0, steps);
        };
    }

    private static int[] strides(int[] shape) {
        int[] strides = new int[shape.length];
        int stride = 1;
        for (int i = shape.length - 1; i >= 0; i--) {
            strides[i] = stride;
            stride *= shape[i];
        }
        return strides;
    }

    /** From one index of each axis to the next, in the form that x is in. */
    private static int[] steps(ChipBuffer x) {
        int[] shape = x.shape().clone();
        if (x.hasWholes() && shape.length > 0) {
            shape[shape.length - 1] = x.wholeStride();
        }
        return strides(shape);
    }

    /** Fills y, which has the form of x, in order with the elements of x at {@code start + Σ index · step}. */
    private static void gather(ChipBuffer x, ChipBuffer y, int start, int[] steps) {
        int[] index = new int[steps.length];
        int from = start;
        int row = steps.length == 0 ? 1 : y.dim(-1);
        int step = steps.length == 0 ? 1 : steps[steps.length - 1];
        int toStep = x.hasWholes() ? y.wholeStride() : row;
        for (int i = 0, to = 0; i < y.count(); i += row, to += toStep) {
            if (x.hasWholes()) {
                copyRow(x.wholes(), x.wholesOffset() + from, step, y.wholes(), y.wholesOffset() + to, row);
            } else if (x.isFloat()) {
                copyRow(x.floats(), from, step, y.floats(), to, row);
            } else {
                copyRow(x.ints(), from, step, y.ints(), to, row);
            }
            for (int axis = steps.length - 2; axis >= 0; axis--) {
                from += steps[axis];
                if (++index[axis] < y.dim(axis)) {
                    break;
                }
                index[axis] = 0;
                from -= steps[axis] * y.dim(axis);
            }
        }
    }

    private static void copyRow(int[] x, int from, int step, int[] y, int to, int count) {
        if (step == 1) {
            System.arraycopy(x, from, y, to, count);
            return;
        }
        for (int i = 0; i < count; i++) {
            y[to + i] = x[from + i * step];
        }
    }

    private static void copyRow(float[] x, int from, int step, float[] y, int to, int count) {
        if (step == 1) {
            System.arraycopy(x, from, y, to, count);
            return;
        }
        for (int i = 0; i < count; i++) {
            y[to + i] = x[from + i * step];
        }
    }

    static ChipKernel concat(NodeSetup node) {
        int attribute = Math.toIntExact(node.node().integer("axis", 0));
        int[] stated = node.node().inputs().stream().mapToInt(node.program()::channels).toArray();
        return (inputs, outputs) -> {
            int axis = attribute < 0 ? attribute + inputs[0].rank() : attribute;
            int[] shape = inputs[0].shape().clone();
            shape[axis] = 0;
            for (ChipBuffer input : inputs) {
                shape[axis] += input.dim(axis);
            }
            ChipBuffer y = outputs[0];
            boolean inPlace = Arrays.stream(inputs).anyMatch(input -> input.channelIn(y) >= 0);
            if (inPlace && !(Arrays.equals(y.shape(), shape) && Arrays.equals(channels(inputs), stated))) {
                throw node.fail("its operands have other shapes than the file states");
            }
            boolean asWholes = inPlace || Arrays.stream(inputs).allMatch(ChipBuffer::hasWholes);
            y.reshape(asWholes, shape);
            int at = 0;
            for (ChipBuffer input : inputs) {
                if (input.channelIn(y) != at) {
                    copyPart(input, 0, y, at, axis, input.dim(axis), asWholes);
                }
                at += input.dim(axis);
            }
        };
    }

    private static int[] channels(ChipBuffer[] values) {
        return Arrays.stream(values).mapToInt(value -> value.dim(-1)).toArray();
    }

    /** Copies {@code extent} indices of an axis. */
    private static void copyPart(ChipBuffer x, int from, ChipBuffer y, int to, int axis, int extent, boolean asWholes) {
        Axis source = Axis.of(x, axis);
        Axis result = Axis.of(y, axis);
        if (asWholes && axis == x.rank() - 1) {
            Kernels.floats().copyRows(source.outer(), extent, x.wholes(), x.wholesOffset() + from, x.wholeStride(), y.wholes(), y.wholesOffset() + to,
                    y.wholeStride());
            return;
        }
        int inner = asWholes ? source.inner() / x.dim(-1) : source.inner();
        for (int outer = 0; outer < source.outer(); outer++) {
            int first = (outer * source.extent() + from) * inner;
            int firstResult = (outer * result.extent() + to) * inner;
            if (asWholes) {
                copyRows(x, first, y, firstResult, extent * inner);
            } else {
                y.copyFrom(x, first, firstResult, extent * inner);
            }
        }
    }

    /** Copies rows of channels: in one run, gaps too, where both lie apart. */
    static void copyRows(ChipBuffer x, int from, ChipBuffer y, int to, int rows) {
        float[] wholes = x.wholes();
        boolean apart = x.isApart() && y.isApart();
        Kernels.floats().copyRows(apart ? 1 : rows, apart ? rows * x.wholeStride() : x.dim(-1), wholes, x.wholesOffset() + from * x.wholeStride(),
                x.wholeStride(), y.wholes(), y.wholesOffset() + to * y.wholeStride(), y.wholeStride());
    }

    static ChipKernel split(NodeSetup node) {
        int attribute = Math.toIntExact(node.node().integer("axis", 0));
        int[] sizes = node.integers(1, node.ints("split"));
        return (inputs, outputs) -> {
            ChipBuffer x = inputs[0];
            int axis = attribute < 0 ? attribute + x.rank() : attribute;
            int each = (x.dim(axis) + outputs.length - 1) / outputs.length;
            int at = 0;
            for (int o = 0; o < outputs.length; o++) {
                int size = sizes.length > 0 ? sizes[o] : Math.min(each, x.dim(axis) - at);
                int[] shape = x.shape().clone();
                shape[axis] = size;
                if (axis != x.rank() - 1 || !outputs[o].liesIn(x, at, shape)) {
                    outputs[o].reshape(x.hasWholes(), shape);
                    copyPart(x, at, outputs[o], 0, axis, size, x.hasWholes());
                }
                at += size;
            }
        };
    }

    static ChipKernel slice(NodeSetup node) {
        int[] starts = node.integers(1, new int[0]);
        int[] ends = node.integers(2, new int[0]);
        int[] axes = node.integers(3, null);
        int[] steps = node.integers(4, null);
        return (inputs, outputs) -> {
            ChipBuffer x = inputs[0];
            int[] shape = x.shape().clone();
            int[] strides = steps(x);
            int origin = 0;
            for (int i = 0; i < starts.length; i++) {
                int axis = axes == null ? i : axes[i] < 0 ? axes[i] + x.rank() : axes[i];
                int step = steps == null ? 1 : steps[i];
                int extent = x.dim(axis);
                int low = step > 0 ? 0 : -1;
                int start = Math.clamp(starts[i] < 0 ? (long) starts[i] + extent : starts[i], 0, step > 0 ? extent : extent - 1);
                int end = Math.clamp(ends[i] < 0 ? (long) ends[i] + extent : ends[i], low, extent);
                shape[axis] = Math.max(0, (end - start + step - Integer.signum(step)) / step);
                origin += start * strides[axis];
                strides[axis] *= step;
            }
            outputs[0].reshape(x.hasWholes(), shape);
            gather(x, outputs[0], origin, strides);
        };
    }

    static ChipKernel insertZeros(NodeSetup node) {
        int[] strides = node.ints("stride", 1, 1);
        int[] extra = node.ints("output_padding", 0, 0);
        return (inputs, outputs) -> {
            ChipBuffer x = inputs[0];
            int spatial = x.rank() - 2;
            int[] shape = x.shape().clone();
            for (int i = 0; i < spatial; i++) {
                shape[i + 1] = (shape[i + 1] - 1) * strides[i] + 1 + (i < extra.length ? extra[i] : 0);
            }
            outputs[0].reshape(shape);
            outputs[0].clear();
            int channels = x.dim(-1);
            int height = spatial == 2 ? x.dim(1) : 1;
            int width = x.dim(-2);
            int outHeight = spatial == 2 ? shape[1] : 1;
            for (int n = 0; n < x.dim(0); n++) {
                for (int row = 0; row < height; row++) {
                    for (int column = 0; column < width; column++) {
                        int toRow = spatial == 2 ? row * strides[0] : 0;
                        int to = ((n * outHeight + toRow) * shape[spatial] + column * strides[spatial - 1]) * channels;
                        outputs[0].copyFrom(x, ((n * height + row) * width + column) * channels, to, channels);
                    }
                }
            }
        };
    }

    /** Blocks of channels become blocks of pixels; NHWC. */
    static ChipKernel depthToSpace(NodeSetup node) {
        int block = Math.toIntExact(node.node().integer("blocksize", 1));
        boolean columnsFirst = node.node().text("mode", "DCR").equals("CRD");
        return (inputs, outputs) -> {
            ChipBuffer x = inputs[0];
            int channels = x.dim(3) / (block * block);
            outputs[0].reshape(x.dim(0), x.dim(1) * block, x.dim(2) * block, channels);
            for (int i = 0; i < outputs[0].count(); i++) {
                int c = i % channels;
                int column = i / channels % outputs[0].dim(2);
                int row = i / channels / outputs[0].dim(2) % outputs[0].dim(1);
                int n = i / channels / outputs[0].dim(2) / outputs[0].dim(1);
                int tap = row % block * block + column % block;
                int from = columnsFirst ? c * block * block + tap : tap * channels + c;
                outputs[0].copyFrom(x, ((n * x.dim(1) + row / block) * x.dim(2) + column / block) * x.dim(3) + from, i, 1);
            }
        };
    }

    /**
     * Blocks of pixels become blocks of channels; NHWC. The pixels of one channel stay together, channel c of tap t at
     * {@code c · blocksize² + t} (esp-dl: dl_module_space_to_depth.hpp); ONNX keeps the channels of one pixel together.
     */
    static ChipKernel spaceToDepth(NodeSetup node) {
        int block = Math.toIntExact(node.node().integer("blocksize", 1));
        return (inputs, outputs) -> {
            ChipBuffer x = inputs[0];
            int channels = x.dim(3);
            outputs[0].reshape(x.dim(0), x.dim(1) / block, x.dim(2) / block, channels * block * block);
            for (int i = 0; i < outputs[0].count(); i++) {
                int tap = i % (block * block);
                int c = i / (block * block) % channels;
                int pixel = i / channels / (block * block);
                int column = pixel % outputs[0].dim(2) * block + tap % block;
                int row = pixel / outputs[0].dim(2) % outputs[0].dim(1) * block + tap / block;
                int n = pixel / outputs[0].dim(2) / outputs[0].dim(1);
                outputs[0].copyFrom(x, ((n * x.dim(1) + row) * x.dim(2) + column) * channels + c, i, 1);
            }
        };
    }
}
