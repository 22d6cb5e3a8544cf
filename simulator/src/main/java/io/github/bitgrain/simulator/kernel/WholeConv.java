package io.github.bitgrain.simulator.kernel;

import io.github.bitgrain.kernels.ConvShape;
import io.github.bitgrain.kernels.ExactConv;
import io.github.bitgrain.kernels.FakeQuantizer;
import io.github.bitgrain.kernels.Finish;
import io.github.bitgrain.kernels.FloatKernels;
import io.github.bitgrain.kernels.Kernels;
import io.github.bitgrain.kernels.PackedConv;
import io.github.bitgrain.kernels.Rounding;
import io.github.bitgrain.kernels.WholeRange;
import io.github.bitgrain.simulator.ChipBuffer;
import java.util.Arrays;

/**
 * A convolution of whole floats whose sums are exact in single precision ({@link ExactConv#LARGEST_IN_FLOAT}). Weights and bias of an output
 * channel are divided by 2^shift beforehand, which is exact: its sums are multiples of 2^−shift, and what remains of the requantization is to
 * round and to limit them while they are in a cache. Half of the least step, added to a bias beforehand, takes every tie upwards and nothing
 * else over a threshold, so that the nearest whole number is the one that half up gives.
 */
final class WholeConv {
    /** Below 1/2 a sum has no more than 2^24 steps up to this shift, so that adding 1/2 to it is exact. */
    private static final int LARGEST_SHIFT = 24;
    /** Sums up to here are exact in single precision with half of the least step added. */
    private static final long LARGEST_WITH_HALVES = ExactConv.LARGEST_IN_FLOAT / 2;

    private final FloatKernels kernels = Kernels.floats();
    private ConvShape shape;
    private final PackedConv weights;
    private final float[] bias;
    private final Finish finish;

    /** Whether the rounding is exact for all channels. */
    static boolean covers(ExactConv.Scaling scaling) {
        return scaling.rounding() == Rounding.HALF_EVEN || Arrays.stream(scaling.shifts()).allMatch(shift -> shift <= LARGEST_SHIFT);
    }

    /**
     * Prepares.
     *
     * @param shape without gaps between pixels
     * @param given weights in ONNX order
     * @param largestSum no sum of a channel goes farther from 0, its bias included
     * @param table what the results are replaced by, or null
     */
    WholeConv(ConvShape shape, int[] given, ExactConv.Scaling scaling, long largestSum, float[] table) {
        this.shape = shape;
        boolean up = scaling.rounding() == Rounding.HALF_UP;
        boolean addsHalves = up && largestSum < LARGEST_WITH_HALVES;
        float[] scaled = new float[given.length];
        bias = new float[shape.outC()];
        int length = given.length / shape.outC();
        for (int n = 0; n < shape.outC(); n++) {
            int exponent = -scaling.shifts()[n];
            bias[n] = Math.scalb((float) scaling.bias()[n], exponent) + (addsHalves && exponent < 0 ? Math.scalb(0.5f, exponent) : 0f);
            for (int i = n * length; i < (n + 1) * length; i++) {
                scaled[i] = Math.scalb((float) given[i], exponent);
            }
        }
        weights = kernels.packedConv(this.shape);
        kernels.pack(scaled, 0, weights);
        finish = up && !addsHalves
                ? new Finish(null, 0f, 0f, new FakeQuantizer(0, scaling.lowest(), scaling.highest(), Rounding.HALF_UP), null, table)
                : Finish.of(new WholeRange(scaling.lowest(), scaling.highest()), table);
    }

    /** Computes the whole output, which has its shape already. */
    void run(ChipBuffer x, ChipBuffer y) {
        float[] from = x.wholes();
        if (shape.inStride() != x.wholeStride() || shape.outStride() != y.wholeStride()) {
            shape = withStrides(shape, x.wholeStride(), y.wholeStride());
        }
        kernels.conv(shape, from, x.wholesOffset(), weights, bias, 0, y.wholes(), y.wholesOffset(), finish, null, 0);
    }

    private static ConvShape withStrides(ConvShape s, int inStride, int outStride) {
        return new ConvShape(s.batch(), s.inH(), s.inW(), s.inC(), inStride, s.outH(), s.outW(), s.outC(), outStride, s.kernelH(), s.kernelW(),
                s.strideH(), s.strideW(), s.dilationH(), s.dilationW(), s.padTop(), s.padLeft(), s.groups());
    }
}
