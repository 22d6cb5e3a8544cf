package io.github.bitgrain.simulator.kernel;

import io.github.bitgrain.core.quant.Target;
import io.github.bitgrain.simulator.ChipBuffer;
import java.util.Arrays;

/** Reductions (chip-arithmetic.md §3.12). */
final class Reduction {
    /** Turns the elements of one group, in memory order, into the result. */
    private interface Group {
        int reduce(int[] values, int count);
    }

    private Reduction() {}

    /** As {@link Group}, of floats. */
    private interface FloatGroup {
        float reduce(float[] values);
    }

    private static ChipKernel kernel(NodeSetup node, Group group) {
        return kernel(node, (x, members, y, g) -> {
            int[] values = new int[members.length];
            for (int i = 0; i < values.length; i++) {
                values[i] = x.ints()[members[i]];
            }
            y.ints()[g] = group.reduce(values, values.length);
        });
    }

    /** Floats are reduced plainly, in single precision and in memory order. */
    private static ChipKernel onFloats(NodeSetup node, FloatGroup group) {
        return kernel(node, (x, members, y, g) -> {
            float[] values = new float[members.length];
            for (int i = 0; i < values.length; i++) {
                values[i] = x.floats()[members[i]];
            }
            y.floats()[g] = group.reduce(values);
        });
    }

    private interface Fill {
        void fill(ChipBuffer x, int[] members, ChipBuffer y, int g);
    }

    private static ChipKernel kernel(NodeSetup node, Fill fill) {
        int[] fixedAxes = node.integers(1, node.ints("axes"));
        boolean keep = node.node().integer("keepdims", 1) != 0;
        boolean allWhenEmpty = node.node().integer("noop_with_empty_axes", 0) == 0;
        return (inputs, outputs) -> {
            ChipBuffer x = inputs[0];
            boolean[] reduced = new boolean[x.rank()];
            for (int axis : fixedAxes) {
                reduced[axis < 0 ? axis + x.rank() : axis] = true;
            }
            if (fixedAxes.length == 0) {
                Arrays.fill(reduced, allWhenEmpty);
            }
            outputs[0].reshape(shape(x, reduced, keep));
            int[][] members = members(x, reduced);
            for (int g = 0; g < members.length; g++) {
                fill.fill(x, members[g], outputs[0], g);
            }
        };
    }

    private static int[] shape(ChipBuffer x, boolean[] reduced, boolean keep) {
        int[] shape = new int[x.rank()];
        int rank = 0;
        for (int axis = 0; axis < x.rank(); axis++) {
            if (!reduced[axis]) {
                shape[rank++] = x.dim(axis);
            } else if (keep) {
                shape[rank++] = 1;
            }
        }
        return rank == 0 ? new int[] {1} : Arrays.copyOf(shape, rank);
    }

    /** For every output element the places of its group, ascending. */
    private static int[][] members(ChipBuffer x, boolean[] reduced) {
        int groups = 1;
        int size = 1;
        for (int axis = 0; axis < x.rank(); axis++) {
            if (reduced[axis]) {
                size *= x.dim(axis);
            } else {
                groups *= x.dim(axis);
            }
        }
        int[][] members = new int[groups][size];
        int[] filled = new int[groups];
        for (int i = 0; i < x.count(); i++) {
            int rest = i;
            int group = 0;
            int stride = 1;
            for (int axis = x.rank() - 1; axis >= 0; axis--) {
                int index = rest % x.dim(axis);
                rest /= x.dim(axis);
                if (!reduced[axis]) {
                    group += index * stride;
                    stride *= x.dim(axis);
                }
            }
            members[group][filled[group]++] = i;
        }
        return members;
    }

    static ChipKernel mean(NodeSetup node) {
        if (node.computesFloats()) {
            return onFloats(node, v -> sum(v) / v.length);
        }
        float scale = ChipArithmetic.scale(node.inputExponent(0));
        float rescale = ChipArithmetic.rescale(node.outputExponent(0));
        return kernel(node, (v, n) -> quantize(node, sum(v) * scale / n * rescale));
    }

    static ChipKernel sum(NodeSetup node) {
        if (node.computesFloats()) {
            return onFloats(node, Reduction::sum);
        }
        int shift = node.outputExponent(0) - node.inputExponent(0);
        return kernel(node, (v, n) -> ChipArithmetic.requantize(sum(v), shift, node.bits(), node.target()));
    }

    static ChipKernel absoluteSum(NodeSetup node) {
        if (node.computesFloats()) {
            return onFloats(node, v -> fold(v, 0f, (a, b) -> a + Math.abs(b)));
        }
        int shift = node.outputExponent(0) - node.inputExponent(0);
        return kernel(node, (v, n) -> {
            long sum = 0;
            for (int q : v) {
                sum += Math.abs(q);
            }
            return ChipArithmetic.requantize(sum, shift, node.bits(), node.target());
        });
    }

    static ChipKernel sumOfSquares(NodeSetup node) {
        if (node.computesFloats()) {
            return onFloats(node, Reduction::squares);
        }
        int shift = node.outputExponent(0) - 2 * node.inputExponent(0);
        return kernel(node, (v, n) -> ChipArithmetic.requantize(squares(v), shift, node.bits(), node.target()));
    }

    static ChipKernel norm(NodeSetup node) {
        if (node.computesFloats()) {
            return onFloats(node, v -> ChipArithmetic.newtonRoot(squares(v)));
        }
        float scale = ChipArithmetic.scale(2 * node.inputExponent(0));
        float rescale = ChipArithmetic.rescale(node.outputExponent(0));
        return kernel(node, (v, n) -> quantize(node, ChipArithmetic.newtonRoot(squares(v) * scale) * rescale));
    }

    static ChipKernel maximum(NodeSetup node) {
        if (node.computesFloats()) {
            return onFloats(node, v -> fold(v, Float.NEGATIVE_INFINITY, Math::max));
        }
        return kernel(node, (v, n) -> Arrays.stream(v).max().orElseThrow());
    }

    static ChipKernel minimum(NodeSetup node) {
        if (node.computesFloats()) {
            return onFloats(node, v -> fold(v, Float.POSITIVE_INFINITY, Math::min));
        }
        return kernel(node, (v, n) -> Arrays.stream(v).min().orElseThrow());
    }

    /** 8 bits multiply in single, 16 bits in double precision. */
    static ChipKernel product(NodeSetup node) {
        if (node.computesFloats()) {
            return onFloats(node, v -> fold(v, 1f, (a, b) -> a * b));
        }
        float scale = ChipArithmetic.scale(node.inputExponent(0));
        float rescale = ChipArithmetic.rescale(node.outputExponent(0));
        boolean inDouble = node.bits() == 16;
        return kernel(node, (v, n) -> {
            float single = 1f;
            double twice = 1;
            for (int q : v) {
                single *= q * scale;
                twice *= q * scale;
            }
            return quantize(node, (inDouble ? (float) twice : single) * rescale);
        });
    }

    static ChipKernel logSum(NodeSetup node) {
        if (node.computesFloats()) {
            return onFloats(node, v -> ChipArithmetic.log(sum(v)));
        }
        float scale = ChipArithmetic.scale(node.inputExponent(0));
        float rescale = ChipArithmetic.rescale(node.outputExponent(0));
        return kernel(node, (v, n) -> quantize(node, ChipArithmetic.log(sum(v) * scale) * rescale));
    }

    static ChipKernel logSumExp(NodeSetup node) {
        if (node.computesFloats()) {
            return onFloats(node, v -> ChipArithmetic.log(fold(v, 0f, (a, b) -> a + ChipArithmetic.exp(b))));
        }
        float scale = ChipArithmetic.scale(node.inputExponent(0));
        float rescale = ChipArithmetic.rescale(node.outputExponent(0));
        return kernel(node, (v, n) -> {
            float sum = 0f;
            for (int q : v) {
                sum += ChipArithmetic.exp(q * scale);
            }
            return quantize(node, ChipArithmetic.log(sum) * rescale);
        });
    }

    private static int quantize(NodeSetup node, float value) {
        Target target = node.target();
        return ChipArithmetic.quantize(value, node.bits(), target);
    }

    private static long sum(int[] values) {
        long sum = 0;
        for (int q : values) {
            sum += q;
        }
        return sum;
    }

    private static long squares(int[] values) {
        long sum = 0;
        for (int q : values) {
            sum += (long) q * q;
        }
        return sum;
    }

    private static float sum(float[] values) {
        return fold(values, 0f, Float::sum);
    }

    private static float squares(float[] values) {
        return fold(values, 0f, (a, b) -> a + b * b);
    }

    private interface Step {
        float apply(float sum, float value);
    }

    private static float fold(float[] values, float start, Step step) {
        float result = start;
        for (float value : values) {
            result = step.apply(result, value);
        }
        return result;
    }
}
