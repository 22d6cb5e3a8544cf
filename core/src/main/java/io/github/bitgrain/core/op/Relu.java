package io.github.bitgrain.core.op;

/** max(x, 0) (ONNX Relu). */
public record Relu() implements Op {}
