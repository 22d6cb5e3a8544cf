package io.github.bitgrain.core.op;

/** The larger of two operands, element by element (ONNX Max). a, b: any shapes that broadcast → the common shape. */
public record Max() implements Op {}
