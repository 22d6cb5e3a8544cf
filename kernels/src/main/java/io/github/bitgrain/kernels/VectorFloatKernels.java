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
        conv(shape, x, xOffset, weights, bias, biasOffset, y, yOffset, Scratch.ofThread().epilogue.clamp(lo, hi));
    }

    @Override
    public void conv(ConvShape shape, float[] x, int xOffset, PackedConv weights, float[] bias, int biasOffset,
            float[] y, int yOffset, Finish finish, float[] residual, int residualOffset) {
        conv(shape, x, xOffset, weights, bias, biasOffset, y, yOffset, Scratch.ofThread().epilogue.set(finish, residual, residualOffset, yOffset));
    }

    private static void conv(ConvShape shape, float[] x, int xOffset, PackedConv weights, float[] bias, int biasOffset, float[] y, int yOffset,
            Epilogue epilogue) {
        if (shape.isDepthwise()) {
            VectorDepthwise.forward(shape, x, xOffset, (VectorWeights) weights, bias, biasOffset, y, yOffset, epilogue);
        } else {
            VectorConvolution.forward(shape, x, xOffset, Source.NO_PLANES, (VectorWeights) weights, bias, biasOffset, y, yOffset, epilogue);
        }
    }

    @Override
    public void convOfPlanes(ConvShape shape, int planeStride, float[] x, int xOffset, PackedConv weights, float[] bias, int biasOffset,
            float[] y, int yOffset, Finish finish, float[] residual, int residualOffset) {
        if (shape.groups() > 1) {
            super.convOfPlanes(shape, planeStride, x, xOffset, weights, bias, biasOffset, y, yOffset, finish, residual, residualOffset);
            return;
        }
        Epilogue epilogue = Scratch.ofThread().epilogue.set(finish, residual, residualOffset, yOffset);
        VectorConvolution.forward(shape, x, xOffset, planeStride, (VectorWeights) weights, bias, biasOffset, y, yOffset, epilogue);
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

    @Override
    public void gemm(int m, int n, int k, float[] a, int aOffset, int aRow, int aColumn, float[] b, int bOffset, int bRow, int bColumn,
            float[] c, int cOffset, int cRow, boolean accumulate) {
        if (n < Lanes.COUNT && m < DenseTiles.HEIGHT || m == 0 || k == 0) {
            super.gemm(m, n, k, a, aOffset, aRow, aColumn, b, bOffset, bRow, bColumn, c, cOffset, cRow, accumulate);
        } else {
            VectorProduct.gemm(m, n, k, a, aOffset, aRow, aColumn, b, bOffset, bRow, bColumn, c, cOffset, cRow, accumulate);
        }
    }

    @Override
    public void maxPool(PoolShape shape, float[] x, int xOffset, float[] y, int yOffset) {
        if (VectorPooling.covers(shape, x, xOffset, y, yOffset)) {
            VectorPooling.max(shape, x, xOffset, y, yOffset);
        } else {
            super.maxPool(shape, x, xOffset, y, yOffset);
        }
    }

    @Override
    public void maxPoolGradient(PoolShape shape, float[] x, int xOffset, float[] y, int yOffset, float[] dy, int dyOffset, float[] dx, int dxOffset) {
        if (VectorPooling.covers(shape, x, xOffset, y, yOffset) && VectorPooling.covers(shape, dx, dxOffset, dy, dyOffset)) {
            VectorPooling.maxGradient(shape, x, xOffset, y, yOffset, dy, dyOffset, dx, dxOffset);
        } else {
            super.maxPoolGradient(shape, x, xOffset, y, yOffset, dy, dyOffset, dx, dxOffset);
        }
    }

    @Override
    public void averagePool(PoolShape shape, float[] x, int xOffset, float[] y, int yOffset) {
        if (VectorPooling.covers(shape, x, xOffset, y, yOffset)) {
            VectorPooling.average(shape, x, xOffset, y, yOffset, false);
        } else {
            super.averagePool(shape, x, xOffset, y, yOffset);
        }
    }

    @Override
    public void sumPool(PoolShape shape, float[] x, int xOffset, float[] y, int yOffset) {
        if (VectorPooling.covers(shape, x, xOffset, y, yOffset)) {
            VectorPooling.average(shape, x, xOffset, y, yOffset, true);
        } else {
            super.sumPool(shape, x, xOffset, y, yOffset);
        }
    }

    @Override
    public void averagePoolGradient(PoolShape shape, float[] dy, int dyOffset, float[] dx, int dxOffset) {
        if (VectorPooling.covers(shape, dx, dxOffset, dy, dyOffset)) {
            VectorPooling.averageGradient(shape, dy, dyOffset, dx, dxOffset);
        } else {
            super.averagePoolGradient(shape, dy, dyOffset, dx, dxOffset);
        }
    }

    @Override
    public void unary(UnaryFunction f, float p, float q, int n, float[] x, int xOffset, float[] y, int yOffset) {
        int done = VectorFunctions.unary(f, p, q, n, x, xOffset, y, yOffset);
        if (n > done && !VectorTails.unary(f, p, q, n - done, x, xOffset + done, y, yOffset + done)) {
            super.unary(f, p, q, n - done, x, xOffset + done, y, yOffset + done);
        }
    }

    @Override
    public void unaryGradient(UnaryFunction f, float p, float q, int n, float[] x, int xOffset, float[] y, int yOffset,
            float[] dy, int dyOffset, float[] dx, int dxOffset, boolean accumulate) {
        int done = VectorFunctions.gradient(f, p, q, n, x, xOffset, y, yOffset, dy, dyOffset, dx, dxOffset, accumulate);
        if (n > done && !VectorTails.gradient(f, p, q, n - done, x, xOffset + done, y, yOffset + done, dy, dyOffset + done, dx, dxOffset + done,
                accumulate)) {
            super.unaryGradient(f, p, q, n - done, x, xOffset + done, y, yOffset + done, dy, dyOffset + done, dx, dxOffset + done, accumulate);
        }
    }

    @Override
    public void binary(BinaryFunction f, int n, float[] a, int aOffset, int aStep, float[] b, int bOffset, int bStep, float[] c, int cOffset) {
        int done = VectorMaps.binary(f, n, a, aOffset, aStep, b, bOffset, bStep, c, cOffset);
        super.binary(f, n - done, a, aOffset + done * aStep, aStep, b, bOffset + done * bStep, bStep, c, cOffset + done);
    }

    @Override
    public void addScaled(int n, float factor, float[] x, int xOffset, float[] y, int yOffset) {
        int done = VectorMaps.addScaled(n, factor, x, xOffset, y, yOffset);
        super.addScaled(n - done, factor, x, xOffset + done, y, yOffset + done);
    }

    @Override
    public void addProduct(int n, float[] a, int aOffset, float[] b, int bOffset, int bStep, float[] y, int yOffset) {
        int done = 0;
        if (bStep == 0 && n > 0) {
            done = VectorMaps.addScaled(n, b[bOffset], a, aOffset, y, yOffset);
        } else if (bStep == 1) {
            done = VectorMaps.addProduct(n, a, aOffset, b, bOffset, y, yOffset);
        }
        super.addProduct(n - done, a, aOffset + done, b, bOffset + done * bStep, bStep, y, yOffset + done);
    }

    @Override
    public void sumRows(int rows, int n, float[] a, int aOffset, int aRow, float factor, float[] b, int bOffset, int bRow, float lo, float hi,
            float[] y, int yOffset, int yRow) {
        int done = VectorMaps.sumRows(rows, n, a, aOffset, aRow, factor, b, bOffset, bRow, lo, hi, y, yOffset, yRow);
        if (done < n) {
            super.sumRows(rows, n - done, a, aOffset + done, aRow, factor, b, bOffset + done, bRow, lo, hi, y, yOffset + done, yRow);
        }
    }

    @Override
    public void lookUp(float[] table, int n, float[] x, int xOffset, float[] y, int yOffset) {
        VectorTable.lookUp(table, 1, n, x, xOffset, n, y, yOffset, n);
    }

    @Override
    public void softmax(boolean logarithm, int rows, int n, float[] x, int xOffset, int xRow, float[] y, int yOffset, int yRow) {
        if (logarithm || n < Lanes.COUNT) {
            super.softmax(logarithm, rows, n, x, xOffset, xRow, y, yOffset, yRow);
            return;
        }
        for (int r = 0; r < rows; r++) {
            VectorFunctions.softmax(n, x, xOffset + r * xRow, y, yOffset + r * yRow);
        }
    }

    @Override
    public void fakeQuantize(int n, float[] x, int xOffset, float[] y, int yOffset, int exponent, float qmin, float qmax, Rounding rounding) {
        int done = !VectorFakeQuantization.covers(exponent, qmin, qmax, rounding) ? 0 : VectorFakeQuantization.vectors(rounding, 1, n, x, xOffset, n,
                y, yOffset, n, FakeQuantization.scale(exponent), FakeQuantization.scale(-exponent), qmin, qmax);
        quantize(n - done, x, xOffset + done, y, yOffset + done, exponent, qmin, qmax, rounding);
    }

    @Override
    public double fakeQuantizeGradient(int n, float[] x, int xOffset, float[] dy, int dyOffset, float[] dx, int dxOffset,
            int exponent, float qmin, float qmax, Rounding rounding, boolean accumulate) {
        int done = 0;
        double sum = 0;
        if (VectorFakeQuantization.covers(exponent, qmin, qmax, rounding)) {
            done = Lanes.FLOATS.loopBound(n);
            double[] partial = Scratch.ofThread().partials;
            sum = VectorFakeQuantization.gradient(rounding, done, x, xOffset, dy, dyOffset, dx, dxOffset,
                    FakeQuantization.scale(-exponent), qmin, qmax, accumulate, partial);
        }
        return sum + super.fakeQuantizeGradient(n - done, x, xOffset + done, dy, dyOffset + done, dx, dxOffset + done,
                exponent, qmin, qmax, rounding, accumulate);
    }

    @Override
    public double fakeQuantizeGradientOfRows(int rows, int n, int stride, float[] x, int xOffset, float[] dy, int dyOffset, float[] dx,
            int dxOffset, int exponent, float qmin, float qmax, Rounding rounding, boolean accumulate) {
        int end = (rows - 1) * stride + Lanes.roundUp(n);
        boolean wholeVectors = Lanes.roundUp(n) <= stride && xOffset + end <= x.length && dyOffset + end <= dy.length && dxOffset + end <= dx.length;
        if (!wholeVectors || !VectorFakeQuantization.covers(exponent, qmin, qmax, rounding)) {
            return super.fakeQuantizeGradientOfRows(rows, n, stride, x, xOffset, dy, dyOffset, dx, dxOffset, exponent, qmin, qmax, rounding, accumulate);
        }
        return VectorFakeQuantization.gradientOfRows(rounding, rows, n, stride, x, xOffset, dy, dyOffset, dx, dxOffset,
                FakeQuantization.scale(-exponent), qmin, qmax, accumulate, Scratch.ofThread().partials);
    }

    @Override
    public double sum(int n, float[] x, int xOffset) {
        int end = VectorReductions.end(n);
        return VectorReductions.sum(end, x, xOffset) + super.sum(n - end, x, xOffset + end);
    }

    @Override
    public double dot(int n, float[] a, int aOffset, float[] b, int bOffset) {
        int end = VectorReductions.end(n);
        return VectorReductions.dot(end, a, aOffset, b, bOffset) + super.dot(n - end, a, aOffset + end, b, bOffset + end);
    }

    @Override
    public double squaredDistance(int n, float[] a, int aOffset, float[] b, int bOffset) {
        int end = VectorReductions.end(n);
        return VectorReductions.squaredDistance(end, a, aOffset, b, bOffset) + super.squaredDistance(n - end, a, aOffset + end, b, bOffset + end);
    }

    @Override
    public void minMax(int n, float[] x, int xOffset, float[] range) {
        int done = VectorMaps.minMax(n, x, xOffset, range);
        super.minMax(n - done, x, xOffset + done, range);
    }

    @Override
    public void adam(int n, float[] w, int wOffset, float[] g, int gOffset, float[] m, int mOffset, float[] v, int vOffset,
            float rate, float beta1, float rest1, float beta2, float rest2, float root, float epsilon) {
        int done = VectorMaps.adam(n, w, wOffset, g, gOffset, m, mOffset, v, vOffset, rate, beta1, rest1, beta2, rest2, root, epsilon);
        super.adam(n - done, w, wOffset + done, g, gOffset + done, m, mOffset + done, v, vOffset + done,
                rate, beta1, rest1, beta2, rest2, root, epsilon);
    }

    @Override
    public void copyRows(int rows, int n, float[] x, int xOffset, int xRow, float[] y, int yOffset, int yRow) {
        if (n % Lanes.COUNT == 0 && n < Source.LONG_ROW) {
            Source.copyVectors(x, xOffset, xRow, y, yOffset, yRow, rows, n);
        } else {
            super.copyRows(rows, n, x, xOffset, xRow, y, yOffset, yRow);
        }
    }

    @Override
    public void toNhwc(int batch, int channels, int pixels, float[] x, int xOffset, int stride, float[] y, int yOffset) {
        Transposition.toNhwc(batch, channels, pixels, x, xOffset, stride, y, yOffset);
    }

    @Override
    public void toNchw(int batch, int channels, int pixels, int stride, float[] x, int xOffset, float[] y, int yOffset) {
        Transposition.toNchw(batch, channels, pixels, stride, x, xOffset, y, yOffset);
    }
}
