package io.github.bitgrain.core.quant;

import java.util.Arrays;

/** The exponents (log2 of the scale) of a tensor: one, or one per channel. Immutable. */
public final class Exponents {
    private final int[] values;

    private Exponents(int[] values) {
        if (values.length == 0) {
            throw new IllegalArgumentException("no exponent");
        }
        this.values = values;
    }

    /** One exponent, or one per channel. */
    public static Exponents of(int... values) {
        return new Exponents(values.clone());
    }

    /** Number of exponents. */
    public int count() {
        return values.length;
    }

    /** The exponent of a channel; a single exponent serves every channel. */
    public int get(int channel) {
        return values.length == 1 ? values[0] : values[channel];
    }

    /** The only exponent of a per-tensor configuration. */
    public int single() {
        if (values.length != 1) {
            throw new IllegalStateException(values.length + " exponents where one is expected");
        }
        return values[0];
    }

    /** The exponents as a new array. */
    public int[] toArray() {
        return values.clone();
    }

    /** Exponents of products: every exponent plus {@code other}. */
    public Exponents plus(int other) {
        int[] sum = values.clone();
        for (int i = 0; i < sum.length; i++) {
            sum[i] += other;
        }
        return new Exponents(sum);
    }

    /** The smallest exponent. */
    public int min() {
        return Arrays.stream(values).min().getAsInt();
    }

    /** The largest exponent. */
    public int max() {
        return Arrays.stream(values).max().getAsInt();
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Exponents that && Arrays.equals(values, that.values);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(values);
    }

    @Override
    public String toString() {
        return values.length == 1 ? Integer.toString(values[0]) : Arrays.toString(values);
    }
}
