package io.github.bitgrain.simulator.kernel;

import io.github.bitgrain.core.quant.Target;

/**
 * Where the chip's kernels stop computing what their operator means (chip-arithmetic.md). Lowering keeps its programs inside,
 * the analysis of foreign programs reports what is outside.
 */
public final class KernelLimits {
    /** Beyond it the chip's helper for {@code 2^e}, {@code 1 << |e|}, leaves 32 bits. */
    public static final int LARGEST_EXPONENT = 30;

    /** Values of up to this many elements are requantized in float, larger ones by vector instructions on S3 and P4. */
    public static final int LARGEST_FLOAT_REQUANTIZE = 50;

    /** Largest left shift of the vector requantize whose multiplier fits an 8-bit lane. */
    public static final int LARGEST_BYTE_MULTIPLIER = 6;

    /** Largest left shift of the vector requantize whose multiplier fits a 16-bit lane. */
    public static final int LARGEST_SHORT_MULTIPLIER = 14;

    /** Largest left shift of 16-bit values that fits the 20-bit lanes in which the ESP32-S3 narrows them to 8 bits. */
    public static final int LARGEST_NARROWING_SHIFT_ON_S3 = 4;

    private static final int BYTE_BITS = 8;
    private static final int SHORT_BITS = 16;
    private static final int S3_WIDENING_STEP = 16;
    private static final int S3_WIDENING_REST = 8;

    private KernelLimits() {}

    /** Largest right shift of an accumulator; beyond it the vector targets take the shift modulo the register's width. */
    public static int largestShift(int bits) {
        return bits == BYTE_BITS ? 31 : 63;
    }

    /** Whether PRelu leaves positive values as they are, so that input and output must have one exponent. */
    public static boolean preluKeepsPositive(Target target, int bits) {
        return bits != BYTE_BITS || target == Target.C;
    }

    /** Whether PRelu keeps the low bits of a negative result that leaves the range, instead of saturating. */
    public static boolean preluWraps(Target target, int bits) {
        return target == (bits == BYTE_BITS ? Target.ESP32P4 : Target.ESP32S3);
    }

    /**
     * Whether a nearest Resize of 8 bits computes with registers that it never loaded: with less than one full vector of
     * channels the kernel for scales other than 2 × 2 jumps over its loads (esp-dl: dl_*_s8_resize.S).
     */
    public static boolean resizeSkipsLoads(Target target, int channels, boolean doubles) {
        return target.blockedWeights() && channels < target.lanes(BYTE_BITS) && !doubles;
    }

    /** Whether a value is requantized by vector instructions; those of equal exponents are copied. */
    public static boolean requantizesInVectors(Target target, int count, int shift) {
        return target.blockedWeights() && count > LARGEST_FLOAT_REQUANTIZE && shift != 0;
    }

    /** Whether a vector requantize multiplies by something else than {@code 2^left}. */
    public static boolean losesMultiplier(Target target, int fromBits, int toBits, int left) {
        return fromBits == BYTE_BITS && toBits == BYTE_BITS && left > LARGEST_BYTE_MULTIPLIER
                || toBits == SHORT_BITS && left > LARGEST_SHORT_MULTIPLIER
                || target == Target.ESP32S3 && fromBits == SHORT_BITS && toBits == BYTE_BITS && left > LARGEST_NARROWING_SHIFT_ON_S3;
    }

    /** Whether the vector requantize of the ESP32-S3 forgets the last 8 elements. */
    public static boolean forgetsElements(Target target, int fromBits, int toBits, int count) {
        return target == Target.ESP32S3 && fromBits == BYTE_BITS && toBits == SHORT_BITS && count % S3_WIDENING_STEP == S3_WIDENING_REST;
    }
}
