package io.github.bitgrain.core.op;

/** Natural logarithm (ONNX Log). */
public record Log() implements Op {}
