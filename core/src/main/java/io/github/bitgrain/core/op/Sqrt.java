package io.github.bitgrain.core.op;

/** Square root (ONNX Sqrt). */
public record Sqrt() implements Op {}
