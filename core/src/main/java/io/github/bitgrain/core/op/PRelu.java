package io.github.bitgrain.core.op;

/** x where x ≥ 0, slope · x elsewhere (ONNX PRelu). x, slope: broadcastable to x → x's shape. */
public record PRelu() implements Op {}
