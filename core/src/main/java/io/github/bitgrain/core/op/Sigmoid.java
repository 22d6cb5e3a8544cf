package io.github.bitgrain.core.op;

/** 1 / (1 + exp(−x)) (ONNX Sigmoid). */
public record Sigmoid() implements Op {}
