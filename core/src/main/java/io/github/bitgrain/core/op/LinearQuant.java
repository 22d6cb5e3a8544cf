package io.github.bitgrain.core.op;

/**
 * Rounds to the grid of a free scale s: x → clamp(halfeven(x / s) + z, qmin, qmax) − z, times s; ONNX QuantizeLinear followed by
 * DequantizeLinear, bit for bit. The operands after x depend on {@link Range}; each has one element, or one per channel.
 * A channel without range (s = 0, or amax ≤ 2^−24) becomes zero. Where x has no place on the grid the gradient is 0, elsewhere it is
 * straight-through; {@link Range#LEARNED}, {@link Range#LOG2} and {@link Range#LOG2_POWER} have gradients for their range too.
 *
 * @param qmin smallest integer
 * @param qmax largest integer
 * @param axis axis of the scales, or {@link #PER_TENSOR} for one
 * @param range what the operands say about the scale
 * @param factor multiplies amax ({@link Range#AMAX}, {@link Range#DYNAMIC}); 1 otherwise
 * @param refusesNegative with qmin ≥ 0: whether a negative x ends the run with an error instead of becoming 0
 */
public record LinearQuant(int qmin, int qmax, int axis, Range range, float factor, boolean refusesNegative) implements Op {
    /** The axis of a quantizer with one scale for the whole tensor. */
    public static final int PER_TENSOR = -1;

    /** Largest amax that counts as no range (pytorch-quantization, tensor_quant.py). */
    public static final float NO_RANGE = 0x1p-24f;

    /** Where the scale comes from. */
    public enum Range {
        /** Operands s, z (may be omitted: 0). The gradient passes where the integer was not clamped. */
        SCALE,
        /** Operand amax; s = amax / qmax. The gradient passes where |x| ≤ amax. */
        AMAX,
        /** No operand: as AMAX with amax = max |x| of the present x. */
        DYNAMIC,
        /**
         * Operands low, high, one element each: x is clipped to [low, high] first, s = max(−low, high) / qmax (Choi et al. 2018). The
         * gradient passes where low &lt; x &lt; high; what does not pass above goes to high, below to low.
         */
        LEARNED,
        /**
         * Operand t = log2 amax; s = 2^t / qmax. With q = round(x / s) the gradient passes where qmin ≤ x / s ≤ qmax, and
         * dt = s ln 2 Σ dy · d with d = q − x / s inside, the limit outside (Esser et al. 2020, on a logarithmic scale as in Jain et al. 2020).
         */
        LOG2,
        /** As LOG2 with the smallest power of two that is not below 2^t / qmax as s; rounding up has the gradient 1. */
        LOG2_POWER;

        /** Whether the operand is a logarithm. */
        public boolean isLogarithm() {
            return this == LOG2 || this == LOG2_POWER;
        }
    }

    /** Checks the integers. */
    public LinearQuant {
        if (qmin > 0 || qmax < qmin || (long) qmax - qmin > 0xffffL && range != Range.SCALE) {
            throw new IllegalArgumentException("integers from " + qmin + " to " + qmax);
        }
        if (range == Range.LEARNED && axis != PER_TENSOR) {
            throw new IllegalArgumentException("a learned range is one for the whole tensor");
        }
    }

    /** ONNX's pair of operators: operands x, s, z. */
    public static LinearQuant ofScale(int qmin, int qmax, int axis) {
        return new LinearQuant(qmin, qmax, axis, Range.SCALE, 1f, false);
    }

    /** Whether every channel has its own scale. */
    public boolean perChannel() {
        return axis != PER_TENSOR;
    }

    /** The largest magnitude that a {@link Range#LOG2} operand stands for. */
    public static float amaxOfLog2(float log2) {
        return (float) Math.pow(2, log2);
    }

    /** A range enlarged until amax / qmax is a power of two. */
    public static float powerOfTwoAmax(float amax, int qmax) {
        int exponent = Math.getExponent(amax / qmax);
        float smaller = Math.scalb((float) qmax, exponent);
        return smaller >= amax ? smaller : Math.scalb((float) qmax, exponent + 1);
    }

    /** The scale of a range: amax / qmax in single precision, 0 where there is no range. */
    public static float scale(float amax, int qmax) {
        return amax <= NO_RANGE || qmax == 0 ? 0f : amax / qmax;
    }
}
