package io.github.bitgrain.core.op;

/** Hyperbolic tangent (ONNX Tanh). */
public record Tanh() implements Op {}
