package io.github.bitgrain.kernels;

/**
 * Whole numbers of a range: {@code y = clamp(round(x), lowest, highest)} with ties to even, for any x but NaN. Beside a {@link FakeQuantizer}
 * of scale 1, which keeps NaN, it takes half the comparisons.
 *
 * @param lowest least result, a whole number
 * @param highest greatest result, a whole number
 */
public record WholeRange(float lowest, float highest) {
    /** Sums of 2^21 with 1.5 · 2^23 have no fraction bits. */
    private static final float LARGEST = 1 << 21;

    /** Checks the range. */
    public WholeRange {
        if (!(lowest >= -LARGEST && lowest <= highest && highest <= LARGEST)) {
            throw new IllegalArgumentException("whole numbers from " + lowest + " to " + highest);
        }
    }

    /** The nearest whole number of the range. */
    float nearest(float x) {
        return Math.clamp((float) Math.rint(x), lowest, highest);
    }

    /** Rounds n floats in place. */
    void round(int n, float[] y, int at) {
        for (int i = at; i < at + n; i++) {
            y[i] = nearest(y[i]);
        }
    }
}
