package io.github.bitgrain.core.op;

/**
 * Root-mean-square normalization (ONNX RMSNormalization, operator set 23). x: [N, …], scale: the extents from {@code axis} on →
 * x's shape: x / sqrt(mean of x² + epsilon) · scale, with the mean over the axes from {@code axis} on.
 *
 * @param axis first normalized axis; negative counts from the end
 * @param epsilon added to the mean square
 */
public record RmsNorm(int axis, float epsilon) implements Op {
    @Override
    public String onnxType() {
        return "RMSNormalization";
    }
}
