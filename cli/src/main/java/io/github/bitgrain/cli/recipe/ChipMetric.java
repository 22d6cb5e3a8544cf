package io.github.bitgrain.cli.recipe;

import io.github.bitgrain.quantizer.qat.Loss;
import io.github.bitgrain.quantizer.qat.Metric;

/** The watched metric of a network that is no graph: the simulated chip. */
final class ChipMetric {
    private ChipMetric() {}

    /** Takes outputs and targets; gives NaN where the metric is a loss with labels, which needs logits in float. */
    static Metric.Accumulator of(Metric metric, Loss loss) {
        return (metric == Metric.LOSS && loss.kind() == Loss.Kind.MEAN_SQUARED_ERROR ? Metric.MSE : metric).accumulator();
    }
}
