package io.github.bitgrain.core.op;

/** Exponential (ONNX Exp). */
public record Exp() implements Op {}
