package io.github.bitgrain.core.plan;

import io.github.bitgrain.core.op.DepthToSpace;
import io.github.bitgrain.core.op.SpaceToDepth;

/**
 * Blocks of pixels against channels, as one box of six axes (image, row in block, column in block, channel, row of blocks, column
 * of blocks) and its strides on both sides.
 *
 * @param dims extents of the box
 * @param from strides in the operand
 * @param to strides in the result
 */
public record BlockView(int[] dims, int[] from, int[] to) {
    /** The box of a DepthToSpace; both values may have any layout. */
    public static BlockView of(DepthToSpace op, Value x, Value y) {
        int b = op.block();
        int channels = y.shape().dim(1);
        int[] xs = x.strides();
        int row = op.columnRowDepth() ? b * xs[1] : b * channels * xs[1];
        int column = op.columnRowDepth() ? xs[1] : channels * xs[1];
        int channel = op.columnRowDepth() ? b * b * xs[1] : xs[1];
        return new BlockView(new int[] {x.shape().dim(0), b, b, channels, x.shape().dim(2), x.shape().dim(3)},
                new int[] {xs[0], row, column, channel, xs[2], xs[3]}, pixels(b, y));
    }

    /** The box of a SpaceToDepth; both values may have any layout. */
    public static BlockView of(SpaceToDepth op, Value x, Value y) {
        int b = op.block();
        int channels = x.shape().dim(1);
        int[] ys = y.strides();
        int tap = op.channelsFirst() ? ys[1] : channels * ys[1];
        int channel = op.channelsFirst() ? b * b * ys[1] : ys[1];
        return new BlockView(new int[] {x.shape().dim(0), b, b, channels, y.shape().dim(2), y.shape().dim(3)},
                pixels(b, x), new int[] {ys[0], b * tap, tap, channel, ys[2], ys[3]});
    }

    private static int[] pixels(int b, Value image) {
        int[] s = image.strides();
        return new int[] {s[0], s[2], s[3], s[1], b * s[2], b * s[3]};
    }
}
