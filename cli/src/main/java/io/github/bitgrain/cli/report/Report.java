package io.github.bitgrain.cli.report;

import java.util.List;
import java.util.Map;

/**
 * What the page of {@code --report} tells. Times, paths and thread counts are left out, so that the same run gives the same
 * page.
 *
 * @param model name of the network
 * @param target chip family
 * @param bits width of activations and weights
 * @param profile parity or improved
 * @param facts further facts in a few words each, for example the size of the file
 * @param metric name of the accuracy measure, or null without labels
 * @param accuracy stage (float, PTQ, TQT, chip) → value, in order
 * @param errors quantization error of each layer: noise power ÷ signal power at its output
 * @param blocks training blocks with their loss before and after
 * @param warnings hazards and other things to know, one sentence each
 * @param settings settings in force
 */
public record Report(
        String model,
        String target,
        int bits,
        String profile,
        Map<String, String> facts,
        String metric,
        Map<String, Double> accuracy,
        List<Bar> errors,
        List<Block> blocks,
        List<String> warnings,
        Map<String, Object> settings) {

    /** One layer with its error after calibration and after training; NaN without training. */
    public record Bar(String name, double calibrated, double trained) {}

    /** One block of threshold training. */
    public record Block(String name, double lossBefore, double lossAfter) {}
}
