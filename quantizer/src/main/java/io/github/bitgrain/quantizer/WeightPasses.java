package io.github.bitgrain.quantizer;

import io.github.bitgrain.quantizer.equalize.ChannelSplitSetting;
import io.github.bitgrain.quantizer.equalize.WeightSplitSetting;

/**
 * Passes that enlarge a network before quantization so that weights need smaller ranges.
 *
 * @param weightSplit layers that become two; null: none
 * @param channelSplit channels that are made twice; null: none
 */
public record WeightPasses(WeightSplitSetting weightSplit, ChannelSplitSetting channelSplit) {
    /** Nothing is enlarged. */
    public static final WeightPasses NONE = new WeightPasses(null, null);
}
