package io.github.bitgrain.quantizer.equalize;

import io.github.bitgrain.core.BitgrainException;
import java.util.List;

/**
 * ESP-PPQ's {@code equalization_setting}, for {@link LayerEqualization}; {@link RangeEqualization} has nothing to set.
 *
 * @param optLevel 1: chains of activations and pooling; 2: sums too
 * @param iterations passes over all pairs
 * @param valueThreshold channels whose two ranges together are smaller stay as they are
 * @param includingBias whether biases count as part of the upstream range
 * @param biasMultiplier weight of a bias in the range
 * @param includingAct whether the largest activation of a channel counts as part of the upstream range
 * @param actMultiplier weight of an activation in the range
 * @param interestedLayers layers whose chains are equalized; empty: all
 */
public record EqualizationSetting(
        int optLevel,
        int iterations,
        double valueThreshold,
        boolean includingBias,
        double biasMultiplier,
        boolean includingAct,
        double actMultiplier,
        List<String> interestedLayers) {
    /** ESP-PPQ's defaults. */
    public static final EqualizationSetting DEFAULT = new EqualizationSetting(1, 10, 0.5, false, 0.5, false, 0.5, List.of());

    /**
     * Checks the values.
     *
     * @throws BitgrainException (usage) naming the setting
     */
    public EqualizationSetting {
        LayerPairs.check("equalization_setting", optLevel, iterations);
        interestedLayers = List.copyOf(interestedLayers);
    }
}
