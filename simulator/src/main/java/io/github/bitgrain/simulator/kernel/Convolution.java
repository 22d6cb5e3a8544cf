package io.github.bitgrain.simulator.kernel;

import io.github.bitgrain.kernels.ConvShape;
import io.github.bitgrain.kernels.ExactConv;
import io.github.bitgrain.kernels.FloatKernels;
import io.github.bitgrain.kernels.Kernels;
import io.github.bitgrain.kernels.PackedConv;
import io.github.bitgrain.kernels.Requantize;
import io.github.bitgrain.simulator.ChipBuffer;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;

/**
 * Conv (dense, depthwise, one- and two-dimensional) and Gemm (chip-arithmetic.md §3.1).
 *
 * <p>Sums of products run in floating point. The weights of an output channel prove once and for all that they are exact in single
 * precision, {@code |bias| + Σ |x w| <= 2^24}, or in double, and that the chip's accumulator cannot leave its range. For a channel
 * without that proof the data at hand may give it, output by output; what is left is summed again in the chip's own order.
 */
final class Convolution implements ChipKernel {
    /** Margin for the rounding of the float sum that the data's bound is computed with. */
    private static final float BOUND_MARGIN = 1f - 1f / 1024;
    /** Double precision takes twice the time of single: from this share of the channels on, 1/3, all are computed in it. */
    private static final int DOUBLE_SHARE = 3;

    private final NodeSetup node;
    private final boolean isGemm;
    private final Filter filter;
    private final Accumulation accumulation;
    private final ExactConv.Scaling scaling;
    private final long[] norms;
    private final int inputBits;
    private final FloatKernels floats = Kernels.floats();

    private ConvShape shape;
    private ExactConv main;
    /** Channels that need double precision where the others do not, and their convolution. */
    private int[] wide = {};
    private ExactConv wideConv;
    /** Channels whose weights prove nothing, with the largest {@code Σ |x w|} that leaves their sums exact and in range. */
    private int[] open = {};
    private float[] limits = {};
    private PackedConv openNorms;
    private OrderedSums ordered;

    Convolution(NodeSetup node) {
        this.node = node;
        isGemm = node.node().opType().equals("Gemm");
        filter = Filter.of(node);
        if (isGemm && (node.node().integer("transA", 0) != 0 || node.node().integer("transB", 0) != 0)) {
            throw node.fail("transA and transB must be 0 in a file; the weights are stored transposed");
        }
        accumulation = new Accumulation(node, filter);
        boolean relu = switch (node.node().text("activation", "Linear")) {
            case "Linear", "None" -> false;
            case "Relu" -> true;
            default -> throw node.fail("activation " + node.node().text("activation", "") + " has no fused kernel");
        };
        scaling = new ExactConv.Scaling(filter.bias(), filter.shifts(), node.target().rounding(), node.bits(), relu);
        inputBits = node.inputType(0).bytes() * Byte.SIZE;
        norms = new long[filter.outputs()];
        for (int n = 0; n < norms.length; n++) {
            norms[n] = filter.weightNorm(n);
        }
    }

    @Override
    public void run(ChipBuffer[] inputs, ChipBuffer[] outputs) {
        ChipBuffer in = inputs[0];
        ConvShape now = Window.shapeOf(node, in, filter);
        if (!now.equals(shape)) {
            plan(now);
        }
        reshape(in, outputs[0]);
        main.run(in.ints(), 0, outputs[0].ints(), 0);
        if (wide.length > 0) {
            runWide(in, outputs[0]);
        }
        if (open.length > 0) {
            runOpen(in, outputs[0]);
        }
    }

    /** Sorts the channels by what their weights prove, and packs these. */
    private void plan(ConvShape now) {
        shape = now;
        int outputs = filter.outputs();
        long largest = 1L << (inputBits - 1);
        IntPredicate safe = n -> norms[n] * largest <= accumulation.safe(n) && norms[n] * largest <= exact(n, ExactConv.LARGEST_IN_DOUBLE);
        wide = IntStream.range(0, outputs)
                .filter(n -> safe.test(n) && norms[n] * largest > exact(n, ExactConv.LARGEST_IN_FLOAT)).toArray();
        boolean inDouble = wide.length * DOUBLE_SHARE > outputs || filter.depthwise() && wide.length > 0;
        main = Kernels.integers().exactConv(shape, filter.weights(), scaling, inDouble);
        if (inDouble) {
            wide = new int[0];
        } else if (wide.length > 0) {
            wideConv = Kernels.integers().exactConv(withOutputs(wide.length), weightsOf(wide), scaling.of(wide), true);
        }
        open = IntStream.range(0, outputs).filter(safe.negate()).toArray();
        if (open.length > 0) {
            // Depthwise kernels take all channels or none.
            open = filter.depthwise() ? IntStream.range(0, outputs).toArray() : open;
            long exact = inDouble ? ExactConv.LARGEST_IN_DOUBLE : ExactConv.LARGEST_IN_FLOAT;
            limits = new float[open.length];
            for (int i = 0; i < open.length; i++) {
                limits[i] = safe.test(open[i]) ? Float.POSITIVE_INFINITY
                        : Math.min(accumulation.safe(open[i]), exact(open[i], exact)) * BOUND_MARGIN;
            }
            ordered = new OrderedSums(node, filter, accumulation, shape, open);
            openNorms = null;
        }
    }

    /** The largest {@code Σ |x w|} whose sum with the bias is exact in a precision; negative if there is none. */
    private long exact(int n, long precision) {
        return precision - Math.min(Math.abs(filter.bias()[n]), precision) - 1;
    }

    private ConvShape withOutputs(int outputs) {
        ConvShape s = shape;
        return new ConvShape(s.batch(), s.inH(), s.inW(), s.inC(), s.inStride(), s.outH(), s.outW(), outputs, outputs, s.kernelH(), s.kernelW(),
                s.strideH(), s.strideW(), s.dilationH(), s.dilationW(), s.padTop(), s.padLeft(), s.groups());
    }

    private int[] weightsOf(int[] channels) {
        int length = filter.weights().length / filter.outputs();
        int[] weights = new int[channels.length * length];
        for (int i = 0; i < channels.length; i++) {
            System.arraycopy(filter.weights(), channels[i] * length, weights, i * length, length);
        }
        return weights;
    }

    private void reshape(ChipBuffer in, ChipBuffer out) {
        if (isGemm) {
            int[] dims = in.shape().clone();
            dims[dims.length - 1] = filter.outputs();
            out.reshape(dims);
        } else if (in.rank() == 3) {
            out.reshape(shape.batch(), shape.outW(), filter.outputs());
        } else {
            out.reshape(shape.batch(), shape.outH(), shape.outW(), filter.outputs());
        }
    }

    private void runWide(ChipBuffer in, ChipBuffer out) {
        int pixels = out.count() / filter.outputs();
        int[] results = out.memory().takeInts(pixels * wide.length);
        wideConv.run(in.ints(), 0, results, 0);
        for (int pixel = 0; pixel < pixels; pixel++) {
            for (int i = 0; i < wide.length; i++) {
                out.ints()[pixel * filter.outputs() + wide[i]] = results[pixel * wide.length + i];
            }
        }
        out.memory().give(results);
    }

    /** Corrects the outputs of open channels for which the data give no proof either. */
    private void runOpen(ChipBuffer in, ChipBuffer out) {
        float[] x = out.memory().takeFloats(in.count());
        long largest = 0;
        for (int i = 0; i < in.count(); i++) {
            int value = Math.abs(in.ints()[i]);
            x[i] = value;
            largest = Math.max(largest, value);
        }
        if (!provenBy(largest)) {
            if (openNorms == null) {
                openNorms = packNorms();
            }
            int pixels = out.count() / filter.outputs();
            float[] bounds = out.memory().takeFloats(pixels * open.length);
            floats.conv(openNorms.shape(), x, 0, openNorms, null, 0, bounds, 0, Float.NEGATIVE_INFINITY, Float.POSITIVE_INFINITY);
            for (int pixel = 0; pixel < pixels; pixel++) {
                int unproven = 0;
                for (int i = 0; i < open.length; i++) {
                    unproven += bounds[pixel * open.length + i] > limits[i] ? 1 : 0;
                }
                if (unproven > 0) {
                    correct(in, out, pixel, bounds, unproven);
                }
            }
            out.memory().give(bounds);
        }
        out.memory().give(x);
    }

    private boolean provenBy(long largest) {
        for (int i = 0; i < open.length; i++) {
            if (norms[open[i]] * largest > limits[i]) {
                return false;
            }
        }
        return true;
    }

    private PackedConv packNorms() {
        int[] some = weightsOf(open);
        float[] weights = new float[some.length];
        for (int i = 0; i < weights.length; i++) {
            weights[i] = Math.abs(some[i]);
        }
        PackedConv packed = floats.packedConv(withOutputs(open.length));
        floats.pack(weights, 0, packed);
        return packed;
    }

    private void correct(ChipBuffer in, ChipBuffer out, int pixel, float[] bounds, int unproven) {
        int[] y = out.ints();
        int at = pixel * filter.outputs();
        int first = 0;
        if (ordered.isWorthwhile(unproven)) {
            first = ordered.lanes();
            int[] sums = ordered.sideBySide(in.ints(), pixel);
            for (int i = 0; i < first; i++) {
                y[at + open[i]] = result(sums[i], open[i]);
            }
        }
        for (int i = first; i < open.length; i++) {
            if (bounds[pixel * open.length + i] > limits[i]) {
                y[at + open[i]] = result(ordered.single(in.ints(), pixel, open[i]), open[i]);
            }
        }
    }

    private int result(long sum, int n) {
        long shifted = Requantize.shiftRight(sum, filter.shifts()[n], node.target().rounding());
        return (int) Requantize.saturate(scaling.relu() ? Math.max(shifted, 0) : shifted, node.bits());
    }
}
