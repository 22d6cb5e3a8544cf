package io.github.bitgrain.core.op;

/** x · min(max(x / 6 + 0.5, 0), 1) (ONNX HardSwish). */
public record HardSwish() implements Op {}
