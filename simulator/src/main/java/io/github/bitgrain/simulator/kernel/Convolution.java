package io.github.bitgrain.simulator.kernel;

import io.github.bitgrain.kernels.ConvShape;
import io.github.bitgrain.kernels.ExactConv;
import io.github.bitgrain.kernels.Kernels;
import io.github.bitgrain.simulator.ChipBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;

/**
 * Conv (dense, depthwise, one- and two-dimensional) and Gemm (chip-arithmetic.md §3.1).
 *
 * <p>Sums of products run in floating point. The weights of an output channel prove once and for all that they are exact in single
 * precision, {@code |bias| + Σ |x w| <= 2^24}, or in double, and that the chip's accumulator cannot leave its range. Channels without that
 * proof are summed in the chip's own order, where the data at hand may still show that nothing saturates.
 */
final class Convolution implements ChipKernel {
    /** Double precision takes twice the time of single: from this share of the channels on, 1/3, all are computed in it. */
    private static final int DOUBLE_SHARE = 3;
    /** Up to this share, 1/8, channels that are computed otherwise are computed with the others too, which saves to spread these. */
    private static final int OVERWRITTEN_SHARE = 8;

    private final NodeSetup node;
    private final boolean isGemm;
    private final Filter filter;
    private final Accumulation accumulation;
    private final ExactConv.Scaling scaling;
    /** What follows, or null; only where all channels are summed as {@link WholeConv} does. */
    private final ByteTable table;
    private final long[] norms;
    private final long largestInput;

    private ConvShape shape;
    private List<Part> parts = List.of();
    /** All channels at once, where single precision serves for all; else null. */
    private WholeConv wholes;

    /** A convolution of some output channels. */
    private record Part(int[] channels, ExactConv conv) {}

    Convolution(NodeSetup node) {
        this.node = node;
        isGemm = node.node().opType().equals("Gemm");
        filter = Filter.of(node);
        if (isGemm && (node.node().integer("transA", 0) != 0 || node.node().integer("transB", 0) != 0)) {
            throw node.fail("transA and transB must be 0 in a file; the weights are stored transposed");
        }
        accumulation = Accumulation.of(node, filter.outputs(), filter.depthwise());
        boolean relu = switch (node.node().text("activation", "Linear")) {
            case "Linear", "None" -> false;
            case "Relu" -> true;
            default -> throw node.fail("activation " + node.node().text("activation", "") + " has no fused kernel");
        };
        scaling = new ExactConv.Scaling(filter.bias(), filter.shifts(), node.target().rounding(), node.bits(), relu);
        table = null;
        largestInput = 1L << (node.inputType(0).bytes() * Byte.SIZE - 1);
        norms = new long[filter.outputs()];
        for (int n = 0; n < norms.length; n++) {
            norms[n] = filter.weightNorm(n);
        }
    }

    private Convolution(Convolution other, ExactConv.Scaling scaling, ByteTable table) {
        node = other.node;
        isGemm = other.isGemm;
        filter = other.filter;
        accumulation = other.accumulation;
        this.scaling = scaling;
        this.table = table;
        largestInput = other.largestInput;
        norms = other.norms;
    }

    @Override
    public ChipKernel joined(ChipKernel next) {
        return switch (next) {
            case Limit(int low, int high) -> new Convolution(this, scaling.limited(low, high), null);
            case ByteTable entries when isWhole() -> new Convolution(this, scaling, entries);
            default -> null;
        };
    }

    @Override
    public void run(ChipBuffer[] inputs, ChipBuffer[] outputs) {
        ChipBuffer in = inputs[0];
        ConvShape now = Window.shapeOf(node, in, filter);
        if (!now.equals(shape)) {
            parts = List.of();
            wholes = null;
            plan(now);
            shape = now;
        }
        if (wholes != null) {
            outputs[0].reshapeWholes(outputShape(in));
            wholes.run(in, outputs[0]);
            return;
        }
        outputs[0].reshape(outputShape(in));
        for (Part part : parts) {
            if (part.channels().length == filter.outputs()) {
                part.conv().run(in.ints(), 0, outputs[0].ints(), 0);
            } else {
                runPart(part, in, outputs[0]);
            }
        }
    }

    /** Whether the weights of a channel do not prove that its sums are exact and stay in the accumulator. */
    private boolean isOpen(int n) {
        return norms[n] * largestInput > Math.min(accumulation.safe(n, filter.bias()[n]), exact(n, ExactConv.LARGEST_IN_DOUBLE));
    }

    private boolean needsDouble(int n) {
        return norms[n] * largestInput > exact(n, ExactConv.LARGEST_IN_FLOAT);
    }

    private boolean isWhole() {
        return WholeConv.covers(scaling) && IntStream.range(0, filter.outputs()).noneMatch(n -> isOpen(n) || needsDouble(n));
    }

    /** Sorts the channels by what their weights prove. Later parts overwrite what earlier ones give for their channels. */
    private void plan(ConvShape now) {
        if (isWhole()) {
            long largestSum = IntStream.range(0, filter.outputs()).mapToLong(n -> Math.abs(filter.bias()[n]) + norms[n] * largestInput).max().orElse(0);
            wholes = new WholeConv(now, filter.weights(), scaling, largestSum, table == null ? null : table.wholes());
            return;
        }
        int outputs = filter.outputs();
        IntPredicate open = this::isOpen;
        IntPredicate needsDouble = this::needsDouble;
        int[] lanes = IntStream.range(0, accumulation.firstTail()).filter(open).toArray();
        int[] tail = IntStream.range(accumulation.firstTail(), outputs).filter(open).toArray();
        int[] wide = IntStream.range(0, outputs).filter(open.negate().and(needsDouble)).toArray();
        int[] rest = IntStream.range(0, outputs).filter(open.negate()).toArray();
        int[] all = IntStream.range(0, outputs).toArray();
        if (filter.depthwise()) {
            // Depthwise kernels take all channels or none.
            parts = List.of(new Part(all, lanes.length > 0 ? ordered(now, all) : exact(now, all, wide.length > 0)));
            return;
        }
        boolean inDouble = wide.length * DOUBLE_SHARE > rest.length;
        List<Part> made = new ArrayList<>();
        if (rest.length > 0) {
            int[] main = (outputs - rest.length) * OVERWRITTEN_SHARE <= outputs ? all : rest;
            made.add(new Part(main, exact(now, main, inDouble)));
        }
        if (wide.length > 0 && !inDouble) {
            made.add(new Part(wide, exact(now, wide, true)));
        }
        if (lanes.length > 0) {
            made.add(new Part(lanes, ordered(now, lanes)));
        }
        if (tail.length > 0) {
            made.add(new Part(tail, ordered(now, tail)));
        }
        parts = made;
    }

    /** The largest {@code Σ |x w|} whose sum with the bias is exact in a precision; negative if there is none. */
    private long exact(int n, long precision) {
        return precision - Math.min(Math.abs(filter.bias()[n]), precision) - 1;
    }

    private ExactConv exact(ConvShape now, int[] channels, boolean inDouble) {
        return Kernels.integers().exactConv(withOutputs(now, channels.length), weightsOf(channels), scaling.of(channels), inDouble);
    }

    private ExactConv ordered(ConvShape now, int[] channels) {
        int[] weights = weightsOf(channels);
        long largest = largestInput;
        for (int weight : weights) {
            largest = Math.max(largest, Math.abs(weight));
        }
        return Kernels.integers().orderedConv(withOutputs(now, channels.length), weights, scaling.of(channels), accumulation.of(channels[0]),
                (int) Math.min(largest, Integer.MAX_VALUE));
    }

    private static ConvShape withOutputs(ConvShape s, int outputs) {
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

    private int[] outputShape(ChipBuffer in) {
        if (isGemm) {
            int[] dims = in.shape().clone();
            dims[dims.length - 1] = filter.outputs();
            return dims;
        }
        return in.rank() == 3 ? new int[] {shape.batch(), shape.outW(), filter.outputs()}
                : new int[] {shape.batch(), shape.outH(), shape.outW(), filter.outputs()};
    }

    private void runPart(Part part, ChipBuffer in, ChipBuffer out) {
        int[] channels = part.channels();
        int pixels = out.count() / filter.outputs();
        int[] results = out.memory().takeInts(pixels * channels.length);
        part.conv().run(in.ints(), 0, results, 0);
        spread(results, channels, pixels, out.ints(), filter.outputs());
        out.memory().give(results);
    }

    /** Puts the results of some channels where they belong among all. */
    static void spread(int[] results, int[] channels, int pixels, int[] y, int outputs) {
        for (int pixel = 0; pixel < pixels; pixel++) {
            for (int i = 0; i < channels.length; i++) {
                y[pixel * outputs + channels[i]] = results[pixel * channels.length + i];
            }
        }
    }
}
