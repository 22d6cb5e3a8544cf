package io.github.bitgrain.core.op;

/**
 * Moves channels into blocks of pixels (ONNX DepthToSpace). x: [N, C · b², H, W] → [N, C, H · b, W · b].
 *
 * @param block b
 * @param columnRowDepth whether the channel is the slowest of (channel, row, column) in the input's channel axis (mode CRD)
 *     rather than the fastest (mode DCR)
 */
public record DepthToSpace(int block, boolean columnRowDepth) implements Op {}
