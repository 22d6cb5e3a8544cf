package io.github.bitgrain.core.op;

/**
 * General matrix product (ONNX Gemm): alpha · op(a) · op(b) + beta · c. a: [M, K], b: [K, N], c: broadcastable to [M, N] or absent → [M, N].
 *
 * @param alpha factor of the product
 * @param beta factor of c
 * @param transA a is given as [K, M]
 * @param transB b is given as [N, K]
 */
public record Gemm(float alpha, float beta, boolean transA, boolean transB) implements Op {}
