package io.github.bitgrain.core.op;

/**
 * Rank 2: axes before {@code axis} → rows, the others → columns (ONNX Flatten).
 *
 * @param axis first axis of the columns; negative counts from the end
 */
public record Flatten(int axis) implements Op {}
