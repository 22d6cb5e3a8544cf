package io.github.bitgrain.quantizer.input;

import java.util.Arrays;

/**
 * Values between two ends, channel by channel, and the map that spreads them over the integers −128 … 127.
 *
 * @param least lower ends; one entry is for all channels
 * @param largest upper ends
 * @param border values of the input that must become one integer, since a layer fills its borders with them; null if none does
 */
record InputRange(double[] least, double[] largest, double[] border) {
    static final int LOWEST = -128;
    static final int HIGHEST = 127;
    /** An input that is mapped anew must have so much less error than one with a power of two as scale. */
    static final double WORTHWHILE = 0.8;
    /** Bytes may lie half a step beside the border, as with (byte − 127.5): only the outermost values of a picture see it. */
    private static final double HALF = 0.5 + 1e-3;
    private static final double ROUNDING = 1e-3;

    /**
     * The map for samples that were bytes.
     *
     * @param border see {@link InputRange}
     * @return null if the input's 8 bits are used already
     */
    static InputMap ofBytes(InputLevels levels, double[] border) {
        if (isExact(levels)) {
            return null;
        }
        InputMap exact = exact(levels, border);
        if (exact != null) {
            return exact;
        }
        double[] least = new double[levels.channels()];
        double[] largest = new double[levels.channels()];
        Arrays.setAll(least, levels::least);
        Arrays.setAll(largest, levels::largest);
        InputMap map = new InputRange(least, largest, border).map();
        return gainOfBytes(levels, map) * WORTHWHILE > 1 ? map : null;
    }

    /** Square of the power of two that would be the scale of bytes ÷ mean square of the steps that a map leaves. */
    static double gainOfBytes(InputLevels levels, InputMap map) {
        double magnitude = 0;
        for (int c = 0; c < levels.channels(); c++) {
            magnitude = Math.max(magnitude, magnitude(levels.least(c), levels.largest(c)));
        }
        return Math.pow(4, exponent(magnitude)) / noise(map);
    }

    /** Whether every byte is a multiple of the power of two that would be the scale, and none but the last is clipped. */
    private static boolean isExact(InputLevels levels) {
        double scale = Math.scalb(1.0, (int) Math.rint(Math.log(Math.abs(levels.step(0))) / Math.log(2)));
        for (int c = 0; c < levels.channels(); c++) {
            double first = levels.first()[c] / scale;
            if (Math.abs(Math.abs(levels.step(c)) / scale - 1) > ROUNDING / InputLevels.STEPS || Math.abs(first - Math.rint(first)) > ROUNDING
                    || levels.least(c) / scale < LOWEST - HALF || levels.largest(c) / scale > HIGHEST + 1 + HALF) {
                return false;
            }
        }
        return true;
    }

    /** Byte − 128; null if the border is not the same byte in all channels. */
    private static InputMap exact(InputLevels levels, double[] border) {
        int channels = Math.max(levels.channels(), border == null ? 1 : border.length);
        double[] gain = new double[channels];
        double[] offset = new double[channels];
        double[] zero = new double[channels];
        for (int c = 0; c < channels; c++) {
            gain[c] = 1 / levels.step(c % levels.channels());
            offset[c] = LOWEST - levels.first()[c % levels.channels()] * gain[c];
            zero[c] = border == null ? 0 : border[c % border.length] * gain[c] + offset[c];
        }
        Arrays.sort(zero);
        boolean fits = zero[channels - 1] - zero[0] <= ROUNDING && zero[0] >= LOWEST - HALF && zero[channels - 1] <= HIGHEST + HALF;
        return fits ? new InputMap(gain, offset) : null;
    }

    /** Least scale that holds values between two ends. */
    static double magnitude(double least, double largest) {
        return Math.max(least / LOWEST, largest / (HIGHEST + 1));
    }

    /** Exponent of the smallest power of two that is no smaller than a scale. */
    static int exponent(double scale) {
        return (int) Math.ceil(Math.log(scale) / Math.log(2) - ROUNDING);
    }

    /** Mean of the squared steps of all channels. */
    private static double noise(InputMap map) {
        double noise = 0;
        for (int c = 0; c < map.channels(); c++) {
            noise += 1 / (map.gain(c) * map.gain(c)) / map.channels();
        }
        return noise;
    }

    /** The ends become the ends of the integers; with a border as closely as it can be with the border at an integer, the same one for all channels. */
    InputMap map() {
        if (border == null) {
            double[] gain = new double[least.length];
            double[] offset = new double[least.length];
            for (int c = 0; c < gain.length; c++) {
                gain[c] = (HIGHEST - LOWEST) / (largest[c] - least[c]);
                offset[c] = LOWEST - gain[c] * least[c];
            }
            return new InputMap(gain, offset);
        }
        InputMap best = null;
        for (int zero = LOWEST; zero <= HIGHEST; zero++) {
            InputMap map = withBorderAt(zero);
            if (best == null || noise(map) < noise(best)) {
                best = map;
            }
        }
        return best;
    }

    private InputMap withBorderAt(int zero) {
        int channels = Math.max(least.length, border.length);
        double[] gain = new double[channels];
        double[] offset = new double[channels];
        for (int c = 0; c < channels; c++) {
            double below = Math.max(0, border[c % border.length] - least[c % least.length]);
            double above = Math.max(0, largest[c % largest.length] - border[c % border.length]);
            gain[c] = Math.min((zero - LOWEST) / below, (HIGHEST - zero) / above);
            offset[c] = zero - gain[c] * border[c % border.length];
        }
        return new InputMap(gain, offset);
    }
}
