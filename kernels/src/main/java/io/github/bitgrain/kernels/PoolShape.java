package io.github.bitgrain.kernels;

/**
 * Geometry of a pooling operator on NHWC feature maps; the layout is that of {@link ConvShape}.
 *
 * @param batch images
 * @param inH input height
 * @param inW input width
 * @param channels channels
 * @param inStride floats from one input pixel to the next
 * @param outH output height
 * @param outW output width
 * @param outStride floats from one output pixel to the next
 * @param kernelH kernel height
 * @param kernelW kernel width
 * @param strideH vertical stride
 * @param strideW horizontal stride
 * @param dilationH vertical dilation
 * @param dilationW horizontal dilation
 * @param padTop rows of padding above
 * @param padLeft columns of padding to the left
 * @param padBottom rows of padding below that count for {@link #countPadding}
 * @param padRight columns of padding to the right that count for {@link #countPadding}
 * @param countPadding whether an average divides by the padded positions of its window too
 */
public record PoolShape(
        int batch,
        int inH,
        int inW,
        int channels,
        int inStride,
        int outH,
        int outW,
        int outStride,
        int kernelH,
        int kernelW,
        int strideH,
        int strideW,
        int dilationH,
        int dilationW,
        int padTop,
        int padLeft,
        int padBottom,
        int padRight,
        boolean countPadding) {
    /** Checks that strides hold the channels. */
    public PoolShape {
        if (inStride < channels || outStride < channels) {
            throw new IllegalArgumentException("a pixel stride is smaller than its channel count");
        }
    }

    /** Pooling of each whole feature map to one pixel. */
    public static PoolShape global(int batch, int inH, int inW, int channels, int inStride, int outStride) {
        return new PoolShape(batch, inH, inW, channels, inStride, 1, 1, outStride, inH, inW, 1, 1, 1, 1, 0, 0, 0, 0, false);
    }

    /** The number that the average at an output position divides by. */
    public int divisor(int outY, int outX) {
        int top = outY * strideH - padTop;
        int left = outX * strideW - padLeft;
        return countPadding
                ? positions(top, kernelH, dilationH, -padTop, inH + padBottom) * positions(left, kernelW, dilationW, -padLeft, inW + padRight)
                : positions(top, kernelH, dilationH, 0, inH) * positions(left, kernelW, dilationW, 0, inW);
    }

    private static int positions(int from, int kernel, int dilation, int low, int high) {
        int count = 0;
        for (int k = 0; k < kernel; k++) {
            int at = from + k * dilation;
            if (at >= low && at < high) {
                count++;
            }
        }
        return count;
    }

    /** This for another number of images. */
    public PoolShape withBatch(int images) {
        return new PoolShape(images, inH, inW, channels, inStride, outH, outW, outStride, kernelH, kernelW, strideH, strideW,
                dilationH, dilationW, padTop, padLeft, padBottom, padRight, countPadding);
    }
}
