package io.github.bitgrain.quantizer;

import io.github.bitgrain.core.graph.Model;
import io.github.bitgrain.core.quant.QuantPlan;
import io.github.bitgrain.quantizer.lanes.CoarserWeights;
import io.github.bitgrain.quantizer.tqt.BlockReport;
import java.util.List;

/**
 * A quantized network, ready to be lowered or, by {@link io.github.bitgrain.core.quant.FakeQuantization}, simulated in float.
 *
 * @param calibrated network after the graph passes, float weights
 * @param calibratedPlan exponents as calibration found them
 * @param model network after threshold training; the calibrated one without it
 * @param plan exponents after threshold training; the calibrated ones without it
 * @param blocks training blocks; empty without training
 * @param exponentsMoved number of tensors whose exponent training changed
 * @param trained whether thresholds were trained
 * @param reference float network whose hidden values {@code model} approximates
 * @param coarser layers of {@code model} whose weights are coarser so that their accumulators hold
 */
public record QuantizationResult(
        Model calibrated,
        QuantPlan calibratedPlan,
        Model model,
        QuantPlan plan,
        List<BlockReport> blocks,
        int exponentsMoved,
        boolean trained,
        Model reference,
        List<CoarserWeights> coarser) {}
