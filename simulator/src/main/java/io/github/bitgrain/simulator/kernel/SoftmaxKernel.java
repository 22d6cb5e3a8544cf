package io.github.bitgrain.simulator.kernel;

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

    private static ChipKernel kernel(NodeSetup node, boolean logarithm) {
        boolean isInt8 = node.inputType(0) == ElementType.INT8;
        float scale = node.inputType(0).isQuantized() ? ChipArithmetic.scale(node.inputExponent(0)) : 1f;
        int attribute = Math.toIntExact(node.node().integer("axis", -1));
        return (inputs, outputs) -> {
            ChipBuffer x = inputs[0];
            outputs[0].reshape(x.shape());
            Axis axis = Axis.of(x, attribute);
            float[] v = new float[axis.extent()];
            int[] integers = x.ints();
            float[] floats = x.floats();
            float[] y = outputs[0].floats();
            for (int outer = 0; outer < axis.outer(); outer++) {
                for (int inner = 0; inner < axis.inner(); inner++) {
                    int start = outer * axis.extent() * axis.inner() + inner;
                    for (int i = 0; i < v.length; i++) {
                        int at = start + i * axis.inner();
                        v[i] = x.isFloat() ? floats[at] : scale * integers[at];
                    }
                    row(v, y, start, axis.inner(), isInt8, logarithm);
                }
            }
        };
    }

    /** At 8 bits the chip sums table entries and does not subtract the maximum. */
    private static void row(float[] v, float[] y, int start, int step, boolean isInt8, boolean logarithm) {
        float max = 0f;
        if (!isInt8) {
            max = Float.NEGATIVE_INFINITY;
            for (float value : v) {
                max = Math.max(max, value);
            }
        }
        float sum = 0f;
        for (int i = 0; i < v.length; i++) {
            float power = ChipArithmetic.exp(v[i] - max);
            sum += power;
            v[i] = logarithm ? v[i] : power;
        }
        float logSum = logarithm ? ChipArithmetic.log(sum) : 0f;
        for (int i = 0; i < v.length; i++) {
            y[start + i * step] = logarithm ? v[i] - max - logSum : v[i] / sum;
        }
    }
}
