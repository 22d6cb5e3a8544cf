package io.github.bitgrain.core.stats;

import java.util.Arrays;

/**
 * Counts of absolute values in bins of equal width from 0 on: value v is in bin floor(v / width), the largest value in the last bin.
 * Counts have 64 bits, so that they are exact for any amount of data. Immutable; merging is exact, associative and commutative.
 *
 * <p>While only zeros were seen there is no width yet; a histogram then has one bin of width 0.
 */
public final class Histogram {
    /** Of no values. */
    public static final Histogram EMPTY = new Histogram(0f, new long[1]);

    private final float width;
    private final long[] counts;

    private Histogram(float width, long[] counts) {
        this.width = width;
        this.counts = counts;
    }

    /**
     * A histogram.
     *
     * @param width width of a bin; 0 for a single bin of zeros
     * @param counts number of values in each bin, none negative
     */
    public static Histogram of(float width, long... counts) {
        boolean known = width > 0 && width <= Float.MAX_VALUE && counts.length > 0;
        if (!known && !(width == 0 && counts.length == 1)) {
            throw new IllegalArgumentException(counts.length + " bins of width " + width);
        }
        for (long count : counts) {
            if (count < 0) {
                throw new IllegalArgumentException("a count of " + count);
            }
        }
        return new Histogram(width, counts.clone());
    }

    /** Whether a value other than 0 was seen. */
    public boolean hasRange() {
        return width > 0;
    }

    /** Width of a bin. */
    public float width() {
        return width;
    }

    /** Number of bins. */
    public int bins() {
        return counts.length;
    }

    /** Number of values in a bin. */
    public long count(int bin) {
        return counts[bin];
    }

    /** The counts as a new array. */
    public long[] counts() {
        return counts.clone();
    }

    /** Number of values. */
    public long total() {
        return Arrays.stream(counts).sum();
    }

    /** Lower end of a bin; edge {@link #bins} is the upper end of the last one. */
    public float edge(int bin) {
        return bin * width;
    }

    /** Middle of a bin. */
    public float center(int bin) {
        return (bin + 0.5f) * width;
    }

    /** Upper end of the last bin. */
    public float top() {
        return edge(counts.length);
    }

    /**
     * The counts of both.
     *
     * @throws IllegalArgumentException unless one width is a power of two times the other
     */
    public Histogram merge(Histogram other) {
        if (!hasRange() || !other.hasRange()) {
            long[] sum = hasRange() ? counts.clone() : other.counts.clone();
            sum[0] += hasRange() ? other.counts[0] : counts[0];
            return new Histogram(Math.max(width, other.width), sum);
        }
        Histogram a = this;
        Histogram b = other;
        while (a.width < b.width) {
            a = a.coarsened();
        }
        while (b.width < a.width) {
            b = b.coarsened();
        }
        if (a.width != b.width) {
            throw new IllegalArgumentException("bins of widths " + width + " and " + other.width + " have no common multiple");
        }
        long[] sum = Arrays.copyOf(a.counts, Math.max(a.counts.length, b.counts.length));
        for (int i = 0; i < b.counts.length; i++) {
            sum[i] += b.counts[i];
        }
        return new Histogram(a.width, sum);
    }

    /** The same values in bins of twice the width. */
    public Histogram coarsened() {
        long[] pairs = new long[(counts.length + 1) / 2];
        for (int i = 0; i < counts.length; i++) {
            pairs[i / 2] += counts[i];
        }
        return new Histogram(2 * width, pairs);
    }

    /** This or, if it has more bins than allowed, the finest coarser one that has not. */
    public Histogram limitedTo(int mostBins) {
        Histogram limited = this;
        while (limited.bins() > mostBins) {
            limited = limited.coarsened();
        }
        return limited;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Histogram that && width == that.width && Arrays.equals(counts, that.counts);
    }

    @Override
    public int hashCode() {
        return 31 * Float.hashCode(width) + Arrays.hashCode(counts);
    }

    @Override
    public String toString() {
        return total() + " values in " + bins() + " bins of width " + width;
    }
}
