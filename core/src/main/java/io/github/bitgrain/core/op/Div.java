package io.github.bitgrain.core.op;

/** Element-wise a / b with broadcasting (ONNX Div). */
public record Div() implements Op {}
