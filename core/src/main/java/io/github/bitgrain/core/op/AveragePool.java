package io.github.bitgrain.core.op;

/**
 * Mean over windows (ONNX AveragePool). x: [N, C, H, W] → [N, C, OH, OW]; rank 3 has h = 1.
 *
 * @param kernel window
 * @param stride step between windows
 * @param pads positions outside the input
 * @param countIncludePad divide by the window size, padding included, instead of by the positions inside
 * @param ceil round the number of windows up
 */
public record AveragePool(Size kernel, Size stride, Pads pads, boolean countIncludePad, boolean ceil) implements Op {}
