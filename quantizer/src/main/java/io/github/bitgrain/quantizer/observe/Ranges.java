package io.github.bitgrain.quantizer.observe;

/** From a range of values to a power-of-two scale (esp-ppq: quantization/observer/range.py). */
public final class Ranges {
    /** Smallest scale before it is rounded to a power of two. */
    static final double SMALLEST_SCALE = 1e-8;

    private Ranges() {}

    /**
     * The smallest exponent whose steps cover the range: {@code ceil(log2(2 max(|min|, |max|) / (2^bits − 1)))}.
     */
    public static int exponent(double min, double max, int bits) {
        double reach = Math.max(Math.abs(Math.min(min, 0)), Math.abs(Math.max(max, 0)));
        double scale = Math.max(2 * reach / (Math.scalb(1.0, bits) - 1), SMALLEST_SCALE);
        return (int) Math.ceil(log2(scale));
    }

    /** The exponent nearest to a scale, ties upwards: {@code floor(log2(scale) + 0.5)}. */
    static int nearestExponent(double scale) {
        return (int) Math.floor(log2(Math.max(scale, SMALLEST_SCALE)) + 0.5);
    }

    /** Exact at powers of two. */
    private static double log2(double x) {
        int exponent = Math.getExponent(x);
        return exponent + Math.log(Math.scalb(x, -exponent)) / Math.log(2);
    }
}
