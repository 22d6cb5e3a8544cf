package io.github.bitgrain.core.op;

/**
 * min(max(alpha · x + beta, 0), 1) (ONNX HardSigmoid).
 *
 * @param alpha slope, 0.2 by default
 * @param beta offset, 0.5 by default
 */
public record HardSigmoid(float alpha, float beta) implements Op {}
