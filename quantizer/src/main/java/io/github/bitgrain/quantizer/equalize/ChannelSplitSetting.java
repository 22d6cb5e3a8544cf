package io.github.bitgrain.quantizer.equalize;

import io.github.bitgrain.core.BitgrainException;
import java.util.List;

/**
 * ESP-PPQ's {@code channel_split_setting}, for {@link ChannelSplit}.
 *
 * @param optLevel 1: chains of activations and pooling; 2: sums too
 * @param iterations passes over all pairs; each may double channels again
 * @param valueThreshold channels whose two ranges both reach it are doubled
 * @param includingBias whether biases count as part of the upstream range
 * @param biasMultiplier weight of a bias in the range
 * @param includingAct not supported: must be false, as ESP-PPQ's pass collects no activations either
 * @param actMultiplier not read
 * @param interestedLayers layers whose chains are split; empty: all
 */
public record ChannelSplitSetting(
        int optLevel,
        int iterations,
        double valueThreshold,
        boolean includingBias,
        double biasMultiplier,
        boolean includingAct,
        double actMultiplier,
        List<String> interestedLayers) {
    /** ESP-PPQ's defaults. */
    public static final ChannelSplitSetting DEFAULT = new ChannelSplitSetting(1, 10, 0.5, false, 0.5, false, 0.5, List.of());

    /**
     * Checks the values.
     *
     * @throws BitgrainException (usage) naming the setting
     */
    public ChannelSplitSetting {
        LayerPairs.check("channel_split_setting", optLevel, iterations);
        if (includingAct) {
            throw BitgrainException.usage("channel_split_setting.including_act: is not supported; leave it false and lower value_threshold");
        }
        interestedLayers = List.copyOf(interestedLayers);
    }
}
