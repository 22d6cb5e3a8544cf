package io.github.bitgrain.cli.settings;

import io.github.bitgrain.quantizer.tqt.TqtSetting;
import java.util.List;

/**
 * ESP-PPQ's {@code lsq_optimization_setting}.
 *
 * @param interestedLayers only blocks that contain one of these nodes are trained; empty: all blocks
 * @param lr learning rate of Adam
 * @param collecting where activations are kept during training
 * @param steps training steps per block
 * @param scaleTrainable without effect: scales that are powers of two are not trained by LSQ
 * @param gamma weight of the distance between weights and their quantized values in the loss
 * @param blockSize largest difference of depth between the ends of a block
 */
public record LsqSetting(
        List<String> interestedLayers, double lr, TqtSetting.Collecting collecting, int steps, boolean scaleTrainable, double gamma, int blockSize) {
    /** ESP-PPQ's defaults. */
    public static final LsqSetting DEFAULT = new LsqSetting(List.of(), 1e-5, TqtSetting.Collecting.MEMORY, 500, true, 0, 4);

    /** TQT that trains the same: weights and biases under scales that stay. */
    TqtSetting asTqt() {
        return new TqtSetting(interestedLayers, steps, lr, blockSize, false, gamma, 0, collecting, lr, false, false, false, 0, 0, 0, 0, false, false, false);
    }
}
