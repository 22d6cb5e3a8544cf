package io.github.bitgrain.core.op;

/** The smaller of two operands, element by element (ONNX Min). a, b: any shapes that broadcast → the common shape. */
public record Min() implements Op {}
