package io.github.bitgrain.quantizer.tqt;

import java.util.List;

/**
 * Settings of TQT. The first eight are ESP-PPQ's {@code tqt_optimization_setting}; the others exist under the profile
 * {@code improved} only.
 *
 * @param interestedLayers only blocks that contain one of these nodes are trained; empty: all blocks
 * @param steps training steps per block; step t uses batch t mod number of batches
 * @param lr learning rate of Adam: under {@code parity} of weights, biases and thresholds, under {@code improved} of weights
 *     and biases, in units of the weight's quantization step
 * @param blockSize largest difference of depth between the ends of a block, see {@link BlockBuilder}
 * @param scaleTrainable whether thresholds are trained
 * @param gamma weight of the distance between weights and their quantized values in the loss
 * @param intLambda weight of the distance between thresholds and integers in the loss
 * @param collecting where activations are kept during training
 * @param alphaLr learning rate of the thresholds (log2 of the scale)
 * @param exponentSearch whether exponents are also searched among their neighbours, judged on all consumers
 * @param livePassive whether bias and aligned scales follow the thresholds at every step
 * @param equalize whether channel ranges of activations are evened out before calibration
 * @param outputSteps steps of the last stage, which trains the whole network on its output; 0: none
 * @param outputLr learning rate of the last stage, in units of the weight's quantization step
 * @param holdOut share of the calibration samples that trains nothing and decides what is kept
 * @param trainedSamples where fewer samples train, mixtures of them are added up to this number
 * @param channelWeighting whether blocks are trained a second time, with the error of each channel counted by how much it shows in the
 *     network's output, and the better outcome is kept
 * @param shiftPadded whether values behind a ReLU use all 256 levels also where padded convolutions read them, which then get a Pad in front;
 *     figures in docs/tqt.md
 * @param weightCompensation whether training begins with weights that make up for one another's errors ({@link WeightCompensation})
 */
public record TqtSetting(
        List<String> interestedLayers,
        int steps,
        double lr,
        int blockSize,
        boolean scaleTrainable,
        double gamma,
        double intLambda,
        Collecting collecting,
        double alphaLr,
        boolean exponentSearch,
        boolean livePassive,
        boolean equalize,
        int outputSteps,
        double outputLr,
        double holdOut,
        int trainedSamples,
        boolean channelWeighting,
        boolean shiftPadded,
        boolean weightCompensation) {
    /** Where activations are kept: ESP-PPQ's collecting_device {@code cpu}, {@code cuda} and {@code executor} all mean memory here. */
    public enum Collecting { MEMORY, DISK }

    private static final String GROUP = "tqt_optimization_setting";

    /** ESP-PPQ's defaults (api/setting.py), without anything that ESP-PPQ does not do. */
    public static final TqtSetting PARITY =
            new TqtSetting(List.of(), 500, 1e-5, 4, true, 0, 0, Collecting.MEMORY, 1e-5, false, false, false, 0, 0, 0, 0, false, false, false);

    /** The defaults of the profile {@code improved}; figures in docs/tqt.md. */
    public static final TqtSetting IMPROVED =
            new TqtSetting(List.of(), 500, 0.01, 4, true, 0, 0, Collecting.MEMORY, 0.008, true, true, true, 200, 0.01, 0.25, 512, true, false, true);

    /**
     * Checks the ranges.
     *
     * @throws io.github.bitgrain.core.BitgrainException (usage) for a value out of range, naming the setting
     */
    public TqtSetting {
        interestedLayers = List.copyOf(interestedLayers);
        atLeast("steps", steps, 1);
        atLeast("lr", lr, 0);
        atLeast("block_size", blockSize, 0);
        atLeast("gamma", gamma, 0);
        atLeast("int_lambda", intLambda, 0);
        atLeast("alpha_lr", alphaLr, 0);
        atLeast("output_steps", outputSteps, 0);
        atLeast("output_lr", outputLr, 0);
        SettingRange.holdOut(GROUP, holdOut);
        atLeast("trained_samples", trainedSamples, 0);
    }

    /** These without mixtures of samples: row numbers cannot be mixed. */
    public TqtSetting withoutMixtures() {
        return new TqtSetting(interestedLayers, steps, lr, blockSize, scaleTrainable, gamma, intLambda, collecting, alphaLr, exponentSearch,
                livePassive, equalize, outputSteps, outputLr, holdOut, 0, channelWeighting, shiftPadded, weightCompensation);
    }

    private static void atLeast(String name, double value, double least) {
        SettingRange.atLeast(GROUP, name, value, least);
    }
}
