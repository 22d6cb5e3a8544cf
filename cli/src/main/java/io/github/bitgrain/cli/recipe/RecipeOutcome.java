package io.github.bitgrain.cli.recipe;

import io.github.bitgrain.cli.pipeline.Outcome;
import java.util.Map;

/**
 * What a recipe gave.
 *
 * @param experiment name of the run
 * @param target chip, or empty for free scales
 * @param metric watched metric
 * @param floatScore metric of the float network
 * @param ptqScore metric after calibration
 * @param qatScore metric after training; null without
 * @param chipScore metric of the simulated chip; null without a target
 * @param bestEpoch best epoch, from 0; -1 without training
 * @param onnx written ONNX file, or empty
 * @param espdl written chip model, or empty
 * @param bitExact whether the chip model, read back, reproduces its test vectors; null without one
 * @param inputs what is fed to each fitted input of the chip model in place of a value of the data; null if inputs are as the network states them
 * @param head what of the network is left to the application beside the chip model; null if nothing
 * @param checkpoints folder of checkpoints and the composed recipe
 */
public record RecipeOutcome(String experiment, String target, String metric, double floatScore, double ptqScore, Double qatScore, Double chipScore,
        int bestEpoch, String onnx, String espdl, Boolean bitExact, Map<String, Outcome.Input> inputs, Outcome.Head head, String checkpoints) {}
