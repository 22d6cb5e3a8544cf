package io.github.bitgrain.cli.data;

import io.github.bitgrain.core.BitgrainException;

/**
 * A number as people write it for preprocessing: {@code 0.5} or {@code 1/255}. Kept as two floats, because
 * {@code value / 255} and {@code value · (1/255)} differ in the last bit and networks were trained with the former.
 *
 * @param numerator finite
 * @param denominator finite, not zero
 */
public record Fraction(float numerator, float denominator) {
    /** 1. */
    public static final Fraction ONE = new Fraction(1, 1);
    /** 0. */
    public static final Fraction ZERO = new Fraction(0, 1);

    /**
     * Reads a number.
     *
     * @param option the option it stands in, for the message
     */
    static Fraction parse(String text, String option) {
        int slash = text.indexOf('/');
        try {
            Fraction fraction = slash < 0
                    ? new Fraction(Float.parseFloat(text), 1)
                    : new Fraction(Float.parseFloat(text.substring(0, slash)), Float.parseFloat(text.substring(slash + 1)));
            if (Float.isFinite(fraction.value())) {
                return fraction;
            }
        } catch (NumberFormatException e) {
            // Falls through to the one message for everything that is not a number.
        }
        throw BitgrainException.usage(option + ": '" + text + "' is not a number; write for example 0.5 or 1/255");
    }

    /** The number, rounded to float. */
    public float value() {
        return numerator / denominator;
    }

    /** The number. */
    double real() {
        return (double) numerator / denominator;
    }

    /** {@code x · numerator / denominator}, each step rounded to float. */
    float times(float x) {
        return x * numerator / denominator;
    }
}
