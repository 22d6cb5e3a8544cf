package io.github.bitgrain.simulator.kernel;

import io.github.bitgrain.core.BitgrainException;
import io.github.bitgrain.core.quant.Target;
import io.github.bitgrain.kernels.Requantize;

/** The scalar arithmetic of ESP-DL that kernels share (esp-dl: dl_tool.cpp, dl_define.hpp; chip-arithmetic.md §1). */
public final class ChipArithmetic {
    private static final float ROOT_TOLERANCE = 1e-5f;

    private ChipArithmetic() {}

    /**
     * {@code 2^exponent} as the chip forms it.
     *
     * @throws BitgrainException (bad input) if the chip's helper is undefined for the exponent
     */
    public static float scale(int exponent) {
        if (Math.abs(exponent) > KernelLimits.LARGEST_EXPONENT) {
            throw BitgrainException.badInput("exponent " + exponent + " is outside −30 … 30, where the chip can form 2^exponent");
        }
        return Math.scalb(1f, exponent);
    }

    /** {@code 2^-exponent} as the chip forms it. */
    public static float rescale(int exponent) {
        return scale(-exponent);
    }

    /** Rounds a real to an integer and saturates it to {@code bits}; NaN becomes what the target's conversion makes of it. */
    public static int quantize(float x, int bits, Target target) {
        if (Float.isNaN(x)) {
            return (int) Requantize.saturate(target == Target.ESP32P4 ? Integer.MAX_VALUE : Integer.MIN_VALUE, bits);
        }
        return (int) Requantize.saturate((int) target.rounding().round(x), bits);
    }

    /** An integer at another exponent: shifted by {@code shift} bits to the right, rounded, saturated. */
    public static int requantize(long v, int shift, int bits, Target target) {
        return (int) Requantize.saturate(Requantize.shiftRight(v, shift, target.rounding()), bits);
    }

    /** Newton's square root as ESP-DL iterates it, in single precision. */
    public static float newtonRoot(float x) {
        if (x == 0f) {
            return 0f;
        }
        float root = x;
        float last;
        do {
            last = root;
            root = (float) (0.5 * (last + x / last));
        } while (Math.abs(root - last) > ROOT_TOLERANCE);
        return root;
    }

    /** The float exponential: evaluated in double, rounded once. */
    public static float exp(float x) {
        return (float) Math.exp(x);
    }

    /** The float logarithm: evaluated in double, rounded once. */
    public static float log(float x) {
        return (float) Math.log(x);
    }
}
