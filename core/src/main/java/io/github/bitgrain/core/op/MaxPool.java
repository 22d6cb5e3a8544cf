package io.github.bitgrain.core.op;

/**
 * Maximum over windows (ONNX MaxPool). x: [N, C, H, W] → [N, C, OH, OW]; rank 3 has h = 1. Padding never wins.
 *
 * @param kernel window
 * @param stride step between windows
 * @param pads positions outside the input
 * @param dilation distance between window positions
 * @param ceil round the number of windows up
 */
public record MaxPool(Size kernel, Size stride, Pads pads, Size dilation, boolean ceil) implements Op {}
