package io.github.bitgrain.core.op;

/** Loss: mean of (x − target)². Both operands have the same shape → []. */
public record MeanSquaredError() implements Op {}
