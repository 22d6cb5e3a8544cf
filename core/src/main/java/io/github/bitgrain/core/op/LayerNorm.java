package io.github.bitgrain.core.op;

/**
 * Layer normalization (ONNX LayerNormalization). x: [N, …], scale and optional bias: the extents from {@code axis} on → x's
 * shape: (x − mean) / sqrt(variance + epsilon) · scale + bias, with mean and population variance over the axes from
 * {@code axis} on.
 *
 * @param axis first normalized axis; negative counts from the end
 * @param epsilon added to the variance
 */
public record LayerNorm(int axis, float epsilon) implements Op {
    @Override
    public String onnxType() {
        return "LayerNormalization";
    }
}
