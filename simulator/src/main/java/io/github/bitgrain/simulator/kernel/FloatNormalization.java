package io.github.bitgrain.simulator.kernel;

import io.github.bitgrain.simulator.ChipBuffer;

/** The normalizations of a float island: {@link Normalization}'s formulas, everything in single precision. */
final class FloatNormalization {
    private FloatNormalization() {}

    static ChipKernel layer(int axis, float epsilon, float[] gain, float[] offset) {
        return (inputs, outputs) -> {
            ChipBuffer x = inputs[0];
            outputs[0].reshape(x.shape());
            int n = Normalization.rowLength(x, axis);
            for (int start = 0; start < x.count(); start += n) {
                float mean = 0f;
                for (int i = start; i < start + n; i++) {
                    mean += x.floats()[i];
                }
                mean /= n;
                float variance = 0f;
                for (int i = start; i < start + n; i++) {
                    float d = x.floats()[i] - mean;
                    variance += d * d;
                }
                float inverse = 1f / ChipArithmetic.newtonRoot(variance / n + epsilon);
                for (int i = 0; i < n; i++) {
                    float v = (x.floats()[start + i] - mean) * inverse * gain[i];
                    outputs[0].floats()[start + i] = offset == null ? v : v + offset[i];
                }
            }
        };
    }

    static ChipKernel rootMeanSquare(int axis, float epsilon, float[] gain) {
        return (inputs, outputs) -> {
            ChipBuffer x = inputs[0];
            outputs[0].reshape(x.shape());
            int n = Normalization.rowLength(x, axis);
            for (int start = 0; start < x.count(); start += n) {
                float squares = 0f;
                for (int i = start; i < start + n; i++) {
                    squares += x.floats()[i] * x.floats()[i];
                }
                float inverse = 1f / (float) Math.sqrt(squares / n + epsilon);
                for (int i = 0; i < n; i++) {
                    outputs[0].floats()[start + i] = x.floats()[start + i] * inverse * gain[i];
                }
            }
        };
    }

    static ChipKernel lp(int attribute, boolean euclidean) {
        return (inputs, outputs) -> {
            ChipBuffer x = inputs[0];
            outputs[0].reshape(x.shape());
            Axis axis = Axis.of(x, attribute);
            for (int outer = 0; outer < axis.outer(); outer++) {
                for (int inner = 0; inner < axis.inner(); inner++) {
                    int start = outer * axis.extent() * axis.inner() + inner;
                    float sum = 0f;
                    for (int i = 0; i < axis.extent(); i++) {
                        float v = x.floats()[start + i * axis.inner()];
                        sum += euclidean ? v * v : Math.abs(v);
                    }
                    float inverse = sum == 0f ? 0f : 1f / (euclidean ? (float) Math.sqrt(sum) : sum);
                    for (int i = 0; i < axis.extent(); i++) {
                        int at = start + i * axis.inner();
                        outputs[0].floats()[at] = x.floats()[at] * inverse;
                    }
                }
            }
        };
    }
}
