package io.github.bitgrain.core.op;

/**
 * x − log Σ exp(x) along an axis (ONNX LogSoftmax, opset 13).
 *
 * @param axis axis; negative counts from the end
 */
public record LogSoftmax(int axis) implements Op {}
