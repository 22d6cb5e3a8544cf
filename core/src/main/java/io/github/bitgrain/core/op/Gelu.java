package io.github.bitgrain.core.op;

/**
 * x · Φ(x), Φ the normal distribution function (ONNX Gelu); Φ exact by the error function, or by tanh(√(2/π)(x + 0.044715·x³)).
 *
 * @param tanh use the approximation
 */
public record Gelu(boolean tanh) implements Op {}
