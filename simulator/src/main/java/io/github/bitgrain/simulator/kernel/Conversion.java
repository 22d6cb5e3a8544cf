package io.github.bitgrain.simulator.kernel;

import io.github.bitgrain.kernels.BinaryFunction;
import io.github.bitgrain.kernels.FakeQuantization;
import io.github.bitgrain.kernels.FloatKernels;
import io.github.bitgrain.kernels.Kernels;
import io.github.bitgrain.kernels.Requantize;
import io.github.bitgrain.simulator.ChipBuffer;
import io.github.bitgrain.simulator.ElementType;

/** Quantize, dequantize, requantize (chip-arithmetic.md §1.4, §1.5). The parameters in the file are ignored, as on the chip. */
final class Conversion {
    private Conversion() {}

    static ChipKernel convert(NodeSetup node) {
        boolean fromFloat = node.inputType(0) == ElementType.FLOAT32;
        boolean toFloat = node.outputType(0) == ElementType.FLOAT32;
        if (fromFloat && toFloat) {
            return Movement.copy(node);
        }
        if (fromFloat) {
            float rescale = ChipArithmetic.rescale(node.outputExponent(0));
            return (inputs, outputs) -> {
                outputs[0].reshape(inputs[0].shape());
                Requantize.reals(inputs[0].count(), inputs[0].floats(), rescale, node.target().rounding(), node.bits(),
                        ChipArithmetic.quantize(Float.NaN, node.bits(), node.target()), outputs[0].ints());
            };
        }
        if (toFloat) {
            float scale = ChipArithmetic.scale(node.inputExponent(0));
            return (inputs, outputs) -> {
                outputs[0].reshape(inputs[0].shape());
                for (int i = 0; i < inputs[0].count(); i++) {
                    outputs[0].floats()[i] = inputs[0].ints()[i] * scale;
                }
            };
        }
        int shift = node.outputExponent(0) - node.inputExponent(0);
        return (inputs, outputs) -> {
            ChipBuffer x = inputs[0];
            outputs[0].reshape(x.hasWholes(), x.shape());
            if (x.hasWholes()) {
                requantize(node, x, shift, outputs[0]);
                return;
            }
            if (x.bits() <= Short.SIZE) {
                Requantize.values(x.count(), x.ints(), shift, node.target().rounding(), node.bits(), outputs[0].ints());
                return;
            }
            for (int i = 0; i < x.count(); i++) {
                outputs[0].ints()[i] = ChipArithmetic.requantize(x.ints()[i], shift, node.bits(), node.target());
            }
        };
    }

    /**
     * Fake quantization gives multiples of 2^shift. Half up is exact: a quotient below 1/2 has at most 24 binary places, or is below 1/4. Farther
     * to either side everything saturates or is 0, as in {@link Requantize#values}.
     */
    private static void requantize(NodeSetup node, ChipBuffer x, int given, ChipBuffer y) {
        int shift = Math.clamp(given, -Short.SIZE, Requantize.LARGEST_INT_SHIFT);
        FloatKernels kernels = Kernels.floats();
        float[] scale = {FakeQuantization.scale(-shift)};
        WholeRuns.map(x, y, (n, from, at, to, toAt) -> {
            kernels.fakeQuantize(n, from, at, to, toAt, shift, FakeQuantization.qmin(node.bits()), FakeQuantization.qmax(node.bits()),
                    node.target().rounding());
            kernels.binary(BinaryFunction.MULTIPLY, n, to, toAt, 1, scale, 0, 0, to, toAt);
        });
    }
}
