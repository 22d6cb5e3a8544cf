package io.github.bitgrain.core.op;

/**
 * Batch normalization (ONNX BatchNormalization) over axis 1. x: [N, C, …], scale, bias, mean, variance: [C] → x's shape:
 * (x − mean) / sqrt(variance + epsilon) · scale + bias. In training form mean and variance are those of the batch (population
 * variance), and the stored ones follow as running averages: stored = momentum · stored + (1 − momentum) · batch.
 *
 * @param epsilon added to the variance
 * @param momentum share of the old running average
 * @param training normalize with the statistics of the batch
 */
public record BatchNorm(float epsilon, float momentum, boolean training) implements Op {
    @Override
    public String onnxType() {
        return "BatchNormalization";
    }
}
