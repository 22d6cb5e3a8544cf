package io.github.bitgrain.cli.recipe;

import io.github.bitgrain.core.tensor.Tensor;
import io.github.bitgrain.quantizer.qat.Loss;
import io.github.bitgrain.quantizer.qat.Metric;

/** The watched metric of a network that is no graph: the simulated chip. */
final class ChipMetric {
    private ChipMetric() {}

    /** Sum over samples; NaN where the metric is a loss with labels, which needs logits in float. */
    static double sum(Metric metric, Loss loss, Tensor outputs, Tensor wanted) {
        if (metric == Metric.LOSS) {
            return loss.kind() == Loss.Kind.MEAN_SQUARED_ERROR ? Metric.MSE.sum(outputs, wanted, Double.NaN) : Double.NaN;
        }
        return metric.sum(outputs, wanted, Double.NaN);
    }
}
