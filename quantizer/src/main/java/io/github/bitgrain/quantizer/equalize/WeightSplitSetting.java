package io.github.bitgrain.quantizer.equalize;

import io.github.bitgrain.core.BitgrainException;
import java.util.List;

/**
 * ESP-PPQ's {@code weight_split_setting}, for {@link WeightSplit}.
 *
 * @param interestedLayers layers to split, by name
 * @param valueThreshold weights beyond it are divided between the two layers
 * @param method how they are divided
 */
public record WeightSplitSetting(List<String> interestedLayers, double valueThreshold, Method method) {
    /** How a weight is divided. */
    public enum Method {
        /** In halves. */
        BALANCE,
        /** At random, by a generator with a fixed seed. */
        RANDOM
    }

    /** ESP-PPQ's defaults. */
    public static final WeightSplitSetting DEFAULT = new WeightSplitSetting(List.of(), 2, Method.BALANCE);

    /**
     * Checks the values.
     *
     * @throws BitgrainException (usage) naming the setting
     */
    public WeightSplitSetting {
        interestedLayers = List.copyOf(interestedLayers);
        if (!(valueThreshold >= 0)) {
            throw BitgrainException.usage("weight_split_setting.value_threshold: " + valueThreshold + " is not at least 0");
        }
    }
}
