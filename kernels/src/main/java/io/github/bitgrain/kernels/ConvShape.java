package io.github.bitgrain.kernels;

/**
 * Geometry of a two-dimensional convolution on NHWC feature maps (a one-dimensional one has height 1).
 *
 * <p>Element (n, y, x, c) of the input is at {@code ((n * inH + y) * inW + x) * inStride + c}, of the output likewise with
 * {@code outStride}; strides count floats per pixel and may exceed the channel count. What stands in the gap is unspecified
 * and never influences a result. Weights are in ONNX order [outC][inC / groups][kernelH][kernelW].
 *
 * @param batch images
 * @param inH input height
 * @param inW input width
 * @param inC input channels
 * @param inStride floats from one input pixel to the next
 * @param outH output height
 * @param outW output width
 * @param outC output channels
 * @param outStride floats from one output pixel to the next
 * @param kernelH kernel height
 * @param kernelW kernel width
 * @param strideH vertical stride
 * @param strideW horizontal stride
 * @param dilationH vertical dilation
 * @param dilationW horizontal dilation
 * @param padTop rows of zeros above; those below follow from the output height
 * @param padLeft columns of zeros to the left
 * @param groups groups; equal to inC and outC for a depthwise convolution
 */
public record ConvShape(
        int batch,
        int inH,
        int inW,
        int inC,
        int inStride,
        int outH,
        int outW,
        int outC,
        int outStride,
        int kernelH,
        int kernelW,
        int strideH,
        int strideW,
        int dilationH,
        int dilationW,
        int padTop,
        int padLeft,
        int groups) {
    /** Checks that channels divide into groups and strides hold the channels. */
    public ConvShape {
        if (groups < 1 || inC % groups != 0 || outC % groups != 0) {
            throw new IllegalArgumentException(inC + " → " + outC + " channels do not divide into " + groups + " groups");
        }
        if (inStride < inC || outStride < outC) {
            throw new IllegalArgumentException("a pixel stride is smaller than its channel count");
        }
    }

    /** A matrix product seen as a pointwise convolution: {@code rows} pixels of {@code inC} values each. */
    public static ConvShape rows(int rows, int inC, int inStride, int outC, int outStride) {
        return new ConvShape(1, 1, rows, inC, inStride, 1, rows, outC, outStride, 1, 1, 1, 1, 1, 1, 0, 0, 1);
    }

    /** Input channels that one output channel reads. */
    public int groupIn() {
        return inC / groups;
    }

    /** Output channels of one group. */
    public int groupOut() {
        return outC / groups;
    }

    /** Whether every channel is a group of its own. */
    public boolean isDepthwise() {
        return groups == inC && groups == outC && groups > 1;
    }

    /** Whether every output pixel reads exactly the input pixel at its own place. */
    public boolean isPointwise() {
        return kernelH == 1 && kernelW == 1 && strideH == 1 && strideW == 1 && padTop == 0 && padLeft == 0 && inH == outH && inW == outW;
    }

    /** Number of weights. */
    public int weightCount() {
        return outC * groupIn() * kernelH * kernelW;
    }

    /** Multiply-accumulates of one pass, positions in the padding included. */
    public long macs() {
        return (long) batch * outH * outW * weightCount();
    }

    /** This for another number of images. */
    public ConvShape withBatch(int images) {
        return new ConvShape(images, inH, inW, inC, inStride, outH, outW, outC, outStride, kernelH, kernelW,
                strideH, strideW, dilationH, dilationW, padTop, padLeft, groups);
    }

    /** Whether every output row reads at least one input row, so that rows may be computed in bands. */
    public boolean dividesIntoBands() {
        return dilationH * (kernelH - 1) >= padTop && (outH - 1) * strideH - padTop < inH;
    }

    /**
     * This for output rows {@code from … to - 1} of one image, which {@link #dividesIntoBands}: a convolution of its own, whose input starts with
     * row {@link #bandStart}.
     */
    public ConvShape band(int from, int to) {
        int first = from * strideH - padTop;
        int start = bandStart(from);
        int end = Math.min(inH, (to - 1) * strideH - padTop + dilationH * (kernelH - 1) + 1);
        return new ConvShape(1, end - start, inW, inC, inStride, to - from, outW, outC, outStride, kernelH, kernelW, strideH, strideW, dilationH, dilationW,
                start - first, padLeft, groups);
    }

    /** The first input row of a band that starts with output row {@code from}. */
    public int bandStart(int from) {
        return Math.max(0, from * strideH - padTop);
    }
}
