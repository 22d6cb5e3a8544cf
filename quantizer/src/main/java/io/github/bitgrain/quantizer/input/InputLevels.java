package io.github.bitgrain.quantizer.input;

import java.util.Arrays;

/**
 * An input whose samples can take 256 evenly spaced values only, since they were bytes before their preprocessing. One entry of an array is for all channels.
 *
 * @param first what byte 0 becomes, channel by channel
 * @param last what byte 255 becomes
 */
public record InputLevels(float[] first, float[] last) {
    /** Values of a byte less one. */
    static final int STEPS = 255;

    /** Checks the arrays, and takes one entry where all channels are alike. */
    public InputLevels {
        if (first.length == 0 || first.length != last.length) {
            throw new IllegalArgumentException(first.length + " first values, " + last.length + " last ones");
        }
        boolean alike = true;
        for (int c = 1; c < first.length; c++) {
            alike &= first[c] == first[0] && last[c] == last[0];
        }
        first = Arrays.copyOf(first, alike ? 1 : first.length);
        last = Arrays.copyOf(last, first.length);
    }

    /** Number of channels that the levels tell apart. */
    int channels() {
        return first.length;
    }

    /** Distance of two neighbours; negative where bytes are turned round. */
    double step(int channel) {
        return ((double) last[channel] - first[channel]) / STEPS;
    }

    double least(int channel) {
        return Math.min(first[channel], last[channel]);
    }

    double largest(int channel) {
        return Math.max(first[channel], last[channel]);
    }
}
