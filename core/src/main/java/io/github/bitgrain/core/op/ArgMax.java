package io.github.bitgrain.core.op;

/**
 * Where the largest element along an axis is (ONNX ArgMax); the first of equals.
 *
 * @param axis axis; negative counts from the end
 * @param keepDims keep the axis with extent 1
 */
public record ArgMax(int axis, boolean keepDims) implements Op {}
