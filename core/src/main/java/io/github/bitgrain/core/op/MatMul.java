package io.github.bitgrain.core.op;

/**
 * Matrix product over the last two axes with broadcast leading axes (ONNX MatMul). a: […, M, K], b: […, K, N] → […, M, N].
 */
public record MatMul() implements Op {}
