package io.github.bitgrain.simulator.kernel;

import io.github.bitgrain.core.quant.Target;
import io.github.bitgrain.kernels.FakeQuantization;
import io.github.bitgrain.kernels.FloatKernels;
import io.github.bitgrain.kernels.Kernels;
import io.github.bitgrain.kernels.Requantize;
import io.github.bitgrain.kernels.Rounding;
import io.github.bitgrain.simulator.ChipBuffer;
import java.util.Arrays;

/** Operators of two operands (chip-arithmetic.md §3.2–3.5). */
final class Elementwise {
    private static final FloatKernels FLOATS = Kernels.floats();

    private interface IntegerFunction {
        int apply(int a, int b);
    }

    private Elementwise() {}

    private static ChipKernel onIntegers(NodeSetup node, IntegerFunction f) {
        return (inputs, outputs) -> {
            Broadcast broadcast = new Broadcast(node, inputs[0], inputs[1]);
            outputs[0].reshape(broadcast.shape());
            int[] a = inputs[0].ints();
            int[] b = inputs[1].ints();
            int[] y = outputs[0].ints();
            broadcast.forEach((i, ia, ib) -> y[i] = f.apply(a[ia], b[ib]));
        };
    }

    /** Raw integers are added, whatever the exponents say; a file must have made them equal. */
    static ChipKernel add(NodeSetup node) {
        if (!node.outputType(0).isQuantized()) {
            return onFloats(node, Float::sum);
        }
        return sum(node, 1, onIntegers(node, (a, b) -> (int) Requantize.saturate((long) a + b, node.bits())));
    }

    static ChipKernel subtract(NodeSetup node) {
        if (!node.outputType(0).isQuantized()) {
            return onFloats(node, (a, b) -> a - b);
        }
        return sum(node, -1, onIntegers(node, (a, b) -> (int) Requantize.saturate((long) a - b, node.bits())));
    }

    /** {@code a + sign b}: operands of one shape side by side, others by {@code broadcast}. */
    private static ChipKernel sum(NodeSetup node, int sign, ChipKernel broadcast) {
        int bits = node.bits();
        return (inputs, outputs) -> {
            boolean sideBySide = fitInts(inputs) && Arrays.equals(inputs[0].shape(), inputs[1].shape());
            if (sideBySide && (inputs[0].hasWholes() || inputs[1].hasWholes())) {
                sumWholes(inputs[0], sign, inputs[1], bits, outputs[0]);
            } else if (sideBySide) {
                outputs[0].reshape(inputs[0].shape());
                Requantize.sums(inputs[0].count(), inputs[0].ints(), sign, inputs[1].ints(), bits, outputs[0].ints());
            } else {
                broadcast.run(inputs, outputs);
            }
        };
    }

    /** In one run, gaps too, where all lie apart. */
    private static void sumWholes(ChipBuffer a, int sign, ChipBuffer b, int bits, ChipBuffer y) {
        y.reshapeWholes(a.shape());
        float[] as = a.wholes();
        float[] bs = b.wholes();
        boolean apart = a.isApart() && b.isApart() && y.isApart();
        int rows = apart ? 1 : a.rows();
        int n = apart ? a.rows() * a.wholeStride() : a.count() / rows;
        FLOATS.sumRows(rows, n, as, a.wholesOffset(), a.wholeStride(), sign, bs, b.wholesOffset(), b.wholeStride(), FakeQuantization.qmin(bits),
                FakeQuantization.qmax(bits), y.wholes(), y.wholesOffset(), y.wholeStride());
    }

    /** Whether products and sums fit 32 bits. */
    private static boolean fitInts(ChipBuffer[] inputs) {
        return inputs[0].bits() <= Short.SIZE && inputs[1].bits() <= Short.SIZE;
    }

    static ChipKernel maximum(NodeSetup node) {
        return onIntegers(node, Math::max);
    }

    static ChipKernel minimum(NodeSetup node) {
        return onIntegers(node, Math::min);
    }

    static ChipKernel greater(NodeSetup node) {
        return onIntegers(node, (a, b) -> a > b ? 1 : 0);
    }

    static ChipKernel greaterOrEqual(NodeSetup node) {
        return onIntegers(node, (a, b) -> a >= b ? 1 : 0);
    }

    static ChipKernel less(NodeSetup node) {
        return onIntegers(node, (a, b) -> a < b ? 1 : 0);
    }

    static ChipKernel lessOrEqual(NodeSetup node) {
        return onIntegers(node, (a, b) -> a <= b ? 1 : 0);
    }

    static ChipKernel equal(NodeSetup node) {
        return onIntegers(node, (a, b) -> a == b ? 1 : 0);
    }

    private interface FloatFunction {
        float apply(float a, float b);
    }

    private static ChipKernel onFloats(NodeSetup node, FloatFunction f) {
        return (inputs, outputs) -> {
            Broadcast broadcast = new Broadcast(node, inputs[0], inputs[1]);
            outputs[0].reshape(broadcast.shape());
            float[] y = outputs[0].floats();
            broadcast.forEach((i, a, b) -> y[i] = f.apply(inputs[0].floats()[a], inputs[1].floats()[b]));
        };
    }

    /** Vector kernels shift the exact product; the others round it to a float first, which shows at 16 bits. */
    static ChipKernel multiply(NodeSetup node) {
        if (!node.outputType(0).isQuantized()) {
            return onFloats(node, (a, b) -> a * b);
        }
        int bits = node.bits();
        Target target = node.target();
        int shift = node.outputExponent(0) - node.inputExponent(0) - node.inputExponent(1);
        Filter.checkShift(node, shift);
        float ratio = ChipArithmetic.scale(node.inputExponent(0)) * ChipArithmetic.scale(node.inputExponent(1))
                * ChipArithmetic.rescale(node.outputExponent(0));
        ChipKernel vector = onIntegers(node, (a, b) -> ChipArithmetic.requantize((long) a * b, shift, bits, target));
        ChipKernel vectors = onIntegers(node, (a, b) -> ChipArithmetic.quantize((float) ((long) a * b) * ratio, bits, target));
        ChipKernel aStill = onIntegers(node, (a, b) -> ChipArithmetic.quantize(b * (a * ratio), bits, target));
        ChipKernel bStill = onIntegers(node, (a, b) -> ChipArithmetic.quantize(a * (b * ratio), bits, target));
        return (inputs, outputs) -> {
            Broadcast.Merged merged = Broadcast.merge(inputs[0], inputs[1]);
            if (node.hasVectorUnit() && merged.extent() >= node.lanes()) {
                if (fitInts(inputs) && shift >= 1 && shift <= Requantize.LARGEST_INT_SHIFT) {
                    products(node, inputs, outputs[0], shift);
                } else {
                    vector.run(inputs, outputs);
                }
            } else {
                switch (merged.inner()) {
                    case VECTORS -> vectors.run(inputs, outputs);
                    case A_SCALAR -> aStill.run(inputs, outputs);
                    case B_SCALAR -> bStill.run(inputs, outputs);
                }
            }
        };
    }

    /** What the vector kernels compute, row by row. */
    private static void products(NodeSetup node, ChipBuffer[] inputs, ChipBuffer output, int shift) {
        Broadcast broadcast = new Broadcast(node, inputs[0], inputs[1]);
        output.reshape(broadcast.shape());
        int[] a = inputs[0].ints();
        int[] b = inputs[1].ints();
        Rounding rounding = node.target().rounding();
        broadcast.forEachRow((to, count, atA, stepA, atB, stepB) -> {
            if (stepA == 0) {
                Requantize.scaled(count, b, atB, a[atA], shift, rounding, node.bits(), output.ints(), to);
            } else if (stepB == 0) {
                Requantize.scaled(count, a, atA, b[atB], shift, rounding, node.bits(), output.ints(), to);
            } else {
                Requantize.products(count, a, atA, b, atB, shift, rounding, node.bits(), output.ints(), to);
            }
        });
    }

    static ChipKernel divide(NodeSetup node) {
        if (node.computesFloats()) {
            return onFloats(node, (a, b) -> a / b);
        }
        int bits = node.bits();
        Target target = node.target();
        float ratio = ChipArithmetic.rescale(node.outputExponent(0)) * ChipArithmetic.scale(node.inputExponent(0))
                / ChipArithmetic.scale(node.inputExponent(1));
        ChipKernel byVector = onIntegers(node, (a, b) -> quotient(a, b, a * ratio / b, bits, target));
        ChipKernel byScalar = onIntegers(node, (a, b) -> quotient(a, b, a * (ratio / b), bits, target));
        return (inputs, outputs) -> {
            boolean scalar = Broadcast.merge(inputs[0], inputs[1]).inner() == Broadcast.Inner.B_SCALAR;
            (scalar ? byScalar : byVector).run(inputs, outputs);
        };
    }

    private static int quotient(int a, int b, float value, int bits, Target target) {
        if (a == 0) {
            return 0;
        }
        if (b == 0) {
            return (int) Requantize.saturate(a > 0 ? Integer.MAX_VALUE : Integer.MIN_VALUE, bits);
        }
        return ChipArithmetic.quantize(value, bits, target);
    }

    static ChipKernel power(NodeSetup node) {
        if (node.computesFloats()) {
            return onFloats(node, (a, b) -> (float) Math.pow(a, b));
        }
        float scaleA = ChipArithmetic.scale(node.inputExponent(0));
        float scaleB = ChipArithmetic.scale(node.inputExponent(1));
        float rescale = ChipArithmetic.rescale(node.outputExponent(0));
        return onIntegers(node, (a, b) ->
                ChipArithmetic.quantize((float) Math.pow(a * scaleA, b * scaleB) * rescale, node.bits(), node.target()));
    }

    static ChipKernel modulo(NodeSetup node) {
        if (node.computesFloats()) {
            return onFloats(node, (a, b) -> b == 0f ? 0f : a % b);
        }
        float scaleA = ChipArithmetic.scale(node.inputExponent(0));
        float scaleB = ChipArithmetic.scale(node.inputExponent(1));
        float rescale = ChipArithmetic.rescale(node.outputExponent(0));
        return onIntegers(node, (a, b) ->
                b == 0 ? 0 : ChipArithmetic.quantize((a * scaleA) % (b * scaleB) * rescale, node.bits(), node.target()));
    }

    static ChipKernel negate(NodeSetup node) {
        if (node.computesFloats()) {
            return (inputs, outputs) -> {
                outputs[0].reshape(inputs[0].shape());
                for (int i = 0; i < inputs[0].count(); i++) {
                    outputs[0].floats()[i] = -inputs[0].floats()[i];
                }
            };
        }
        return (inputs, outputs) -> {
            ChipBuffer x = inputs[0];
            outputs[0].reshape(x.shape());
            for (int i = 0; i < x.count(); i++) {
                outputs[0].ints()[i] = (int) Requantize.saturate(-(long) x.ints()[i], node.bits());
            }
        };
    }
}
