package io.github.bitgrain.core.op;

/**
 * Transposed convolution (ONNX ConvTranspose). x: [N, C, H, W], w: [C, M/groups, KH, KW], b: [M] or absent → [N, M, OH, OW] with
 * OH = (H − 1)·stride + dilation·(KH − 1) + 1 + outputPadding − pads. Rank 3 has h = 1.
 *
 * @param stride step between input positions in the output
 * @param pads rows and columns cut from the output
 * @param dilation distance between kernel taps
 * @param groups number of groups
 * @param outputPadding rows and columns added below and to the right
 */
public record ConvTranspose(Size stride, Pads pads, Size dilation, int groups, Size outputPadding) implements Op {}
