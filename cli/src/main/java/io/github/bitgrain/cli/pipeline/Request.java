package io.github.bitgrain.cli.pipeline;

import io.github.bitgrain.cli.settings.QuantizationSettings;
import io.github.bitgrain.core.quant.Target;
import io.github.bitgrain.quantizer.Profile;

/**
 * How a network is to be quantized.
 *
 * @param target chip family
 * @param bits width of weights and activations where the dispatching table says nothing: 8 or 16
 * @param profile whether ESP-PPQ's defects are reproduced
 * @param settings settings in force
 * @param calibBatch samples in a calibration batch
 * @param calibSteps number of calibration batches; 0: all samples once
 * @param seed seed of everything random
 * @param threads number of threads; results do not depend on it
 */
public record Request(
        Target target,
        int bits,
        Profile profile,
        QuantizationSettings settings,
        int calibBatch,
        int calibSteps,
        long seed,
        int threads) {}
