package io.github.bitgrain.simulator.kernel;

import io.github.bitgrain.core.quant.Target;
import io.github.bitgrain.kernels.Requantize;
import io.github.bitgrain.simulator.ChipTensor;
import io.github.bitgrain.simulator.lowering.FilterLayout;

/**
 * Weights and bias of a Conv, Gemm or MatMul, out of the chip's layout: {@code weights[(n · C + c) · KH · KW + ky · KW + kx]}.
 *
 * @param outputs N, output channels
 * @param inputs C, input channels per group
 * @param kernelH kernel height
 * @param kernelW kernel width
 * @param depthwise whether every channel is its own group
 * @param weights integers in ONNX order
 * @param bias what each accumulator really starts with, after the narrowing that loading a bias does on the chip
 * @param shifts output exponent minus input and weight exponent, one per output channel
 */
record Filter(int outputs, int inputs, int kernelH, int kernelW, boolean depthwise, int[] weights, long[] bias, int[] shifts) {
    /** The filter at inputs 1 and 2 of a Conv or Gemm. */
    static Filter of(NodeSetup node, boolean depthwise) {
        ChipTensor weight = node.requireParameter(1);
        int rank = weight.dims().size();
        if (rank < 3 || rank > 4) {
            throw node.fail("weight has dimensions " + weight.dims() + ", not [H, W, C, N] or [W, C, N]");
        }
        int kernelH = rank == 4 ? weight.dims().get(0) : 1;
        int kernelW = weight.dims().get(rank - 3);
        int outputs = weight.dims().get(depthwise ? rank - 2 : rank - 1);
        int inputs = weight.dims().get(depthwise ? rank - 1 : rank - 2);
        int lanes = isPlain(weight.layout(), node.target()) ? FilterLayout.PLAIN : node.lanes();
        int[] weights = FilterLayout.of(weight, depthwise, lanes).unpack(weight.ints());
        int[] shifts = shifts(node, weight, outputs);
        return new Filter(outputs, inputs, kernelH, kernelW, depthwise, weights, bias(node, outputs, depthwise), shifts);
    }

    private static boolean isPlain(String layout, Target target) {
        return switch (layout) {
            case "NHWC", "HWCN", "NWC", "WCN" -> true;
            default -> layout.isEmpty() || layout.equals(ChipTensor.PLAIN_LAYOUT) ? !target.blockedWeights() : false;
        };
    }

    private static int[] shifts(NodeSetup node, ChipTensor weight, int outputs) {
        if (weight.exponents().count() != 1 && weight.exponents().count() != outputs) {
            throw node.fail(weight.exponents().count() + " weight exponents for " + outputs + " output channels");
        }
        if (weight.exponents().count() > 1 && node.target() != Target.ESP32P4) {
            throw node.fail("per-channel weight exponents exist on esp32p4 only; this is " + node.target().id());
        }
        int[] shifts = new int[outputs];
        for (int n = 0; n < outputs; n++) {
            shifts[n] = node.outputExponent(0) - node.inputExponent(0) - weight.exponents().get(n);
            checkShift(node, shifts[n]);
        }
        return shifts;
    }

    /** A vector kernel takes the shift modulo the lane width, or (S3) reads a negative one as a null table. */
    static void checkShift(NodeSetup node, int shift) {
        int largest = node.bits() == 8 ? 31 : 63;
        if (node.hasVectorUnit() && (shift < 0 || shift > largest)) {
            throw node.fail("output exponent minus input and weight exponents is " + shift + "; the kernels of "
                    + node.target().id() + " need 0 … " + largest + ": requantize with a larger output exponent");
        }
    }

    private static long[] bias(NodeSetup node, int outputs, boolean depthwise) {
        long[] bias = new long[outputs];
        if (!node.hasInput(2)) {
            return bias;
        }
        long[] stored = node.requireParameter(2).longs();
        if (stored.length != outputs) {
            throw node.fail(stored.length + " bias values for " + outputs + " output channels");
        }
        int firstTail = depthwise ? outputs : outputs - outputs % node.lanes();
        for (int n = 0; n < outputs; n++) {
            bias[n] = loaded(stored[n], node.target(), node.bits(), n >= firstTail);
        }
        return bias;
    }

    /** What the accumulator holds after the kernel has loaded a bias (chip-arithmetic.md §3.1, §2.4). */
    private static long loaded(long bias, Target target, int bits, boolean tail) {
        return switch (target) {
            case C -> bias;
            case ESP32S3 -> bits == 8 && tail ? bias : Requantize.wrap(bias, target.laneBits(bits));
            case ESP32P4 -> !tail ? bias : bits == 8
                    ? (bias & ((1L << Target.P4_SCALAR_BIAS_BITS) - 1)) - (bias < 0 ? 1L << Target.P4_SCALAR_BIAS_BITS : 0)
                    : Requantize.wrap(bias, Target.SCALAR_ACCUMULATOR_BITS);
        };
    }

    /** Sum of the absolute weights of an output channel. */
    long weightNorm(int n) {
        long sum = 0;
        int length = inputs * kernelH * kernelW;
        for (int i = n * length; i < (n + 1) * length; i++) {
            sum += Math.abs(weights[i]);
        }
        return sum;
    }
}
