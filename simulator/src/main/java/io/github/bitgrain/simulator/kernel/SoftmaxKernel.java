package io.github.bitgrain.simulator.kernel;

import io.github.bitgrain.kernels.Finish;
import io.github.bitgrain.simulator.ChipBuffer;
import io.github.bitgrain.simulator.ElementType;

/** Softmax and LogSoftmax; the result is float (chip-arithmetic.md §3.10). */
final class SoftmaxKernel {
    private SoftmaxKernel() {}

    static ChipKernel softmax(NodeSetup node) {
        return kernel(node, false);
    }

    static ChipKernel logSoftmax(NodeSetup node) {
        return kernel(node, true);
    }

    /** At 8 bits the chip sums table entries and does not subtract the maximum. */
    private static ChipKernel kernel(NodeSetup node, boolean logarithm) {
        float scale = node.inputType(0).isQuantized() ? ChipArithmetic.scale(node.inputExponent(0)) : 1f;
        float[] table = node.inputType(0) == ElementType.INT8 ? table(scale) : null;
        int attribute = Math.toIntExact(node.node().integer("axis", -1));
        return (inputs, outputs) -> {
            ChipBuffer x = inputs[0];
            outputs[0].reshape(x.shape());
            Axis axis = Axis.of(x, attribute);
            float[] v = new float[axis.extent()];
            float[] powers = new float[axis.extent()];
            for (int outer = 0; outer < axis.outer(); outer++) {
                for (int inner = 0; inner < axis.inner(); inner++) {
                    int start = outer * axis.extent() * axis.inner() + inner;
                    float max = 0f;
                    if (table != null) {
                        lookUp(table, x.ints(), start, axis.inner(), scale, v, powers);
                    } else {
                        read(x, start, axis.inner(), scale, v);
                        max = exponentials(v, powers);
                    }
                    finish(v, max, powers, logarithm, outputs[0].floats(), start, axis.inner());
                }
            }
        };
    }

    private static float[] table(float scale) {
        float[] table = new float[Finish.ENTRIES];
        for (int i = 0; i < table.length; i++) {
            table[i] = ChipArithmetic.exp(scale * (i + Byte.MIN_VALUE));
        }
        return table;
    }

    private static void lookUp(float[] table, int[] x, int start, int step, float scale, float[] v, float[] powers) {
        for (int i = 0; i < v.length; i++) {
            int q = x[start + i * step];
            v[i] = scale * q;
            powers[i] = table[q - Byte.MIN_VALUE];
        }
    }

    private static void read(ChipBuffer x, int start, int step, float scale, float[] v) {
        for (int i = 0; i < v.length; i++) {
            int at = start + i * step;
            v[i] = x.isFloat() ? x.floats()[at] : scale * x.ints()[at];
        }
    }

    /** Sets the powers, returns the largest value. */
    private static float exponentials(float[] v, float[] powers) {
        float max = Float.NEGATIVE_INFINITY;
        for (float value : v) {
            max = Math.max(max, value);
        }
        for (int i = 0; i < v.length; i++) {
            powers[i] = ChipArithmetic.exp(v[i] - max);
        }
        return max;
    }

    private static void finish(float[] v, float max, float[] powers, boolean logarithm, float[] y, int start, int step) {
        float sum = 0f;
        for (float power : powers) {
            sum += power;
        }
        float logSum = logarithm ? ChipArithmetic.log(sum) : 0f;
        for (int i = 0; i < v.length; i++) {
            y[start + i * step] = logarithm ? v[i] - max - logSum : powers[i] / sum;
        }
    }
}
