package io.github.bitgrain.simulator.kernel;

import io.github.bitgrain.kernels.ConvShape;
import io.github.bitgrain.simulator.ChipBuffer;
import java.util.Arrays;

/**
 * Geometry attributes of a convolution or pooling node, and what they give for an input. One-dimensional nodes have height 1.
 *
 * @param strideH vertical stride
 * @param strideW horizontal stride
 * @param dilationH vertical dilation
 * @param dilationW horizontal dilation
 * @param padTop rows of padding above
 * @param padLeft columns of padding to the left
 * @param padBottom rows of padding below
 * @param padRight columns of padding to the right
 */
record Window(int strideH, int strideW, int dilationH, int dilationW, int padTop, int padLeft, int padBottom, int padRight) {
    /** An input may grow to this many elements by padding, or to this multiple of its own. */
    private static final int LARGEST_PADDED = ChipBuffer.LARGEST_COUNT / 16;
    private static final long MOST_PADDING = 4;

    /** The convolution that a Conv or Gemm node makes of its input: Gemm is one of 1 x 1 over rows. */
    static ConvShape shapeOf(NodeSetup node, ChipBuffer in, Filter filter) {
        if (node.node().opType().equals("Gemm")) {
            int channels = in.dim(-1);
            if (channels != filter.inputs()) {
                throw node.fail("input has " + channels + " columns, weight reads " + filter.inputs());
            }
            return ConvShape.rows(in.count() / channels, channels, channels, filter.outputs(), filter.outputs());
        }
        if (in.rank() < 3 || in.rank() > 4) {
            throw node.fail("input has shape " + Arrays.toString(in.shape()) + "; 1-D and 2-D convolutions exist");
        }
        return of(node, in.rank()).conv(node, in, filter);
    }

    /** The attributes of a node whose input has {@code rank} axes (3 or 4). */
    static Window of(NodeSetup node, int rank) {
        boolean flat = rank == 3;
        int[] strides = node.ints("strides", 1, 1);
        int[] dilations = node.ints("dilations", 1, 1);
        int[] pads = node.ints("pads", 0, 0, 0, 0);
        if (flat && pads.length == 2) {
            return new Window(1, last(strides), 1, last(dilations), 0, pads[0], 0, pads[1]);
        }
        if (pads.length != 4) {
            throw node.fail("has " + pads.length + " pads");
        }
        return new Window(flat ? 1 : strides[0], last(strides), flat ? 1 : dilations[0], last(dilations), pads[0], pads[1], pads[2], pads[3]);
    }

    private static int last(int[] values) {
        return values[values.length - 1];
    }

    /** The convolution of this window with a filter over an input of shape [N, H, W, C] or [N, W, C]. */
    ConvShape conv(NodeSetup node, ChipBuffer x, Filter filter) {
        int channels = x.dim(-1);
        int groups = filter.depthwise() ? channels : 1;
        if (filter.inputs() * groups != channels) {
            throw node.fail("input has " + channels + " channels, weight reads " + filter.inputs() * groups);
        }
        int inH = x.rank() == 4 ? x.dim(1) : 1;
        int inW = x.dim(-2);
        long padded = (inH + (long) padTop + padBottom) * (inW + (long) padLeft + padRight) * channels * x.dim(0);
        if (Math.min(Math.min(padTop, padBottom), Math.min(padLeft, padRight)) < 0 || padded > Math.max(LARGEST_PADDED, MOST_PADDING * x.count())) {
            throw node.fail("an input of " + inH + " x " + inW + " with pads " + padTop + ", " + padLeft + ", " + padBottom + ", "
                    + padRight + " fits no chip's memory");
        }
        int outH = extent(node, inH, padTop + padBottom, dilationH, filter.kernelH(), strideH);
        int outW = extent(node, inW, padLeft + padRight, dilationW, filter.kernelW(), strideW);
        // The distance to a second window that does not exist says nothing, and may be any number.
        return new ConvShape(x.dim(0), inH, inW, channels, channels, outH, outW, filter.outputs(), filter.outputs(),
                filter.kernelH(), filter.kernelW(), outH == 1 ? 1 : strideH, outW == 1 ? 1 : strideW, dilationH, dilationW, padTop, padLeft, groups);
    }

    /** Output extent of one axis: floor((in + pads − dilation (kernel − 1) − 1) / stride) + 1. */
    static int extent(NodeSetup node, int in, int pads, int dilation, int kernel, int stride) {
        long room = (long) in + pads - (long) dilation * (kernel - 1) - 1;
        if (room < 0) {
            throw node.fail("a kernel of " + kernel + " does not fit an input of " + in);
        }
        return Math.toIntExact(room / stride + 1);
    }
}
