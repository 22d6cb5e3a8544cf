package io.github.bitgrain.simulator.kernel;

import io.github.bitgrain.core.quant.Target;
import io.github.bitgrain.kernels.Finish;
import io.github.bitgrain.kernels.Requantize;
import io.github.bitgrain.kernels.Rounding;
import io.github.bitgrain.simulator.ChipBuffer;
import io.github.bitgrain.simulator.ChipNode;
import io.github.bitgrain.simulator.ChipTensor;
import io.github.bitgrain.simulator.ElementType;
import java.util.function.Function;

/** Operators of one operand, by table or in float (chip-arithmetic.md §3.8, §3.9). */
final class Activation {
    /** ESP-DL's constant, not 1/6. */
    private static final double HARD_SWISH_SLOPE = 0.166667;

    private interface FloatFunction {
        float apply(float v);
    }

    private Activation() {}

    /** An activation that the chip reads from a table when the file has one and the data have 8 bits. */
    static ChipKernel.Factory of(Function<NodeSetup, ChipKernel> inFloat) {
        return node -> {
            boolean byTable = node.node().has(ChipNode.LUT) && node.inputType(0) == ElementType.INT8;
            return byTable ? table(node, parameter(node)) : inFloat.apply(node);
        };
    }

    /** An operator that exists as a table only: LUT and Gelu. */
    static ChipKernel tableOnly(NodeSetup node) {
        if (!node.node().has(ChipNode.LUT)) {
            throw node.fail("has no lookup table; the chip computes this operator by table only");
        }
        return table(node, parameter(node));
    }

    private static ChipTensor parameter(NodeSetup node) {
        String name = node.node().text(ChipNode.LUT, "");
        ChipTensor table = node.program().parameters().get(name);
        if (table == null) {
            throw node.fail("its table \"" + name + "\" is not in the file");
        }
        return table;
    }

    private static ChipKernel table(NodeSetup node, ChipTensor parameter) {
        int[] table = parameter.ints();
        if (parameter.exponents().single() != node.outputExponent(0)) {
            throw node.fail("table exponent " + parameter.exponents() + " differs from the output's " + node.outputExponent(0));
        }
        if (node.inputType(0) == ElementType.INT8) {
            requireEntries(node, table.length, Finish.ENTRIES);
            return ByteTable.of(table);
        }
        int shift = table.length == 65536 ? 0 : 31 - Integer.numberOfLeadingZeros(65536 / Math.max(1, table.length - 1));
        requireEntries(node, table.length, shift == 0 ? 65536 : (65536 >> shift) + 1);
        int half = shift == 0 ? 0 : 1 << (shift - 1);
        int toEven = shift > 0 && node.target().rounding() == Rounding.HALF_EVEN ? 1 : 0;
        return (inputs, outputs) -> {
            outputs[0].reshape(inputs[0].shape());
            look(table, inputs[0].count(), inputs[0].ints(), shift, half, toEven, outputs[0].ints());
        };
    }

    /** The nearest entry: {@link Requantize#shiftRight}, without branches. */
    private static void look(int[] table, int n, int[] x, int shift, int half, int toEven, int[] y) {
        for (int i = 0; i < n; i++) {
            int u = x[i] - Short.MIN_VALUE;
            y[i] = table[(u + half - (~(u >> shift) & toEven)) >> shift];
        }
    }

    private static void requireEntries(NodeSetup node, int entries, int wanted) {
        if (entries != wanted) {
            throw node.fail("table has " + entries + " entries; 256 are needed at 8 bits, 65536/step + 1 at 16 bits");
        }
    }

    private interface IntegerFunction {
        int apply(int q);
    }

    private static void map(ChipBuffer x, ChipBuffer y, IntegerFunction f) {
        y.reshape(x.shape());
        int[] from = x.ints();
        int[] to = y.ints();
        for (int i = 0; i < x.count(); i++) {
            to[i] = f.apply(from[i]);
        }
    }

    private static ChipKernel inFloat(NodeSetup node, FloatFunction f) {
        if (node.inputType(0) == ElementType.FLOAT32) {
            return (inputs, outputs) -> {
                outputs[0].reshape(inputs[0].shape());
                for (int i = 0; i < inputs[0].count(); i++) {
                    outputs[0].floats()[i] = f.apply(inputs[0].floats()[i]);
                }
            };
        }
        float scale = ChipArithmetic.scale(node.inputExponent(0));
        float rescale = ChipArithmetic.rescale(node.outputExponent(0));
        return (inputs, outputs) -> map(inputs[0], outputs[0],
                q -> ChipArithmetic.quantize(f.apply(q * scale) * rescale, node.bits(), node.target()));
    }

    static float sigmoid(float v) {
        return (float) (1.0 / (1.0 + (double) ChipArithmetic.exp(-v)));
    }

    static float tanh(float v) {
        return 2 * sigmoid(2 * v) - 1;
    }

    static ChipKernel sigmoid(NodeSetup node) {
        return inFloat(node, Activation::sigmoid);
    }

    static ChipKernel tanh(NodeSetup node) {
        return inFloat(node, Activation::tanh);
    }

    static ChipKernel swish(NodeSetup node) {
        return inFloat(node, v -> sigmoid(v) * v);
    }

    static ChipKernel hardSigmoid(NodeSetup node) {
        float alpha = node.node().real("alpha", 0.2f);
        float beta = node.node().real("beta", 0.5f);
        return inFloat(node, v -> Math.max(0f, Math.min(1f, alpha * v + beta)));
    }

    static ChipKernel hardSwish(NodeSetup node) {
        return inFloat(node, v -> (float) (Math.max(0.0, Math.min(1.0, HARD_SWISH_SLOPE * v + 0.5)) * v));
    }

    static ChipKernel elu(NodeSetup node) {
        float alpha = node.node().real("alpha", 1f);
        return inFloat(node, v -> v >= 0 ? v : alpha * (ChipArithmetic.exp(v) - 1));
    }

    static ChipKernel exp(NodeSetup node) {
        return inFloat(node, ChipArithmetic::exp);
    }

    static ChipKernel log(NodeSetup node) {
        return inFloat(node, ChipArithmetic::log);
    }

    static ChipKernel sqrt(NodeSetup node) {
        return inFloat(node, v -> (float) Math.sqrt(v));
    }

    static ChipKernel relu(NodeSetup node) {
        boolean sameGrid = node.inputType(0).isQuantized() && node.inputExponent(0) == node.outputExponent(0);
        return sameGrid
                ? (inputs, outputs) -> map(inputs[0], outputs[0], q -> Math.max(q, 0))
                : inFloat(node, v -> v >= 0 ? v : 0f);
    }

    /** Negative values are multiplied by alpha after the change of scale. */
    static ChipKernel leakyRelu(NodeSetup node) {
        float alpha = node.node().real("alpha", 0.01f);
        if (!node.inputType(0).isQuantized()) {
            return inFloat(node, v -> v >= 0 ? v : v * alpha);
        }
        float scale = ChipArithmetic.scale(node.inputExponent(0));
        float rescale = ChipArithmetic.rescale(node.outputExponent(0));
        return (inputs, outputs) -> map(inputs[0], outputs[0], q -> {
            float v = q * scale * rescale;
            return ChipArithmetic.quantize(q >= 0 ? v : v * alpha, node.bits(), node.target());
        });
    }

    static ChipKernel clip(NodeSetup node) {
        if (node.computesFloats()) {
            float low = node.hasInput(1) ? node.requireParameter(1).floats()[0] : Float.NEGATIVE_INFINITY;
            float high = node.hasInput(2) ? node.requireParameter(2).floats()[0] : Float.POSITIVE_INFINITY;
            return inFloat(node, v -> Math.min(Math.max(v, low), high));
        }
        int min = bound(node, 1, Integer.MIN_VALUE);
        int max = bound(node, 2, Integer.MAX_VALUE);
        float ratio = ChipArithmetic.scale(node.inputExponent(0)) * ChipArithmetic.rescale(node.outputExponent(0));
        return (inputs, outputs) -> map(inputs[0], outputs[0],
                q -> ChipArithmetic.quantize(Math.min(Math.max(q, min), max) * ratio, node.bits(), node.target()));
    }

    private static int bound(NodeSetup node, int input, int otherwise) {
        return node.hasInput(input) ? node.requireParameter(input).ints()[0] : otherwise;
    }

    /**
     * One slope per channel; positive values are rescaled by some kernels only. Where {@code (q · slope) >> shift} leaves the
     * output's range, the vector instruction of the ESP32-P4 (8 bits) and of the ESP32-S3 (16 bits) keeps the low bits.
     */
    static ChipKernel prelu(NodeSetup node) {
        int[] slopes = node.requireParameter(1).ints();
        int bits = node.bits();
        Target target = node.target();
        int negativeShift = node.outputExponent(0) - node.inputExponent(0) - node.inputExponent(1);
        int positiveShift = node.outputExponent(0) - node.inputExponent(0);
        boolean rescales = !KernelLimits.preluKeepsPositive(target, bits);
        boolean wraps = KernelLimits.preluWraps(target, bits);
        return (inputs, outputs) -> {
            ChipBuffer x = inputs[0];
            int channels = x.dim(-1);
            if (slopes.length != channels && slopes.length != 1) {
                throw node.fail(slopes.length + " slopes for " + channels + " channels");
            }
            outputs[0].reshape(x.shape());
            for (int i = 0; i < x.count(); i++) {
                int q = x.ints()[i];
                long product = (long) q * slopes[slopes.length == 1 ? 0 : i % channels];
                int y;
                if (q >= 0) {
                    y = rescales ? ChipArithmetic.requantize(q, positiveShift, bits, target) : q;
                } else {
                    long shifted = Requantize.shiftRight(product, negativeShift, rescales ? target.rounding() : Rounding.DOWN);
                    y = (int) (wraps ? Requantize.wrap(shifted, bits) : Requantize.saturate(shifted, bits));
                }
                outputs[0].ints()[i] = y;
            }
        };
    }
}
