package io.github.bitgrain.core.op;

/**
 * Picks elements along an axis by indices that are computed when the network runs (ONNX GatherElements). x, indices of the same
 * rank → the indices' shape: every result has its own place, but for the index at {@code axis}. Negative indices count from the end.
 *
 * @param axis axis; negative counts from the end
 */
public record GatherElements(int axis) implements Op {}
