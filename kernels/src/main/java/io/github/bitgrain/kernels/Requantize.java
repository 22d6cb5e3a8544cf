package io.github.bitgrain.kernels;

/** The one place that shifts accumulators to another exponent and saturates them, as the chips do. */
public final class Requantize {
    private Requantize() {}

    /**
     * {@code v / 2^shift}, rounded; a negative shift multiplies. Exact for every {@code v}; a product that does not fit
     * 64 bits saturates.
     *
     * @param shift output exponent minus accumulator exponent, −63 to 63
     * @param rounding {@link Rounding#HALF_UP} or {@link Rounding#HALF_EVEN} on the chips; {@link Rounding#DOWN} is a plain
     *     arithmetic shift
     */
    public static long shiftRight(long v, int shift, Rounding rounding) {
        if (shift <= 0) {
            long product = v << -shift;
            return product >> -shift == v ? product : v < 0 ? Long.MIN_VALUE : Long.MAX_VALUE;
        }
        long floor = v >> shift;
        long rest = v - (floor << shift);
        long half = 1L << (shift - 1);
        return switch (rounding) {
            case HALF_UP -> rest >= half ? floor + 1 : floor;
            case HALF_EVEN -> rest > half || rest == half && (floor & 1) != 0 ? floor + 1 : floor;
            case HALF_DOWN -> rest > half ? floor + 1 : floor;
            case HALF_TOWARDS_ZERO -> rest > half || rest == half && v < 0 ? floor + 1 : floor;
            case HALF_FAR_FROM_ZERO -> rest > half || rest == half && v > 0 ? floor + 1 : floor;
            case UP -> rest > 0 ? floor + 1 : floor;
            case DOWN -> floor;
        };
    }

    /**
     * The same for the sums of one pixel, channel by channel, written without branches:
     * {@code y[yAt + n] = saturate(shiftRight(sums[at + n] + bias[n], shifts[n], rounding), bits)}, not below {@code lowest}.
     *
     * @param sums whole numbers below 2^24 in size
     * @param bias with sums below 2^62 in size
     * @param shifts 0 to 62
     * @param rounding {@link Rounding#HALF_UP} or {@link Rounding#HALF_EVEN}
     */
    public static void pixel(
            float[] sums, int at, long[] bias, int[] shifts, Rounding rounding, int bits, long lowest, int[] y, int yAt, int channels) {
        long high = Long.MAX_VALUE >>> (64 - bits);
        long low = Math.max(lowest, ~high);
        boolean toEven = rounding == Rounding.HALF_EVEN;
        if (!toEven && rounding != Rounding.HALF_UP) {
            throw new IllegalArgumentException("chips do not round " + rounding);
        }
        for (int n = 0; n < channels; n++) {
            long v = (long) sums[at + n] + bias[n];
            int shift = shifts[n];
            long floor = v >> shift;
            long rest = v - (floor << shift);
            // Without a shift there is no rest, which must stay below half.
            long half = Math.max(1, 1L << shift >> 1);
            long below = half - rest - (toEven ? floor & 1 : 1);
            y[yAt + n] = (int) Math.min(high, Math.max(low, floor + (below >>> 63)));
        }
    }

    /** {@code v} limited to the range of a signed integer of {@code bits} bits (2 to 64). */
    public static long saturate(long v, int bits) {
        long max = Long.MAX_VALUE >>> (64 - bits);
        return Math.clamp(v, ~max, max);
    }

    /** The low {@code bits} bits (2 to 64) of {@code v}, read as a signed integer: what a store without saturation leaves. */
    public static long wrap(long v, int bits) {
        return v << (64 - bits) >> (64 - bits);
    }
}
