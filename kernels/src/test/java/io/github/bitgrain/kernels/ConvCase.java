package io.github.bitgrain.kernels;

import java.util.Arrays;
import java.util.Random;

/** A convolution with data: random geometry, offsets and strides, and NaN wherever no kernel may look. */
final class ConvCase {
    final ConvShape shape;
    final float[] x;
    final float[] w;
    final float[] bias;
    final float[] dy;
    final int xOffset;
    final int yOffset;

    private ConvCase(ConvShape shape, Random random, boolean integers) {
        this.shape = shape;
        xOffset = random.nextInt(20);
        yOffset = random.nextInt(20);
        x = map(random, xOffset, shape.batch() * shape.inH() * shape.inW(), shape.inC(), shape.inStride(), integers);
        dy = map(random, yOffset, shape.batch() * shape.outH() * shape.outW(), shape.outC(), shape.outStride(), integers);
        w = values(random, shape.weightCount(), integers);
        bias = values(random, shape.outC(), integers);
    }

    static ConvCase random(Random random, boolean integers) {
        boolean pointwise = random.nextInt(3) == 0;
        int kernelH = pointwise ? 1 : 1 + random.nextInt(4);
        int kernelW = pointwise ? 1 : 1 + random.nextInt(4);
        int groups = 1;
        int groupIn = 1 + random.nextInt(random.nextBoolean() ? 5 : 40);
        int groupOut = 1 + random.nextInt(random.nextBoolean() ? 5 : 80);
        int kind = random.nextInt(4);
        if (kind == 0) {
            groups = 1 + random.nextInt(90);
            groupIn = 1;
            groupOut = 1;
            kernelH = random.nextBoolean() ? 3 : kernelH;
            kernelW = random.nextBoolean() ? 3 : kernelW;
        } else if (kind == 1) {
            groups = 2 + random.nextInt(2);
        }
        int strideH = 1 + random.nextInt(3);
        int strideW = random.nextBoolean() ? strideH : 1 + random.nextInt(2);
        int dilationH = 1 + random.nextInt(2);
        int dilationW = 1 + random.nextInt(2);
        int padTop = random.nextInt(kernelH);
        int padLeft = random.nextInt(kernelW);
        int inH = dilationH * (kernelH - 1) + 1 + random.nextInt(6);
        int inW = dilationW * (kernelW - 1) + 1 + random.nextInt(9);
        int outH = (inH + padTop + random.nextInt(kernelH) - dilationH * (kernelH - 1) - 1) / strideH + 1;
        int outW = (inW + padLeft + random.nextInt(kernelW) - dilationW * (kernelW - 1) - 1) / strideW + 1;
        int inC = groups * groupIn;
        int outC = groups * groupOut;
        ConvShape shape = new ConvShape(1 + random.nextInt(3), inH, inW, inC, stride(random, inC), outH, outW, outC, stride(random, outC),
                kernelH, kernelW, strideH, strideW, dilationH, dilationW, padTop, padLeft, groups);
        return new ConvCase(shape, random, integers);
    }

    static ConvCase of(ConvShape shape, long seed) {
        return new ConvCase(shape, new Random(seed), false);
    }

    private static int stride(Random random, int channels) {
        return random.nextBoolean() ? channels : random.nextBoolean() ? (channels + 15) / 16 * 16 : channels + random.nextInt(4);
    }

    private static float[] map(Random random, int offset, int pixels, int channels, int stride, boolean integers) {
        // The gap behind the last pixel may be missing.
        float[] map = new float[offset + (pixels - 1) * stride + (random.nextBoolean() ? channels : stride)];
        Arrays.fill(map, Float.NaN);
        for (int p = 0; p < pixels; p++) {
            for (int c = 0; c < channels; c++) {
                map[offset + p * stride + c] = value(random, integers);
            }
        }
        return map;
    }

    private static float[] values(Random random, int n, boolean integers) {
        float[] values = new float[n];
        for (int i = 0; i < n; i++) {
            values[i] = value(random, integers);
        }
        return values;
    }

    private static float value(Random random, boolean integers) {
        return integers ? random.nextInt(-128, 128) : (float) random.nextGaussian();
    }

    /** A result map of the size of a given one, full of NaN. */
    static float[] blank(float[] like) {
        float[] blank = new float[like.length];
        Arrays.fill(blank, Float.NaN);
        return blank;
    }

    float[] forward(FloatKernels kernels, boolean withBias, float lo, float hi) {
        PackedConv packed = kernels.packedConv(shape);
        kernels.pack(w, 0, packed);
        float[] y = blank(dy);
        kernels.conv(shape, x, xOffset, packed, withBias ? bias : null, 0, y, yOffset, lo, hi);
        return y;
    }

    float[] inputGradient(FloatKernels kernels) {
        PackedConv packed = kernels.packedConv(shape);
        kernels.packForInputGradient(w, 0, packed);
        float[] dx = blank(x);
        kernels.convInputGradient(shape, dy, yOffset, packed, dx, xOffset);
        return dx;
    }

    /** Weight gradient, then bias gradient. */
    float[] weightGradient(FloatKernels kernels) {
        float[] gradients = new float[w.length + bias.length];
        System.arraycopy(w, 0, gradients, 0, w.length);
        kernels.convWeightGradient(shape, x, xOffset, dy, yOffset, gradients, 0, gradients, w.length);
        return gradients;
    }

    /** The same case with all values replaced by their sizes: what rounding errors are measured against. */
    ConvCase magnitudes() {
        ConvCase copy = new ConvCase(this);
        for (float[] values : new float[][] {copy.x, copy.w, copy.bias, copy.dy}) {
            for (int i = 0; i < values.length; i++) {
                values[i] = Math.abs(values[i]);
            }
        }
        return copy;
    }

    private ConvCase(ConvCase other) {
        shape = other.shape;
        x = other.x.clone();
        w = other.w.clone();
        bias = other.bias.clone();
        dy = other.dy.clone();
        xOffset = other.xOffset;
        yOffset = other.yOffset;
    }

    @Override
    public String toString() {
        return shape + " at " + xOffset + ", " + yOffset;
    }
}
