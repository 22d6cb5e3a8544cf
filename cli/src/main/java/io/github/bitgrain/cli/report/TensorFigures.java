package io.github.bitgrain.cli.report;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonValue;
import java.util.List;
import java.util.Locale;

/**
 * The values of a quantized tensor, just before they are rounded, and the range that its exponent can hold.
 *
 * @param name value or parameter
 * @param node the node whose operand or result it is
 * @param role input, result or parameter of the node
 * @param bits width of the integers
 * @param exponents smallest and largest exponent, equal unless each channel has its own
 * @param channels number of exponents
 * @param low smallest value that can be held, of the widest channel
 * @param high largest value that can be held, of the widest channel
 * @param min smallest value
 * @param max largest value
 * @param mean mean value
 * @param std standard deviation of the values
 * @param noise noise ÷ signal of rounding and clipping the tensor itself
 * @param imbalance of weights with output channels: largest ÷ median of the channels' largest values; null for other tensors, and where the
 *     median is 0
 * @param values number of values
 * @param clipped number of values beyond their range
 * @param activation whether an activation of the network was left to this clipping, so that it is meant to be
 * @param from lower end of the histogram
 * @param to upper end of the histogram
 * @param counts values in bins of equal width
 */
public record TensorFigures(String name, String node, Role role, int bits, List<Integer> exponents, int channels, double low, double high,
        double min, double max, double mean, double std, double noise, Double imbalance, long values, long clipped, boolean activation, double from, double to, long[] counts) {
    /** What the node does with the tensor. */
    public enum Role {
        /** An operand that is computed or fed. */
        INPUT,
        /** What the node makes. */
        RESULT,
        /** A constant operand. */
        PARAMETER;

        /** The word for it. */
        @JsonValue
        String word() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /** Share of the values beyond their range. */
    @JsonProperty
    double clippedShare() {
        return values == 0 ? 0 : (double) clipped / values;
    }
}
