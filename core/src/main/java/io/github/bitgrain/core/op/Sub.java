package io.github.bitgrain.core.op;

/** Element-wise a − b with broadcasting (ONNX Sub). */
public record Sub() implements Op {}
