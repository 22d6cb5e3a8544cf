package io.github.bitgrain.core.op;

/** Element-wise a · b with broadcasting (ONNX Mul). */
public record Mul() implements Op {}
