package io.github.bitgrain.quantizer;

import io.github.bitgrain.quantizer.equalize.ChannelSplitSetting;
import io.github.bitgrain.quantizer.equalize.SsdSetting;
import io.github.bitgrain.quantizer.equalize.WeightSplitSetting;

/**
 * Passes that change weights before quantization so that ranges are smaller or more even; the float function stays.
 *
 * @param weightSplit layers that become two; null: none
 * @param channelSplit channels that are made twice; null: none
 * @param ssd pairs of layers that are equalized if that takes error away, after everything else; null: none
 */
public record WeightPasses(WeightSplitSetting weightSplit, ChannelSplitSetting channelSplit, SsdSetting ssd) {
    /** Nothing is changed. */
    public static final WeightPasses NONE = new WeightPasses(null, null, null);

    /** Passes that enlarge the network. */
    public WeightPasses(WeightSplitSetting weightSplit, ChannelSplitSetting channelSplit) {
        this(weightSplit, channelSplit, null);
    }
}
