package io.github.bitgrain.simulator.kernel;

import io.github.bitgrain.core.quant.Target;
import io.github.bitgrain.kernels.ConvShape;
import io.github.bitgrain.kernels.Requantize;

/**
 * The accumulators of a target's convolution kernels: how wide they are, which channels use which, and the exact sum in the
 * chip's order of operations (chip-arithmetic.md §2). The fast paths are only taken where {@link #safe} proves that no
 * accumulator can leave its range, so that order does not matter.
 */
final class Accumulation {
    private final Target target;
    private final int bits;
    private final Filter filter;
    private final int firstTail;
    private final int lanes;

    Accumulation(NodeSetup node, Filter filter) {
        this.target = node.target();
        this.bits = node.bits();
        this.filter = filter;
        this.lanes = node.lanes();
        boolean allInLanes = !target.blockedWeights() || filter.depthwise();
        firstTail = allInLanes ? filter.outputs() : filter.outputs() - filter.outputs() % lanes;
    }

    /** Whether a channel is beyond the last full vector and uses the scalar accumulator. */
    boolean isTail(int n) {
        return n >= firstTail;
    }

    /** Channels before the first {@link #isTail tail}: each has a lane, and all lanes take the same product at the same time. */
    int lanes() {
        return firstTail;
    }

    /** Bits of the accumulator of a channel. */
    int width(int n) {
        return isTail(n) ? Target.SCALAR_ACCUMULATOR_BITS : target.laneBits(bits);
    }

    /** The largest {@code Σ |x w|} with which channel n's accumulator provably stays in range; negative if there is none. */
    long safe(int n) {
        long max = Long.MAX_VALUE >>> (64 - width(n));
        return max - Math.min(Math.abs(filter.bias()[n]), max) - 1;
    }

    /** The accumulator of one output, product by product as the chip adds them. */
    long inOrder(ConvShape s, int[] x, int image, int oy, int ox, int n) {
        long sum = filter.bias()[n];
        int first = filter.depthwise() ? n : 0;
        for (int ky = 0; ky < s.kernelH(); ky++) {
            int iy = oy * s.strideH() - s.padTop() + ky * s.dilationH();
            for (int kx = 0; kx < s.kernelW(); kx++) {
                int ix = ox * s.strideW() - s.padLeft() + kx * s.dilationW();
                if (iy >= 0 && iy < s.inH() && ix >= 0 && ix < s.inW()) {
                    int from = ((image * s.inH() + iy) * s.inW() + ix) * s.inStride() + first;
                    sum = isTail(n) ? addChunks(sum, s, x, from, n, ky, kx) : addSingly(sum, s, x, from, n, ky, kx);
                }
            }
        }
        return sum;
    }

    private long addSingly(long start, ConvShape s, int[] x, int from, int n, int ky, int kx) {
        long sum = start;
        int width = width(n);
        for (int c = 0; c < s.groupIn(); c++) {
            sum += (long) x[from + c] * weight(s, n, c, ky, kx);
            sum = target == Target.C ? (bits == 8 ? (int) sum : sum) : Requantize.saturate(sum, width);
        }
        return sum;
    }

    private long addChunks(long start, ConvShape s, int[] x, int from, int n, int ky, int kx) {
        long sum = start;
        for (int c = 0; c < s.groupIn(); c += lanes) {
            long chunk = 0;
            for (int i = c; i < Math.min(c + lanes, s.groupIn()); i++) {
                chunk += (long) x[from + i] * weight(s, n, i, ky, kx);
            }
            sum = Requantize.saturate(sum + chunk, Target.SCALAR_ACCUMULATOR_BITS);
        }
        return sum;
    }

    private int weight(ConvShape s, int n, int c, int ky, int kx) {
        return filter.weights()[((n * filter.inputs() + c) * s.kernelH() + ky) * s.kernelW() + kx];
    }
}
