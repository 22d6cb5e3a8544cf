package io.github.bitgrain.cli.pipeline;

import io.github.bitgrain.core.graph.Model;
import io.github.bitgrain.core.quant.QuantPlan;
import io.github.bitgrain.quantizer.cost.ChipTime;
import io.github.bitgrain.quantizer.lanes.CoarserWeights;
import java.util.List;

/**
 * A quantized network before lowering.
 *
 * @param calibrated network after the graph passes, float weights
 * @param calibratedPlan exponents as calibration found them
 * @param tuned network after threshold training and the passes beside it; the calibrated one without them
 * @param tunedPlan exponents after that; the calibrated ones without it
 * @param blocks training blocks
 * @param curves losses of the training steps
 * @param exponentsMoved number of tensors whose exponent training changed
 * @param trained whether anything was changed after calibration
 * @param thresholds whether thresholds were trained
 * @param reference float network whose values the tuned one approximates
 * @param coarser layers whose weights are coarser so that their accumulators hold
 */
public record Quantized(
        Model calibrated,
        QuantPlan calibratedPlan,
        Model tuned,
        QuantPlan tunedPlan,
        List<Outcome.Block> blocks,
        List<TrainingCurves.Curve> curves,
        int exponentsMoved,
        boolean trained,
        boolean thresholds,
        Model reference,
        List<CoarserWeights> coarser) {
    /** Estimated latency ÷ that of the calibrated network, which training may have given further Pads. */
    public double latency() {
        return ChipTime.of(tuned, tunedPlan).operations() / ChipTime.of(calibrated, calibratedPlan).operations();
    }
}
