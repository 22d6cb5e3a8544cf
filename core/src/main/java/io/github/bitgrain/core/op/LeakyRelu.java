package io.github.bitgrain.core.op;

/**
 * x where x ≥ 0, alpha · x elsewhere (ONNX LeakyRelu).
 *
 * @param alpha slope of the negative side
 */
public record LeakyRelu(float alpha) implements Op {}
