package io.github.bitgrain.quantizer.equalize;

import io.github.bitgrain.core.BitgrainException;

/**
 * ESP-PPQ's {@code ssd_setting}, for {@link SsdEqualization}.
 *
 * @param optLevel 1: chains of activations and pooling; ESP-PPQ knows no other
 * @param channelRatio smaller ranges of channels count as this share of the largest one
 * @param lossThreshold a change is kept if the error of its pair falls below this share
 * @param layerNorm whether the two layers of every pair get equal ranges first, by one factor
 * @param iteration passes over all pairs
 */
public record SsdSetting(int optLevel, double channelRatio, double lossThreshold, boolean layerNorm, int iteration) {
    /** ESP-PPQ's defaults. */
    public static final SsdSetting DEFAULT = new SsdSetting(1, 0.5, 0.8, false, 3);

    /**
     * Checks the values.
     *
     * @throws BitgrainException (usage) naming the setting
     */
    public SsdSetting {
        if (optLevel != 1) {
            throw BitgrainException.usage("ssd_setting.opt_level: " + optLevel + " is not 1");
        }
        if (!(channelRatio > 0 && channelRatio <= 1)) {
            throw BitgrainException.usage("ssd_setting.channel_ratio: " + channelRatio + " is not above 0 and at most 1");
        }
        if (!(lossThreshold > 0 && lossThreshold <= 1)) {
            throw BitgrainException.usage("ssd_setting.loss_threshold: " + lossThreshold + " is not above 0 and at most 1");
        }
        if (iteration < 1) {
            throw BitgrainException.usage("ssd_setting.iteration: " + iteration + " is less than 1");
        }
    }
}
