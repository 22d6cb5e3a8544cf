package io.github.bitgrain.core.op;

/** Error function 2/√π ∫₀ˣ exp(−t²) dt (ONNX Erf). x → x's shape. */
public record Erf() implements Op {}
