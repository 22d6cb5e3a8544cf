package io.github.bitgrain.simulator.kernel;

import io.github.bitgrain.core.quant.Target;
import io.github.bitgrain.kernels.ConvShape;
import io.github.bitgrain.kernels.FloatKernels;
import io.github.bitgrain.kernels.IntegerKernels;
import io.github.bitgrain.kernels.Kernels;
import io.github.bitgrain.kernels.PackedConv;
import io.github.bitgrain.kernels.Requantize;
import io.github.bitgrain.simulator.ChipBuffer;
import java.util.Arrays;

/**
 * Conv (dense, depthwise, one- and two-dimensional) and Gemm (chip-arithmetic.md §3.1).
 *
 * <p>At 8 bits the sums of products come from the single-precision kernels, which are exact on integers while
 * {@code Σ |x w| <= 2^24}. Where neither the weights alone nor the data at hand prove that and the range of the chip's
 * accumulator, the output is summed again in the chip's own order: alone, or with all lanes of its pixel where many of them
 * need it.
 */
final class Convolution implements ChipKernel {
    private static final long EXACT_IN_FLOAT = 1L << 24;
    /** Margin for the rounding of the float sum that the data's bound is computed with. */
    private static final float BOUND_MARGIN = 1f - 1f / 1024;

    /** From this share of a pixel's lanes on, 1/8, it is cheaper to sum all of them side by side than one after the other. */
    private static final int LANES_PER_OUTPUT = 8;

    private static final float[] NONE = {};

    private final NodeSetup node;
    private final boolean isGemm;
    private final Filter filter;
    private final Accumulation accumulation;
    private final long[] safe;
    private final float[] limits;
    private final boolean shortShifts;
    private final long[] norms;
    private final boolean relu;
    private final FloatKernels floats = Kernels.floats();
    private final IntegerKernels integers = Kernels.integers();

    private ConvShape shape;
    private PackedConv packed;
    private PackedConv packedNorms;
    private float[] x = NONE;
    private float[] sums = NONE;
    private float[] bounds = NONE;
    private int[] tapWeights;
    private byte[] laneWeights;
    private int[] laneSums;
    private int[] laneFactors;
    private int[] laneRows;
    private int laneProducts;

    Convolution(NodeSetup node) {
        this.node = node;
        isGemm = node.node().opType().equals("Gemm");
        filter = Filter.of(node);
        if (isGemm && (node.node().integer("transA", 0) != 0 || node.node().integer("transB", 0) != 0)) {
            throw node.fail("transA and transB must be 0 in a file; the weights are stored transposed");
        }
        accumulation = new Accumulation(node, filter);
        relu = switch (node.node().text("activation", "Linear")) {
            case "Linear", "None" -> false;
            case "Relu" -> true;
            default -> throw node.fail("activation " + node.node().text("activation", "") + " has no fused kernel");
        };
        safe = new long[filter.outputs()];
        norms = new long[filter.outputs()];
        shortShifts = Arrays.stream(filter.shifts()).allMatch(shift -> shift >= 0 && shift < Long.SIZE - 1)
                && Arrays.stream(filter.bias()).allMatch(bias -> Math.abs(bias) < 1L << Long.SIZE - 3);
        limits = new float[filter.outputs()];
        for (int n = 0; n < safe.length; n++) {
            safe[n] = accumulation.safe(n);
            limits[n] = Math.min(safe[n], EXACT_IN_FLOAT) * BOUND_MARGIN;
            norms[n] = filter.weightNorm(n);
        }
    }

    @Override
    public void run(ChipBuffer[] inputs, ChipBuffer[] outputs) {
        ChipBuffer in = inputs[0];
        ConvShape now = Window.shapeOf(node, in, filter);
        if (!now.equals(shape)) {
            shape = now;
            packed = null;
            packedNorms = null;
        }
        reshape(in, outputs[0]);
        if (node.bits() == 8) {
            runInFloat(in, outputs[0]);
        } else {
            runInLong(in, outputs[0]);
        }
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

    private void runInFloat(ChipBuffer in, ChipBuffer out) {
        if (packed == null) {
            packed = pack(false);
        }
        x = out.memory().takeFloats(in.count());
        sums = out.memory().takeFloats(out.count());
        int largest = 0;
        for (int i = 0; i < in.count(); i++) {
            int value = in.ints()[i];
            x[i] = value;
            largest = Math.max(largest, Math.abs(value));
        }
        floats.conv(shape, x, 0, packed, null, 0, sums, 0, Float.NEGATIVE_INFINITY, Float.POSITIVE_INFINITY);
        boolean proven = true;
        for (int n = 0; n < safe.length; n++) {
            proven &= norms[n] * largest <= Math.min(safe[n], EXACT_IN_FLOAT);
        }
        if (!proven) {
            boundByData(in, out);
        }
        finish(in, out, !proven);
        out.memory().give(x);
        out.memory().give(sums);
        out.memory().give(bounds);
        x = NONE;
        sums = NONE;
        bounds = NONE;
    }

    /** {@code Σ |x| |w|} for every output: proves outputs one by one where the weights alone do not. */
    private void boundByData(ChipBuffer in, ChipBuffer out) {
        if (packedNorms == null) {
            packedNorms = pack(true);
        }
        for (int i = 0; i < in.count(); i++) {
            x[i] = Math.abs(x[i]);
        }
        bounds = out.memory().takeFloats(out.count());
        floats.conv(shape, x, 0, packedNorms, null, 0, bounds, 0, Float.NEGATIVE_INFINITY, Float.POSITIVE_INFINITY);
    }

    private void finish(ChipBuffer in, ChipBuffer out, boolean check) {
        int outputs = filter.outputs();
        int[] y = out.ints();
        boolean[] done = check && !filter.depthwise() ? lanesInOrder(in, out) : null;
        long[] bias = filter.bias();
        for (int pixel = 0; pixel < out.count() / outputs; pixel++) {
            int at = pixel * outputs;
            int first = done != null && done[pixel] ? accumulation.lanes() : 0;
            boolean whole = shortShifts && first == 0;
            if (whole) {
                Requantize.pixel(sums, at, bias, filter.shifts(), node.target().rounding(), node.bits(),
                        relu ? 0 : Long.MIN_VALUE, y, at, outputs);
            }
            for (int n = first; n < outputs && (check || !whole); n++) {
                boolean exact = !check || bounds[at + n] <= limits[n];
                if (!exact || !whole) {
                    y[at + n] = result(exact ? (long) sums[at + n] + bias[n] : inOrder(in, pixel, n), n);
                }
            }
        }
    }

    /**
     * Sums up all lanes of the pixels of which many have no proof, in the chip's order.
     *
     * @return the pixels that are done
     */
    private boolean[] lanesInOrder(ChipBuffer in, ChipBuffer out) {
        int outputs = filter.outputs();
        int lanes = accumulation.lanes();
        boolean[] done = new boolean[out.count() / outputs];
        for (int pixel = 0; pixel < done.length; pixel++) {
            int unproven = 0;
            for (int n = 0; n < lanes; n++) {
                unproven += bounds[pixel * outputs + n] > limits[n] ? 1 : 0;
            }
            done[pixel] = unproven > 0 && unproven * LANES_PER_OUTPUT >= lanes;
            if (done[pixel]) {
                sumLanes(in.ints(), pixel);
                for (int n = 0; n < lanes; n++) {
                    out.ints()[pixel * outputs + n] = result(laneSums[n], n);
                }
            }
        }
        return done;
    }

    private void sumLanes(int[] values, int pixel) {
        int lanes = accumulation.lanes();
        if (laneSums == null) {
            laneSums = new int[lanes];
            laneFactors = new int[filter.inputs() * filter.kernelH() * filter.kernelW()];
            laneRows = new int[laneFactors.length];
            int[] byTap = weightsByTap();
            laneWeights = new byte[byTap.length];
            for (int i = 0; i < byTap.length; i++) {
                laneWeights[i] = (byte) byTap[i];
            }
        }
        for (int n = 0; n < lanes; n++) {
            laneSums[n] = (int) filter.bias()[n];
        }
        laneProducts = 0;
        forEachTap(pixel, (from, tap) -> {
            for (int c = 0; c < filter.inputs(); c++) {
                laneFactors[laneProducts] = values[from + c];
                laneRows[laneProducts++] = tap + c * filter.outputs();
            }
        });
        if (node.target() == Target.C) {
            integers.addWrapping(lanes, laneProducts, laneFactors, laneRows, laneWeights, laneSums);
        } else {
            integers.addSaturating(lanes, laneProducts, laneFactors, laneRows, laneWeights, laneSums, node.target().laneBits(node.bits()));
        }
    }

    /** Where a tap reads its first input channel, and where its weights start in {@link #tapWeights}. */
    private interface Tap {
        void at(int from, int tap);
    }

    /** Visits the taps of a pixel's window that lie inside the input. */
    private void forEachTap(int pixel, Tap visitor) {
        int ox = pixel % shape.outW();
        int oy = pixel / shape.outW() % shape.outH();
        int image = pixel / (shape.outW() * shape.outH());
        for (int ky = 0; ky < shape.kernelH(); ky++) {
            int iy = oy * shape.strideH() - shape.padTop() + ky * shape.dilationH();
            for (int kx = 0; kx < shape.kernelW(); kx++) {
                int ix = ox * shape.strideW() - shape.padLeft() + kx * shape.dilationW();
                if (iy >= 0 && iy < shape.inH() && ix >= 0 && ix < shape.inW()) {
                    visitor.at(((image * shape.inH() + iy) * shape.inW() + ix) * shape.inStride(),
                            (ky * shape.kernelW() + kx) * filter.inputs() * filter.outputs());
                }
            }
        }
    }

    private long inOrder(ChipBuffer in, int pixel, int n) {
        int ox = pixel % shape.outW();
        int oy = pixel / shape.outW() % shape.outH();
        return accumulation.inOrder(shape, in.ints(), pixel / (shape.outW() * shape.outH()), oy, ox, n);
    }

    private int result(long sum, int n) {
        long shifted = Requantize.shiftRight(sum, filter.shifts()[n], node.target().rounding());
        if (node.target() == Target.C && node.bits() == 8 || accumulation.isTail(n)) {
            shifted = Requantize.saturate(shifted, Integer.SIZE);
        }
        return (int) Requantize.saturate(relu ? Math.max(shifted, 0) : shifted, node.bits());
    }

    /** 16 bits: products have 30 bits, so sums run in 64-bit integers, all output channels of a pixel together. */
    private void runInLong(ChipBuffer in, ChipBuffer out) {
        int outputs = filter.outputs();
        long largest = 0;
        for (int i = 0; i < in.count(); i++) {
            largest = Math.max(largest, Math.abs(in.ints()[i]));
        }
        boolean[] proven = new boolean[outputs];
        for (int n = 0; n < outputs; n++) {
            proven[n] = norms[n] * largest <= safe[n];
        }
        if (tapWeights == null) {
            tapWeights = weightsByTap();
        }
        long[] sums16 = new long[outputs];
        for (int pixel = 0; pixel < out.count() / outputs; pixel++) {
            System.arraycopy(filter.bias(), 0, sums16, 0, outputs);
            addWindow(in.ints(), pixel, sums16);
            for (int n = 0; n < outputs; n++) {
                out.ints()[pixel * outputs + n] = result(proven[n] ? sums16[n] : inOrder(in, pixel, n), n);
            }
        }
    }

    private void addWindow(int[] values, int pixel, long[] sums16) {
        int outputs = filter.outputs();
        forEachTap(pixel, (from, tap) -> {
            if (filter.depthwise()) {
                for (int n = 0; n < outputs; n++) {
                    sums16[n] += (long) values[from + n] * tapWeights[tap + n];
                }
            } else {
                for (int c = 0; c < filter.inputs(); c++) {
                    long value = values[from + c];
                    int row = tap + c * outputs;
                    for (int n = 0; n < outputs; n++) {
                        sums16[n] += value * tapWeights[row + n];
                    }
                }
            }
        });
    }

    /** Weights in the order [tap][input channel][output channel]. */
    private int[] weightsByTap() {
        int taps = filter.kernelH() * filter.kernelW();
        int[] byTap = new int[filter.weights().length];
        for (int n = 0; n < filter.outputs(); n++) {
            for (int c = 0; c < filter.inputs(); c++) {
                for (int t = 0; t < taps; t++) {
                    byTap[(t * filter.inputs() + c) * filter.outputs() + n] = filter.weights()[(n * filter.inputs() + c) * taps + t];
                }
            }
        }
        return byTap;
    }

    private PackedConv pack(boolean absolute) {
        float[] weights = new float[filter.weights().length];
        for (int i = 0; i < weights.length; i++) {
            weights[i] = absolute ? Math.abs(filter.weights()[i]) : filter.weights()[i];
        }
        PackedConv result = floats.packedConv(shape);
        floats.pack(weights, 0, result);
        return result;
    }
}
