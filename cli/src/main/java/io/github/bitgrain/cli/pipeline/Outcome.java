package io.github.bitgrain.cli.pipeline;

import io.github.bitgrain.cli.data.Fraction;
import io.github.bitgrain.cli.data.Preprocessing;
import io.github.bitgrain.cli.network.InputMaps;
import io.github.bitgrain.quantizer.lanes.CoarserWeights;
import io.github.bitgrain.quantizer.search.MixedPrecision;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToIntFunction;

/**
 * What the main job gave; also the JSON of {@code quantize} and {@code quickstart}.
 *
 * @param model file or name of the network
 * @param target chip family
 * @param bits width of weights and activations
 * @param profile improved or parity
 * @param seconds phase (load, calibrate, tqt, lower, simulate, export, total) → wall-clock seconds
 * @param accuracy stage (float, ptq, tqt or tuned, chip) → metric; empty where no labels are known
 * @param exponentsMoved number of tensors whose exponent threshold training changed
 * @param blocks training blocks with their losses
 * @param output the written file
 * @param bitExact whether the file, read back, reproduces its embedded test vectors; null without them
 * @param peakMemoryMiB largest resident memory of the process
 * @param warnings one line for each layer whose accumulators saturate on calibration data
 * @param coarserWeights layers whose weights are coarser so that their accumulators hold
 * @param mixedPrecision layers that were given 16 bits, and why; null if that was not asked for
 * @param search what a search of settings tried; null without one
 * @param latency estimated latency ÷ that of the network at 8 bits, without Pads that training gave it
 * @param inputs what is fed to each fitted input in place of a value of the data; null if inputs are as the network states them
 * @param head what is left to the application; null if the network is whole
 */
public record Outcome(
        String model,
        String target,
        int bits,
        String profile,
        Map<String, Double> seconds,
        Map<String, Double> accuracy,
        int exponentsMoved,
        List<Block> blocks,
        String output,
        Boolean bitExact,
        long peakMemoryMiB,
        List<String> warnings,
        List<CoarserWeights> coarserWeights,
        MixedPrecision.Choice mixedPrecision,
        SearchResult search,
        double latency,
        Map<String, Input> inputs,
        Head head) {

    /**
     * The end of a network that was cut off.
     *
     * @param file ONNX file that holds it
     * @param outputs outputs of the chip model
     * @param reason why it was cut off, or null if that was asked for
     */
    public record Head(String file, List<String> outputs, String reason) {}

    /**
     * What is fed for a value v of the data: {@code round((v · scale − mean) / std / 2^exponent)}; one entry, or one for each channel.
     */
    public record Input(List<Float> scale, List<Float> mean, List<Float> std, int exponent) {
        /**
         * The inputs that are fitted.
         *
         * @param fitted preprocessing with the maps behind it
         * @param exponents exponent of the chip model's input
         */
        public static Map<String, Input> of(InputMaps maps, Map<String, Preprocessing.Affine> fitted, ToIntFunction<String> exponents) {
            Map<String, Input> inputs = new LinkedHashMap<>();
            for (String name : maps.inputs()) {
                Preprocessing.Affine affine = fitted.get(name);
                inputs.put(name, new Input(values(affine.scale()), values(affine.mean()), values(affine.std()), exponents.applyAsInt(name)));
            }
            return inputs;
        }

        private static List<Float> values(List<Fraction> fractions) {
            return fractions.stream().map(Fraction::value).toList();
        }
    }

    /** A block of threshold training: mean squared error of its output before and after. */
    public record Block(String name, double lossBefore, double lossAfter) {}
}
