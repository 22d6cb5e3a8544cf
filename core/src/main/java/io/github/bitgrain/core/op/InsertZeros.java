package io.github.bitgrain.core.op;

/**
 * Spreads an image: stride − 1 zeros between neighbours, outputPadding zeros below and to the right. ESP-DL's operator, half of a
 * transposed convolution. x: [N, C, H, W] → [N, C, H + (stride − 1)(H − 1) + outputPadding, …]; rank 3 has h = 1.
 *
 * @param stride distance of neighbours in the output
 * @param outputPadding zeros at the end
 */
public record InsertZeros(Size stride, Size outputPadding) implements Op {}
