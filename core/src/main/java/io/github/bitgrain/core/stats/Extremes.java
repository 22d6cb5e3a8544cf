package io.github.bitgrain.core.stats;

/**
 * Number, smallest and largest of some values. Immutable; merging is exact, associative and commutative.
 *
 * @param count number of values
 * @param min smallest; +∞ of none
 * @param max largest; −∞ of none
 */
public record Extremes(long count, float min, float max) {
    /** Of no values. */
    public static final Extremes NONE = new Extremes(0, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY);

    /** Of values in an array; NaN spreads to both ends. */
    public static Extremes of(float[] values, int offset, int count) {
        float min = Float.POSITIVE_INFINITY;
        float max = Float.NEGATIVE_INFINITY;
        for (int i = offset; i < offset + count; i++) {
            min = Math.min(min, values[i]);
            max = Math.max(max, values[i]);
        }
        return new Extremes(count, min, max);
    }

    /** Of the values of both. */
    public Extremes merge(Extremes other) {
        return new Extremes(count + other.count, Math.min(min, other.min), Math.max(max, other.max));
    }

    /** Largest absolute value; 0 of none. */
    public float amax() {
        return count == 0 ? 0f : Math.max(Math.abs(min), Math.abs(max));
    }
}
