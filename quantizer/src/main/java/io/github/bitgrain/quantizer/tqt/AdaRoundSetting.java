package io.github.bitgrain.quantizer.tqt;

import java.util.List;

/**
 * Settings of AdaRound: ESP-PPQ's {@code blockwise_reconstruction_setting}, and two that only the profile {@code improved} uses.
 *
 * @param interestedLayers only blocks that contain one of these nodes are trained; empty: all blocks
 * @param scaleTrainable whether biases are trained too: what ESP-PPQ trains then where scales are powers of two, which stay
 * @param lr learning rate of Adam
 * @param steps training steps per block; step t uses batch t mod number of batches
 * @param gamma weight of what pushes roundings to one side; {@code parity} reproduces that ESP-PPQ leaves it out
 * @param collecting where activations are kept during training
 * @param blockSize largest difference of depth between the ends of a block, see {@link BlockBuilder}
 * @param holdOut share of the calibration samples that trains nothing and decides what is kept; {@code parity} judges on all
 * @param trainedSamples where fewer samples train, mixtures of them are added up to this number
 */
public record AdaRoundSetting(List<String> interestedLayers, boolean scaleTrainable, double lr, int steps, double gamma,
        TqtSetting.Collecting collecting, int blockSize, double holdOut, int trainedSamples) {
    static final String GROUP = "blockwise_reconstruction_setting";

    /** ESP-PPQ's defaults (api/setting.py). */
    public static final AdaRoundSetting PARITY =
            new AdaRoundSetting(List.of(), false, 1e-3, 5000, 1, TqtSetting.Collecting.MEMORY, 4, 0, 0);

    /** The defaults of the profile {@code improved}; figures in docs/tqt.md. */
    public static final AdaRoundSetting IMPROVED =
            new AdaRoundSetting(List.of(), false, 0.03, 500, 1, TqtSetting.Collecting.MEMORY, 4, 0.25, 512);

    /**
     * Checks the ranges.
     *
     * @throws io.github.bitgrain.core.BitgrainException (usage) for a value out of range, naming the setting
     */
    public AdaRoundSetting {
        interestedLayers = List.copyOf(interestedLayers);
        SettingRange.atLeast(GROUP, "lr", lr, 0);
        SettingRange.atLeast(GROUP, "steps", steps, 1);
        SettingRange.atLeast(GROUP, "gamma", gamma, 0);
        SettingRange.atLeast(GROUP, "block_size", blockSize, 0);
        SettingRange.holdOut(GROUP, holdOut);
        SettingRange.atLeast(GROUP, "trained_samples", trainedSamples, 0);
    }

    /** These without mixtures of samples: row numbers cannot be mixed. */
    public AdaRoundSetting withoutMixtures() {
        return new AdaRoundSetting(interestedLayers, scaleTrainable, lr, steps, gamma, collecting, blockSize, holdOut, 0);
    }
}
