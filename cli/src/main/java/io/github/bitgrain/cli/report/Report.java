package io.github.bitgrain.cli.report;

import io.github.bitgrain.cli.pipeline.TrainingCurves;
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
 * @param accuracy stage (float, ptq, tqt or tuned, chip) → value, in order
 * @param layers quantized computing layers in graph order
 * @param blocks training blocks with their loss before and after
 * @param curves loss of every training step, condensed
 * @param tensors quantized tensors in graph order
 * @param accumulators room in the accumulators of the chip's nodes, in order
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
        List<Layer> layers,
        List<Block> blocks,
        List<TrainingCurves.Curve> curves,
        List<TensorFigures> tensors,
        List<Accumulator> accumulators,
        List<String> warnings,
        Map<String, Object> settings) {

    /**
     * A layer.
     *
     * @param name its node
     * @param type its operator
     * @param bits width
     * @param calibrated noise ÷ signal at its output after calibration, the whole network being quantized
     * @param trained the same after training; NaN without training, or where training changed what the layer computes
     * @param cosine cosine between its quantized and its float output after calibration
     * @param time share of the estimated time of the written network on the chip, 0 to 1; NaN if it has no such node any more
     */
    public record Layer(String name, String type, int bits, double calibrated, double trained, double cosine, double time) {
        /** The error of the written model. */
        double error() {
            return Double.isNaN(trained) ? calibrated : trained;
        }
    }

    /** One block of threshold training. */
    public record Block(String name, double lossBefore, double lossAfter) {}

    /**
     * Room in a node's accumulators, in bits; negative where they are too narrow.
     *
     * @param laneBits width of the accumulator
     * @param proven room that the weights prove for any input
     * @param seen room that was left on calibration samples, at least {@code proven}
     * @param saturated additions that saturated on those samples
     * @param channels output channels
     */
    public record Accumulator(String node, String type, int laneBits, int proven, int seen, long saturated, int channels) {}
}
