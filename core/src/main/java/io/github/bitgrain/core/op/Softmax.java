package io.github.bitgrain.core.op;

/**
 * exp(x) / Σ exp(x) along an axis (ONNX Softmax, opset 13).
 *
 * @param axis axis; negative counts from the end
 */
public record Softmax(int axis) implements Op {}
