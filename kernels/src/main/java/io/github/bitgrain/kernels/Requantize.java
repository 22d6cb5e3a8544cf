package io.github.bitgrain.kernels;

/** The one place that shifts accumulators to another exponent and saturates them, as the chips do. */
public final class Requantize {
    /** Largest right shift of a product of two 16-bit values in 32 bits. */
    public static final int LARGEST_INT_SHIFT = 30;

    /** Added to a number below 2^22 in size and taken away it leaves the nearest whole number, ties to even. */
    private static final float ROUNDER = 0x1.8p23f;

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
        boolean toEven = isHalfEven(rounding);
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

    /**
     * {@code y[i] = saturate(shiftRight(x[i], shift, rounding), bits)} for i below n, in loops that the compiler turns into vector
     * code.
     *
     * @param x values of up to 16 bits
     * @param rounding {@link Rounding#HALF_UP} or {@link Rounding#HALF_EVEN}
     * @param bits 8 or 16
     */
    public static void values(int n, int[] x, int shift, Rounding rounding, int bits, int[] y) {
        int high = Integer.MAX_VALUE >> (Integer.SIZE - bits);
        if (shift <= 0) {
            // Farther to the left everything but 0 saturates.
            int left = Math.min(-shift, Short.SIZE);
            for (int i = 0; i < n; i++) {
                y[i] = Math.min(high, Math.max(~high, x[i] << left));
            }
        } else {
            // Farther to the right everything is 0.
            shiftRight(n, x, 0, Math.min(shift, LARGEST_INT_SHIFT), isHalfEven(rounding), high, y, 0);
        }
    }

    /**
     * {@code y[yOffset + i] = saturate(shiftRight(a[aOffset + i] b[bOffset + i], shift, rounding), bits)} for i below n.
     *
     * @param a values of up to 16 bits
     * @param b values of up to 16 bits
     * @param shift 1 to {@value #LARGEST_INT_SHIFT}
     * @param rounding {@link Rounding#HALF_UP} or {@link Rounding#HALF_EVEN}
     * @param bits 8 or 16
     */
    public static void products(int n, int[] a, int aOffset, int[] b, int bOffset, int shift, Rounding rounding, int bits, int[] y, int yOffset) {
        if (shift < 1 || shift > LARGEST_INT_SHIFT) {
            throw new IllegalArgumentException("shift " + shift + " of a product of 31 bits");
        }
        for (int i = 0; i < n; i++) {
            y[yOffset + i] = a[aOffset + i] * b[bOffset + i];
        }
        shiftRight(n, y, yOffset, shift, isHalfEven(rounding), Integer.MAX_VALUE >> (Integer.SIZE - bits), y, yOffset);
    }

    /** As {@link #products} with one factor for all. */
    public static void scaled(int n, int[] a, int aOffset, int b, int shift, Rounding rounding, int bits, int[] y, int yOffset) {
        if (shift < 1 || shift > LARGEST_INT_SHIFT) {
            throw new IllegalArgumentException("shift " + shift + " of a product of 31 bits");
        }
        for (int i = 0; i < n; i++) {
            y[yOffset + i] = a[aOffset + i] * b;
        }
        shiftRight(n, y, yOffset, shift, isHalfEven(rounding), Integer.MAX_VALUE >> (Integer.SIZE - bits), y, yOffset);
    }

    /**
     * {@code y[i] = saturate(round(x[i] factor), bits)} for i below n, in single precision as {@link Rounding#round(float)}.
     *
     * @param rounding {@link Rounding#HALF_UP} or {@link Rounding#HALF_EVEN}
     * @param bits 8 or 16
     * @param nan what NaN becomes
     */
    public static void reals(int n, float[] x, float factor, Rounding rounding, int bits, int nan, int[] y) {
        int high = Integer.MAX_VALUE >> (Integer.SIZE - bits);
        round(n, x, factor, isHalfEven(rounding), ~high, high, y);
        for (int i = 0; i < n; i++) {
            if (x[i] != x[i]) {
                y[i] = nan;
            }
        }
    }

    // Limited first: limits are whole, so that the order makes no difference, and small numbers can be rounded by an addition.

    private static void round(int n, float[] x, float factor, boolean toEven, float low, float high, int[] y) {
        if (toEven) {
            for (int i = 0; i < n; i++) {
                y[i] = (int) (Math.min(high, Math.max(low, x[i] * factor)) + ROUNDER - ROUNDER);
            }
        } else {
            for (int i = 0; i < n; i++) {
                float sum = Math.min(high, Math.max(low, x[i] * factor)) + 0.5f;
                float rounded = sum + ROUNDER - ROUNDER;
                y[i] = (int) rounded - (Float.floatToRawIntBits(sum - rounded) >>> 31);
            }
        }
    }

    /** {@code y[i] = saturate(a[i] + sign b[i], bits)} for i below n; values of up to 16 bits, sign 1 or −1. */
    public static void sums(int n, int[] a, int sign, int[] b, int bits, int[] y) {
        int high = Integer.MAX_VALUE >> (Integer.SIZE - bits);
        for (int i = 0; i < n; i++) {
            y[i] = Math.min(high, Math.max(~high, a[i] + sign * b[i]));
        }
    }

    private static boolean isHalfEven(Rounding rounding) {
        if (rounding != Rounding.HALF_EVEN && rounding != Rounding.HALF_UP) {
            throw new IllegalArgumentException("chips do not round " + rounding);
        }
        return rounding == Rounding.HALF_EVEN;
    }

    /** Values up to 2^30 in size, shift 1 to 30: half of the divisor, or one less to an even floor, never overflows. */
    private static void shiftRight(int n, int[] x, int from, int shift, boolean toEven, int high, int[] y, int to) {
        int half = 1 << (shift - 1);
        if (toEven) {
            for (int i = 0; i < n; i++) {
                y[to + i] = Math.min(high, Math.max(~high, (x[from + i] + half - 1 + ((x[from + i] >> shift) & 1)) >> shift));
            }
        } else {
            for (int i = 0; i < n; i++) {
                y[to + i] = Math.min(high, Math.max(~high, (x[from + i] + half) >> shift));
            }
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
