package io.github.bitgrain.simulator.kernel;

import io.github.bitgrain.core.quant.Target;
import io.github.bitgrain.kernels.Requantize;
import io.github.bitgrain.simulator.ChipTensor;
import io.github.bitgrain.simulator.lowering.FilterLayout;
import java.util.Arrays;

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
    private static final int LARGEST_LEFT_SHIFT = -31;
    /** Weights of a layer, were each a byte of the largest chip's memory. */
    private static final int LARGEST_DENSE = 1 << 25;

    /**
     * The filter at inputs 1 and 2 of a Conv or Gemm. The chip takes every grouped convolution for a depthwise one and computes
     * garbage for others; those come here as dense filters with zeros between the groups, which is what the model means.
     */
    static Filter of(NodeSetup node) {
        int groups = Math.toIntExact(node.node().integer("group", 1));
        Filter filter = stored(node, groups != 1);
        return groups == 1 || filter.inputs == 1 && filter.outputs == groups ? filter : filter.dense(node, groups);
    }

    private Filter dense(NodeSetup node, int groups) {
        if (groups < 1 || outputs % groups != 0) {
            throw node.fail("group " + groups + " does not divide " + outputs + " output channels");
        }
        if ((long) weights.length * groups > LARGEST_DENSE) {
            throw node.fail("has " + weights.length + " weights in " + groups + " groups; no chip has memory for such a layer");
        }
        int length = inputs * kernelH * kernelW;
        int[] dense = new int[weights.length * groups];
        for (int n = 0; n < outputs; n++) {
            int group = n / (outputs / groups);
            System.arraycopy(weights, n * length, dense, (n * groups + group) * length, length);
        }
        return new Filter(outputs, inputs * groups, kernelH, kernelW, false, dense, bias(node, outputs, false), shifts);
    }

    private static Filter stored(NodeSetup node, boolean depthwise) {
        ChipTensor weight = node.requireParameter(1);
        int rank = weight.dims().size();
        if (rank < 3 || rank > 4) {
            throw node.fail("weight has dimensions " + weight.dims() + ", not [H, W, C, N] or [W, C, N]");
        }
        if (weight.count() == 0) {
            throw node.fail("weight has dimensions " + weight.dims() + " and no elements");
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

    /**
     * Shifts that the kernels of vector targets cannot do, left ones and those beyond the register, are done as plain C does
     * them; {@link KernelLimits#largestShift} tells when. What no 64-bit accumulator can be shifted by is refused.
     */
    static void checkShift(NodeSetup node, int shift) {
        if (shift < LARGEST_LEFT_SHIFT || shift > Long.SIZE - 1) {
            throw node.fail("output exponent minus input and weight exponents is " + shift + "; kernels shift by 0 … "
                    + KernelLimits.largestShift(node.bits()) + ": requantize with another output exponent");
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

    /** The first output channel whose bias the kernel loads as something else; negative if there is none. */
    static int firstTruncatedBias(NodeSetup node, int outputs, boolean depthwise) {
        long[] loaded = bias(node, outputs, depthwise);
        return node.hasInput(2) ? Arrays.mismatch(node.requireParameter(2).longs(), loaded) : -1;
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
