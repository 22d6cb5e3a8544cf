package io.github.bitgrain.quantizer.tqt;

import java.util.List;

/**
 * Settings of bias correction: ESP-PPQ's {@code bias_correct_setting}, and what the profile {@code improved} adds: {@code holdOut},
 * {@code bnReestimation} and {@code weightCompensation}.
 *
 * @param interestedLayers only blocks that contain one of these nodes are corrected; empty: all blocks
 * @param blockSize largest difference of depth between the ends of a block, see {@link BlockBuilder}; a block is judged as one
 * @param steps calibration batches that means are taken over, at most; ESP-PPQ ignores it and takes all, and so does {@code parity}
 * @param collecting where activations are kept meanwhile
 * @param holdOut share of the calibration samples that is in no mean and decides what is kept; {@code parity} judges on all
 * @param bnReestimation whether the variance of a channel is mended too, by weights; figures in docs/search.md; {@code parity} refuses it
 * @param weightCompensation whether weights are rounded anew so that they make up for one another's errors ({@link WeightCompensation}); {@code parity}
 *     refuses it
 */
public record BiasCorrectionSetting(List<String> interestedLayers, int blockSize, int steps, TqtSetting.Collecting collecting, double holdOut,
        boolean bnReestimation, boolean weightCompensation) {
    static final String GROUP = "bias_correct_setting";

    /** ESP-PPQ's defaults (api/setting.py). */
    public static final BiasCorrectionSetting PARITY = new BiasCorrectionSetting(List.of(), 4, 32, TqtSetting.Collecting.MEMORY, 0, false, false);

    /** The defaults of the profile {@code improved}. */
    public static final BiasCorrectionSetting IMPROVED = new BiasCorrectionSetting(List.of(), 4, 32, TqtSetting.Collecting.MEMORY, 0.25, true, true);

    /** What threshold training begins with. */
    static BiasCorrectionSetting of(TqtSetting setting) {
        return new BiasCorrectionSetting(setting.interestedLayers(), setting.blockSize(), Integer.MAX_VALUE, setting.collecting(), setting.holdOut(), true, true);
    }

    /**
     * Checks the ranges.
     *
     * @throws io.github.bitgrain.core.BitgrainException (usage) for a value out of range, naming the setting
     */
    public BiasCorrectionSetting {
        interestedLayers = List.copyOf(interestedLayers);
        SettingRange.atLeast(GROUP, "block_size", blockSize, 0);
        SettingRange.atLeast(GROUP, "steps", steps, 1);
        SettingRange.holdOut(GROUP, holdOut);
    }
}
