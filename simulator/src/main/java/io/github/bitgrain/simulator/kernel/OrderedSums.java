package io.github.bitgrain.simulator.kernel;

import io.github.bitgrain.core.quant.Target;
import io.github.bitgrain.kernels.ConvShape;
import io.github.bitgrain.kernels.IntegerKernels;
import io.github.bitgrain.kernels.Kernels;

/**
 * Accumulators of some channels of a convolution, product by product in the chip's order (chip-arithmetic.md §2.3): one output
 * after the other, or all lanes of a pixel side by side.
 */
final class OrderedSums {
    /** From this share of a pixel's lanes on, 1/8, it is cheaper to sum all of them side by side than one after the other. */
    private static final int LANES_PER_OUTPUT = 8;

    private final NodeSetup node;
    private final Filter filter;
    private final Accumulation accumulation;
    private final ConvShape shape;
    private final IntegerKernels integers = Kernels.integers();
    /** Channels of full vectors come first; those behind have accumulators of their own. */
    private final int lanes;
    private final int[] start;
    private final int[] sums;
    private final int[] factors;
    private final int[] rows;
    private final byte[] weights;

    OrderedSums(NodeSetup node, Filter filter, Accumulation accumulation, ConvShape shape, int[] channels) {
        this.node = node;
        this.filter = filter;
        this.accumulation = accumulation;
        this.shape = shape;
        int count = 0;
        while (count < channels.length && !accumulation.isTail(channels[count])) {
            count++;
        }
        lanes = node.bits() == Byte.SIZE && !filter.depthwise() ? count : 0;
        int products = lanes == 0 ? 0 : filter.inputs() * filter.kernelH() * filter.kernelW();
        start = new int[lanes];
        sums = new int[lanes];
        factors = new int[products];
        rows = new int[products];
        weights = new byte[products * lanes];
        int taps = filter.kernelH() * filter.kernelW();
        for (int i = 0; i < lanes; i++) {
            start[i] = (int) filter.bias()[channels[i]];
            for (int p = 0; p < products; p++) {
                int c = p % filter.inputs();
                int tap = p / filter.inputs();
                weights[p * lanes + i] = (byte) filter.weights()[(channels[i] * filter.inputs() + c) * taps + tap];
            }
        }
    }

    /** The channels that {@link #sideBySide} computes: so many of the first. */
    int lanes() {
        return lanes;
    }

    /** Whether a pixel with so many outputs to sum is better summed side by side. */
    boolean isWorthwhile(int outputs) {
        return lanes > 0 && outputs * LANES_PER_OUTPUT >= lanes;
    }

    /** The accumulator of one output. */
    long single(int[] x, int pixel, int n) {
        return accumulation.inOrder(shape, x, pixel / (shape.outW() * shape.outH()), pixel / shape.outW() % shape.outH(), pixel % shape.outW(), n);
    }

    /** The accumulators of the first {@link #lanes} channels for a pixel; overwritten by the next call. */
    int[] sideBySide(int[] x, int pixel) {
        System.arraycopy(start, 0, sums, 0, lanes);
        int products = gather(x, pixel);
        if (node.target() == Target.C) {
            integers.addWrapping(lanes, products, factors, rows, weights, sums);
        } else {
            integers.addSaturating(lanes, products, factors, rows, weights, sums, node.target().laneBits(node.bits()));
        }
        return sums;
    }

    /** Collects what a pixel's window reads inside the input, and which weights belong to it. */
    private int gather(int[] x, int pixel) {
        int left = pixel % shape.outW() * shape.strideW() - shape.padLeft();
        int top = pixel / shape.outW() % shape.outH() * shape.strideH() - shape.padTop();
        int image = pixel / (shape.outW() * shape.outH());
        int products = 0;
        for (int ky = 0; ky < shape.kernelH(); ky++) {
            int iy = top + ky * shape.dilationH();
            for (int kx = 0; kx < shape.kernelW(); kx++) {
                int ix = left + kx * shape.dilationW();
                if (iy >= 0 && iy < shape.inH() && ix >= 0 && ix < shape.inW()) {
                    int from = ((image * shape.inH() + iy) * shape.inW() + ix) * shape.inStride();
                    int row = (ky * shape.kernelW() + kx) * filter.inputs();
                    for (int c = 0; c < filter.inputs(); c++) {
                        factors[products] = x[from + c];
                        rows[products++] = (row + c) * lanes;
                    }
                }
            }
        }
        return products;
    }
}
