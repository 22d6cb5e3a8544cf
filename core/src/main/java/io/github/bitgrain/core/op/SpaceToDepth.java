package io.github.bitgrain.core.op;

/**
 * Moves blocks of pixels into channels (ONNX SpaceToDepth). x: [N, C, H · b, W · b] → [N, b² · C, H, W].
 *
 * @param block b
 * @param channelsFirst whether the channel is the slowest of (channel, row, column) in the result's channel axis, as the chip
 *     has it, rather than the fastest, as ONNX has it
 */
public record SpaceToDepth(int block, boolean channelsFirst) implements Op {}
