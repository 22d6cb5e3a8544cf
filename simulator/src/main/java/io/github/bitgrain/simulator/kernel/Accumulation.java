package io.github.bitgrain.simulator.kernel;

import io.github.bitgrain.core.quant.Target;
import io.github.bitgrain.kernels.Accumulator;

/**
 * The accumulators of a target's kernels for Conv, Gemm and MatMul (chip-arithmetic.md §2): those of the vector lanes, and the scalar one
 * for the output channels behind the last full vector.
 *
 * @param lane what sums up the products of a channel that has a lane
 * @param tail what sums up those of a channel that has none
 * @param firstTail channels before this one have a lane
 */
record Accumulation(Accumulator lane, Accumulator tail, int firstTail) {
    /** The accumulators of a node with so many output channels. */
    static Accumulation of(NodeSetup node, int outputs, boolean depthwise) {
        Target target = node.target();
        int bits = target.laneBits(node.bits());
        // C wraps. Nothing fills the 64 bits that the P4 has for products of 16 bits.
        Accumulator lane = new Accumulator(bits, 1, target == Target.C || bits == Long.SIZE);
        Accumulator tail = new Accumulator(Target.SCALAR_ACCUMULATOR_BITS, node.lanes(), false);
        boolean allInLanes = !node.hasVectorUnit() || depthwise;
        return new Accumulation(lane, tail, allInLanes ? outputs : outputs - outputs % node.lanes());
    }

    /** The accumulator of an output channel. */
    Accumulator of(int n) {
        return n < firstTail ? lane : tail;
    }

    /** The largest {@code Σ |x w|} with which channel n's accumulator provably stays in range; negative if there is none. */
    long safe(int n, long bias) {
        long max = of(n).max();
        return max - Math.min(Math.abs(bias), max) - 1;
    }
}
