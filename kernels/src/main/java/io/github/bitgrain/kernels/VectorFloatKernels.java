package io.github.bitgrain.kernels;

/** Vector API kernels; what gains nothing from them is the scalar code. */
final class VectorFloatKernels extends ScalarFloatKernels {
    @Override
    public String name() {
        return "vector" + Lanes.FLOATS.vectorBitSize();
    }

    @Override
    public PackedConv packedConv(ConvShape shape) {
        return new VectorWeights(shape);
    }

    @Override
    public void pack(float[] weights, int weightsOffset, PackedConv into) {
        ((VectorWeights) into).packForward(weights, weightsOffset);
    }

    @Override
    public void packForInputGradient(float[] weights, int weightsOffset, PackedConv into) {
        ((VectorWeights) into).packBackward(weights, weightsOffset);
    }

    @Override
    public void conv(ConvShape shape, float[] x, int xOffset, PackedConv weights, float[] bias, int biasOffset,
            float[] y, int yOffset, float lo, float hi) {
        if (shape.isDepthwise()) {
            VectorDepthwise.forward(shape, x, xOffset, (VectorWeights) weights, bias, biasOffset, y, yOffset, lo, hi);
        } else {
            VectorConvolution.forward(shape, x, xOffset, (VectorWeights) weights, bias, biasOffset, y, yOffset, lo, hi);
        }
    }

    @Override
    public void convInputGradient(ConvShape shape, float[] dy, int dyOffset, PackedConv weights, float[] dx, int dxOffset) {
        if (shape.isDepthwise()) {
            VectorDepthwise.inputGradient(shape, dy, dyOffset, (VectorWeights) weights, dx, dxOffset);
        } else {
            VectorConvolution.inputGradient(shape, dy, dyOffset, (VectorWeights) weights, dx, dxOffset);
        }
    }

    @Override
    public void convWeightGradient(ConvShape shape, float[] x, int xOffset, float[] dy, int dyOffset, float[] dw, int dwOffset,
            float[] dbias, int dbiasOffset) {
        if (shape.isDepthwise()) {
            VectorDepthwise.weightGradient(shape, x, xOffset, dy, dyOffset, dw, dwOffset);
        } else {
            VectorWeightGradient.gradient(shape, x, xOffset, dy, dyOffset, dw, dwOffset);
        }
        if (dbias != null) {
            VectorWeightGradient.bias(shape, dy, dyOffset, dbias, dbiasOffset);
        }
    }
}
