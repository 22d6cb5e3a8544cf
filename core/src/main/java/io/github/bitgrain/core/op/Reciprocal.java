package io.github.bitgrain.core.op;

/** 1 / x (ONNX Reciprocal). */
public record Reciprocal() implements Op {}
