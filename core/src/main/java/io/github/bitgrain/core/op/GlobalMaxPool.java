package io.github.bitgrain.core.op;

/** Maximum over all positions (ONNX GlobalMaxPool). x: [N, C, …] → [N, C, 1, …]. */
public record GlobalMaxPool() implements Op {}
