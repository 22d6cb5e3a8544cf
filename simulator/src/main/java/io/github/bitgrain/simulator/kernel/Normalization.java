package io.github.bitgrain.simulator.kernel;

import io.github.bitgrain.simulator.ChipBuffer;
import io.github.bitgrain.simulator.ChipTensor;

/**
 * Layer, RMS and Lp normalization, float inside (chip-arithmetic.md §3.13). On floats the same formulas hold without the
 * scales, with the sums in single precision too.
 */
final class Normalization {
    private Normalization() {}

    static ChipKernel layer(NodeSetup node) {
        int axis = Math.toIntExact(node.node().integer("axis", -1));
        float epsilon = node.node().real("epsilon", 1e-5f);
        if (node.computesFloats()) {
            return FloatNormalization.layer(axis, epsilon, reals(node, 1), node.hasInput(2) ? reals(node, 2) : null);
        }
        float scale = ChipArithmetic.scale(node.inputExponent(0));
        float rescale = ChipArithmetic.rescale(node.outputExponent(0));
        float[] gain = reals(node, 1);
        float[] offset = node.hasInput(2) ? reals(node, 2) : null;
        return (inputs, outputs) -> {
            ChipBuffer x = inputs[0];
            outputs[0].reshape(x.shape());
            int n = rowLength(x, axis);
            for (int start = 0; start < x.count(); start += n) {
                long sum = 0;
                for (int i = 0; i < n; i++) {
                    sum += x.ints()[start + i];
                }
                float mean = (float) ((double) sum / n);
                float variance = 0f;
                for (int i = 0; i < n; i++) {
                    float d = x.ints()[start + i] - mean;
                    variance += d * d;
                }
                mean *= scale;
                variance *= scale * scale;
                variance /= n;
                float inverse = 1f / ChipArithmetic.newtonRoot(variance + epsilon);
                for (int i = 0; i < n; i++) {
                    float v = (x.ints()[start + i] * scale - mean) * inverse * gain[i];
                    v = offset == null ? v : v + offset[i];
                    outputs[0].ints()[start + i] = ChipArithmetic.quantize(v * rescale, node.bits(), node.target());
                }
            }
        };
    }

    private static float[] reals(NodeSetup node, int input) {
        ChipTensor parameter = node.requireParameter(input);
        if (!parameter.type().isQuantized()) {
            return parameter.floats();
        }
        int[] ints = parameter.ints();
        float[] values = new float[ints.length];
        for (int i = 0; i < values.length; i++) {
            values[i] = ints[i] * ChipArithmetic.scale(parameter.exponents().single());
        }
        return values;
    }

    static int rowLength(ChipBuffer x, int axis) {
        Axis around = Axis.of(x, axis);
        return around.extent() * around.inner();
    }

    static ChipKernel rootMeanSquare(NodeSetup node) {
        int axis = Math.toIntExact(node.node().integer("axis", -1));
        float epsilon = node.node().real("epsilon", 1e-5f);
        if (node.computesFloats()) {
            return FloatNormalization.rootMeanSquare(axis, epsilon, reals(node, 1));
        }
        float scale = ChipArithmetic.scale(node.inputExponent(0));
        float ratio = scale * ChipArithmetic.rescale(node.outputExponent(0));
        float[] gain = reals(node, 1);
        return (inputs, outputs) -> {
            ChipBuffer x = inputs[0];
            outputs[0].reshape(x.shape());
            int n = rowLength(x, axis);
            for (int start = 0; start < x.count(); start += n) {
                long squares = 0;
                for (int i = 0; i < n; i++) {
                    squares += (long) x.ints()[start + i] * x.ints()[start + i];
                }
                float mean = squares * (scale * scale) / n;
                float factor = 1f / (float) Math.sqrt(mean + epsilon) * ratio;
                for (int i = 0; i < n; i++) {
                    outputs[0].ints()[start + i] =
                            ChipArithmetic.quantize(x.ints()[start + i] * factor * gain[i], node.bits(), node.target());
                }
            }
        };
    }

    static ChipKernel lp(NodeSetup node) {
        int attribute = Math.toIntExact(node.node().integer("axis", -1));
        boolean euclidean = node.node().integer("p", 2) == 2;
        if (node.computesFloats()) {
            return FloatNormalization.lp(attribute, euclidean);
        }
        float rescale = ChipArithmetic.rescale(node.outputExponent(0));
        return (inputs, outputs) -> {
            ChipBuffer x = inputs[0];
            outputs[0].reshape(x.shape());
            Axis axis = Axis.of(x, attribute);
            for (int outer = 0; outer < axis.outer(); outer++) {
                for (int inner = 0; inner < axis.inner(); inner++) {
                    int start = outer * axis.extent() * axis.inner() + inner;
                    long sum = 0;
                    for (int i = 0; i < axis.extent(); i++) {
                        long q = x.ints()[start + i * axis.inner()];
                        sum += euclidean ? q * q : Math.abs(q);
                    }
                    float inverse = sum == 0 ? 0f : euclidean ? 1f / (float) Math.sqrt((float) sum) : 1f / (float) sum;
                    for (int i = 0; i < axis.extent(); i++) {
                        int at = start + i * axis.inner();
                        float v = axis.inner() == 1 ? x.ints()[at] * (inverse * rescale) : x.ints()[at] * inverse * rescale;
                        outputs[0].ints()[at] = ChipArithmetic.quantize(v, node.bits(), node.target());
                    }
                }
            }
        };
    }
}
