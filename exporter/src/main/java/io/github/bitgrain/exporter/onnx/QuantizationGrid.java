package io.github.bitgrain.exporter.onnx;

import io.github.bitgrain.core.BitgrainException;
import io.github.bitgrain.core.graph.Node;
import io.github.bitgrain.core.graph.Parameters;
import io.github.bitgrain.core.op.FakeQuant;
import io.github.bitgrain.core.op.LinearQuant;
import io.github.bitgrain.kernels.FakeQuantization;
import io.github.bitgrain.kernels.LinearQuantization;
import io.github.bitgrain.kernels.Rounding;

/**
 * The integers of a quantizer: {@code q = clamp(round(x / scale) + zero, qmin, qmax)}.
 *
 * @param scales one, or one per channel; 0 where there is no range
 * @param zeros one zero point, or one per channel
 * @param qmin smallest integer
 * @param qmax largest integer
 * @param axis channel axis, or {@link #PER_TENSOR}
 * @param rounding of x / scale
 * @param low x is limited to [low, high] before
 * @param high infinite where nothing is limited
 */
record QuantizationGrid(float[] scales, int[] zeros, long qmin, long qmax, int axis, Rounding rounding, float low, float high) {
    static final int PER_TENSOR = -1;

    static boolean isQuantizer(Node node) {
        return node.op() instanceof FakeQuant || node.op() instanceof LinearQuant;
    }

    /** The grid of a quantizer node. */
    static QuantizationGrid of(Node node, Parameters parameters) {
        if (node.op() instanceof FakeQuant op) {
            float[] alpha = parameters.get(node.input(1)).data();
            float[] scales = new float[alpha.length];
            for (int i = 0; i < scales.length; i++) {
                scales[i] = FakeQuantization.scale((int) Rounding.HALF_EVEN.round(alpha[i]));
            }
            long qmax = op.bits() == Long.SIZE ? Long.MAX_VALUE : (1L << (op.bits() - 1)) - 1;
            return unlimited(scales, new int[scales.length], -qmax - 1, qmax, op.perChannel() ? op.axis() : PER_TENSOR, op.rounding());
        }
        LinearQuant op = (LinearQuant) node.op();
        int axis = op.perChannel() ? op.axis() : PER_TENSOR;
        return switch (op.range()) {
            case SCALE -> {
                float[] scales = parameters.get(node.input(1)).data().clone();
                int[] zeros = new int[scales.length];
                for (int i = 0; i < zeros.length && node.hasInput(2); i++) {
                    zeros[i] = (int) parameters.get(node.input(2)).data()[i];
                }
                yield unlimited(scales, zeros, op.qmin(), op.qmax(), axis, Rounding.HALF_EVEN);
            }
            case AMAX -> {
                float[] scales = parameters.get(node.input(1)).data().clone();
                for (int i = 0; i < scales.length; i++) {
                    scales[i] = LinearQuant.scale(scales[i] * op.factor(), op.qmax());
                }
                yield unlimited(scales, new int[scales.length], op.qmin(), op.qmax(), axis, Rounding.HALF_EVEN);
            }
            case LEARNED -> {
                float low = parameters.get(node.input(1)).data()[0];
                float high = parameters.get(node.input(2)).data()[0];
                float amax = Math.max(-low, high);
                yield new QuantizationGrid(new float[] {LinearQuant.scale(amax, op.qmax())}, new int[1], op.qmin(), op.qmax(), PER_TENSOR,
                        Rounding.HALF_EVEN, -low == high ? Float.NEGATIVE_INFINITY : low, -low == high ? Float.POSITIVE_INFINITY : high);
            }
            case LOG2, LOG2_POWER -> throw BitgrainException.badInput("quantizer \"" + node.name()
                    + "\" is being trained; export the network as it is in use");
            case DYNAMIC -> throw BitgrainException.badInput("quantizer \"" + node.name()
                    + "\" has no calibrated range; calibrate the model before it is exported, or disable the quantizer");
        };
    }

    private static QuantizationGrid unlimited(float[] scales, int[] zeros, long qmin, long qmax, int axis, Rounding rounding) {
        return new QuantizationGrid(scales, zeros, qmin, qmax, axis, rounding, Float.NEGATIVE_INFINITY, Float.POSITIVE_INFINITY);
    }

    boolean isSigned() {
        return qmin < 0;
    }

    /** Bits of the smallest element type that ONNX has for the integers: 8, 16, 32 or 64. */
    int storageBits() {
        for (int bits : new int[] {Byte.SIZE, Short.SIZE, Integer.SIZE}) {
            long most = isSigned() ? (1L << (bits - 1)) - 1 : (1L << bits) - 1;
            if (qmax <= most && qmin >= (isSigned() ? -most - 1 : 0)) {
                return bits;
            }
        }
        return Long.SIZE;
    }

    /** Whether the element type saturates where the grid ends. */
    boolean fillsStorage() {
        return qmax - qmin == (1L << storageBits()) - 1;
    }

    /** This with unsigned integers: every integer and zero point moved by half the range; the values stay. */
    QuantizationGrid unsigned() {
        if (!isSigned()) {
            return this;
        }
        int move = 1 << (storageBits() - 1);
        int[] moved = zeros.clone();
        for (int i = 0; i < moved.length; i++) {
            moved[i] += move;
        }
        return new QuantizationGrid(scales, moved, qmin + move, qmax + move, axis, rounding, low, high);
    }

    /** The scales with {@code otherwise} where there is no range. */
    float[] writtenScales(float otherwise) {
        float[] written = scales.clone();
        for (int i = 0; i < written.length; i++) {
            written[i] = LinearQuantization.isGrid(written[i]) ? written[i] : otherwise;
        }
        return written;
    }

    /** The integer of x. */
    long integer(float x, int channel) {
        if (!LinearQuantization.isGrid(scales[channel])) {
            return zeros[channel];
        }
        float limited = Math.max(low, Math.min(high, x));
        return Math.clamp((long) rounding.round(limited / scales[channel]) + zeros[channel], qmin, qmax);
    }

    /** The value of an integer. */
    float value(long q, int channel) {
        return (float) (q - zeros[channel]) * scales[channel];
    }
}
