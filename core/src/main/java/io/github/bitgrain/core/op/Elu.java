package io.github.bitgrain.core.op;

/**
 * x where x ≥ 0, alpha · (exp(x) − 1) elsewhere (ONNX Elu).
 *
 * @param alpha limit of the negative side, as a positive number
 */
public record Elu(float alpha) implements Op {}
