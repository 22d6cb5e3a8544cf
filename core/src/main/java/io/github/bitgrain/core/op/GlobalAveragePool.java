package io.github.bitgrain.core.op;

/** Mean over all positions (ONNX GlobalAveragePool). x: [N, C, …] → [N, C, 1, …]. */
public record GlobalAveragePool() implements Op {}
