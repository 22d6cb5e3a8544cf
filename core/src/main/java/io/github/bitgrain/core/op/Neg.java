package io.github.bitgrain.core.op;

/** −x (ONNX Neg). */
public record Neg() implements Op {}
