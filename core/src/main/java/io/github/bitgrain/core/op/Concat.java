package io.github.bitgrain.core.op;

/**
 * Joins tensors along an axis (ONNX Concat).
 *
 * @param axis axis of every operand; negative counts from the end
 */
public record Concat(int axis) implements Op {}
