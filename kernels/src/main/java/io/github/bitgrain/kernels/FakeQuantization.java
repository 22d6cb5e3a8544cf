package io.github.bitgrain.kernels;

/** The numbers that fake quantization rests on. */
public final class FakeQuantization {
    private FakeQuantization() {}

    /**
     * {@code 2^exponent} as a float, exact from the smallest subnormal (−149) to 127.
     *
     * @throws IllegalArgumentException for an exponent that no float has
     */
    public static float scale(int exponent) {
        if (exponent < -149 || exponent > Float.MAX_EXPONENT) {
            throw new IllegalArgumentException("2^" + exponent + " is no float");
        }
        return Math.scalb(1f, exponent);
    }

    /** Smallest integer of a width, as the float that reference and kernels compare with. */
    public static float qmin(int bits) {
        return -Math.scalb(1f, bits - 1);
    }

    /** Largest integer of a width; from 26 bits on the nearest float, which is one too large. */
    public static float qmax(int bits) {
        return (float) (Math.scalb(1d, bits - 1) - 1);
    }
}
