package io.github.bitgrain.kernels;

import java.util.Random;

/** Shapes of integer convolutions, with padding on every side, one or two images and a last row or column that may read padding only. */
final class RandomShape {
    private RandomShape() {}

    /** @param room there are fewer rows, and fewer columns, than this beyond the kernel */
    static ConvShape of(Random random, int room, int in, int out, int kernelH, int kernelW, int stride, int dilation, boolean depthwise) {
        int inH = dilation * (kernelH - 1) + 1 + random.nextInt(room);
        int inW = dilation * (kernelW - 1) + 1 + random.nextInt(room);
        int padTop = random.nextInt(kernelH);
        int padLeft = random.nextInt(kernelW);
        int outH = (inH + padTop - dilation * (kernelH - 1) - 1) / stride + 1 + random.nextInt(2);
        int outW = (inW + padLeft - dilation * (kernelW - 1) - 1) / stride + 1 + random.nextInt(2);
        boolean groups = depthwise && in > 1;
        int outputs = groups ? in : out;
        return new ConvShape(1 + random.nextInt(2), inH, inW, in, in, outH, outW, outputs, outputs, kernelH, kernelW, stride, stride,
                dilation, dilation, padTop, padLeft, groups ? in : 1);
    }
}
