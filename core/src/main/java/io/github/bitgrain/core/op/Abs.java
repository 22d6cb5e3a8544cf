package io.github.bitgrain.core.op;

/** |x| (ONNX Abs). */
public record Abs() implements Op {}
