package io.github.bitgrain.kernels;

import java.util.Arrays;

/** The reference: every kernel in the fewest plain loops. */
class ScalarFloatKernels implements FloatKernels {
    /** Pixels that are turned together: one cache line of each channel plane, read whole. */
    private static final int TRANSPOSED = 16;

    @Override
    public String name() {
        return "scalar";
    }

    @Override
    public void gemm(int m, int n, int k, float[] a, int aOffset, int aRow, int aColumn, float[] b, int bOffset, int bRow, int bColumn,
            float[] c, int cOffset, int cRow, boolean accumulate) {
        for (int i = 0; i < m; i++) {
            for (int j = 0; j < n; j++) {
                float sum = accumulate ? c[cOffset + i * cRow + j] : 0f;
                for (int l = 0; l < k; l++) {
                    sum = Math.fma(a[aOffset + i * aRow + l * aColumn], b[bOffset + l * bRow + j * bColumn], sum);
                }
                c[cOffset + i * cRow + j] = sum;
            }
        }
    }

    @Override
    public PackedConv packedConv(ConvShape shape) {
        return new ScalarConvolution.Weights(shape);
    }

    @Override
    public void pack(float[] weights, int weightsOffset, PackedConv into) {
        float[] values = ((ScalarConvolution.Weights) into).values;
        System.arraycopy(weights, weightsOffset, values, 0, values.length);
    }

    @Override
    public void conv(ConvShape shape, float[] x, int xOffset, PackedConv weights, float[] bias, int biasOffset,
            float[] y, int yOffset, float lo, float hi) {
        ScalarConvolution.forward(shape, x, xOffset, ((ScalarConvolution.Weights) weights).values, bias, biasOffset, y, yOffset, lo, hi);
    }

    @Override
    public void conv(ConvShape shape, float[] x, int xOffset, PackedConv weights, float[] bias, int biasOffset,
            float[] y, int yOffset, Finish finish, float[] residual, int residualOffset) {
        conv(shape, x, xOffset, weights, bias, biasOffset, y, yOffset, Float.NEGATIVE_INFINITY, Float.POSITIVE_INFINITY);
        FakeQuantizer quantizer = finish.quantizer();
        for (int pixel = 0; pixel < shape.batch() * shape.outH() * shape.outW(); pixel++) {
            int at = pixel * shape.outStride();
            if (finish.function() != null) {
                unary(finish.function(), finish.p(), finish.q(), shape.outC(), y, yOffset + at, y, yOffset + at);
            }
            if (quantizer != null) {
                fakeQuantize(shape.outC(), y, yOffset + at, y, yOffset + at, quantizer.exponent(), quantizer.qmin(), quantizer.qmax(),
                        quantizer.rounding());
            }
            if (finish.wholes() != null) {
                finish.wholes().round(shape.outC(), y, yOffset + at);
            }
            if (finish.table() != null) {
                lookUp(finish.table(), shape.outC(), y, yOffset + at, y, yOffset + at);
            }
            if (residual != null) {
                binary(BinaryFunction.ADD, shape.outC(), y, yOffset + at, 1, residual, residualOffset + at, 1, y, yOffset + at);
            }
        }
    }

    @Override
    public void convOfPlanes(ConvShape shape, int planeStride, float[] x, int xOffset, PackedConv weights, float[] bias, int biasOffset,
            float[] y, int yOffset, Finish finish, float[] residual, int residualOffset) {
        int pixels = shape.inH() * shape.inW();
        float[] turned = new float[shape.batch() * pixels * shape.inStride()];
        for (int plane = 0; plane < shape.batch() * shape.inC(); plane++) {
            int at = plane / shape.inC() * pixels * shape.inStride() + plane % shape.inC();
            for (int pixel = 0; pixel < pixels; pixel++) {
                turned[at + pixel * shape.inStride()] = x[xOffset + plane * planeStride + pixel];
            }
        }
        conv(shape, turned, 0, weights, bias, biasOffset, y, yOffset, finish, residual, residualOffset);
    }

    @Override
    public void packForInputGradient(float[] weights, int weightsOffset, PackedConv into) {
        pack(weights, weightsOffset, into);
    }

    @Override
    public void convInputGradient(ConvShape shape, float[] dy, int dyOffset, PackedConv weights, float[] dx, int dxOffset) {
        ScalarConvolution.inputGradient(shape, dy, dyOffset, ((ScalarConvolution.Weights) weights).values, dx, dxOffset);
    }

    @Override
    public void convWeightGradient(ConvShape shape, float[] x, int xOffset, float[] dy, int dyOffset, float[] dw, int dwOffset,
            float[] dbias, int dbiasOffset) {
        ScalarConvolution.weightGradient(shape, x, xOffset, dy, dyOffset, dw, dwOffset, dbias, dbiasOffset);
    }

    @Override
    public void maxPool(PoolShape shape, float[] x, int xOffset, float[] y, int yOffset) {
        ScalarPooling.max(shape, x, xOffset, y, yOffset);
    }

    @Override
    public void maxPoolGradient(PoolShape shape, float[] x, int xOffset, float[] y, int yOffset, float[] dy, int dyOffset, float[] dx, int dxOffset) {
        ScalarPooling.maxGradient(shape, x, xOffset, y, yOffset, dy, dyOffset, dx, dxOffset);
    }

    @Override
    public void averagePool(PoolShape shape, float[] x, int xOffset, float[] y, int yOffset) {
        ScalarPooling.average(shape, x, xOffset, y, yOffset);
    }

    @Override
    public void sumPool(PoolShape shape, float[] x, int xOffset, float[] y, int yOffset) {
        ScalarPooling.sum(shape, x, xOffset, y, yOffset);
    }

    @Override
    public void averagePoolGradient(PoolShape shape, float[] dy, int dyOffset, float[] dx, int dxOffset) {
        ScalarPooling.averageGradient(shape, dy, dyOffset, dx, dxOffset);
    }

    @Override
    public void unary(UnaryFunction f, float p, float q, int n, float[] x, int xOffset, float[] y, int yOffset) {
        for (int i = 0; i < n; i++) {
            y[yOffset + i] = ScalarFunctions.apply(f, p, q, x[xOffset + i]);
        }
    }

    @Override
    public void unaryGradient(UnaryFunction f, float p, float q, int n, float[] x, int xOffset, float[] y, int yOffset,
            float[] dy, int dyOffset, float[] dx, int dxOffset, boolean accumulate) {
        for (int i = 0; i < n; i++) {
            float d = dy[dyOffset + i] * ScalarFunctions.derivative(f, p, q, x[xOffset + i], y[yOffset + i]);
            dx[dxOffset + i] = accumulate ? dx[dxOffset + i] + d : d;
        }
    }

    @Override
    public void binary(BinaryFunction f, int n, float[] a, int aOffset, int aStep, float[] b, int bOffset, int bStep, float[] c, int cOffset) {
        for (int i = 0; i < n; i++) {
            c[cOffset + i] = ScalarFunctions.apply(f, a[aOffset + i * aStep], b[bOffset + i * bStep]);
        }
    }

    @Override
    public void addScaled(int n, float factor, float[] x, int xOffset, float[] y, int yOffset) {
        for (int i = 0; i < n; i++) {
            y[yOffset + i] = Math.fma(factor, x[xOffset + i], y[yOffset + i]);
        }
    }

    @Override
    public void addProduct(int n, float[] a, int aOffset, float[] b, int bOffset, int bStep, float[] y, int yOffset) {
        for (int i = 0; i < n; i++) {
            y[yOffset + i] = Math.fma(a[aOffset + i], b[bOffset + i * bStep], y[yOffset + i]);
        }
    }

    @Override
    public void sumRows(int rows, int n, float[] a, int aOffset, int aRow, float factor, float[] b, int bOffset, int bRow, float lo, float hi,
            float[] y, int yOffset, int yRow) {
        for (int row = 0; row < rows; row++) {
            for (int i = 0; i < n; i++) {
                float sum = Math.fma(b[bOffset + row * bRow + i], factor, a[aOffset + row * aRow + i]);
                y[yOffset + row * yRow + i] = Math.min(Math.max(sum, lo), hi);
            }
        }
    }

    @Override
    public void lookUp(float[] table, int n, float[] x, int xOffset, float[] y, int yOffset) {
        entries(table, n, x, xOffset, y, yOffset);
    }

    static void entries(float[] table, int n, float[] x, int xOffset, float[] y, int yOffset) {
        for (int i = 0; i < n; i++) {
            y[yOffset + i] = table[(int) x[xOffset + i] - Byte.MIN_VALUE & Finish.ENTRIES - 1];
        }
    }

    @Override
    public void softmax(boolean logarithm, int rows, int n, float[] x, int xOffset, int xRow, float[] y, int yOffset, int yRow) {
        for (int r = 0; r < rows; r++) {
            int from = xOffset + r * xRow;
            int to = yOffset + r * yRow;
            float max = Float.NEGATIVE_INFINITY;
            for (int i = 0; i < n; i++) {
                max = Math.max(max, x[from + i]);
            }
            double sum = 0;
            for (int i = 0; i < n; i++) {
                sum += Math.exp((double) x[from + i] - max);
            }
            double logSum = Math.log(sum);
            for (int i = 0; i < n; i++) {
                double centred = (double) x[from + i] - max;
                y[to + i] = (float) (logarithm ? centred - logSum : Math.exp(centred) / sum);
            }
        }
    }

    @Override
    public void softmaxGradient(boolean logarithm, int rows, int n, float[] y, int yOffset, int yRow, float[] dy, int dyOffset, int dyRow,
            float[] dx, int dxOffset, int dxRow) {
        for (int r = 0; r < rows; r++) {
            int at = yOffset + r * yRow;
            int from = dyOffset + r * dyRow;
            double sum = 0;
            for (int i = 0; i < n; i++) {
                sum += logarithm ? dy[from + i] : (double) dy[from + i] * y[at + i];
            }
            for (int i = 0; i < n; i++) {
                dx[dxOffset + r * dxRow + i] = (float) (logarithm ? dy[from + i] - Math.exp(y[at + i]) * sum : y[at + i] * (dy[from + i] - sum));
            }
        }
    }

    @Override
    public void fakeQuantize(int n, float[] x, int xOffset, float[] y, int yOffset, int exponent, float qmin, float qmax, Rounding rounding) {
        quantize(n, x, xOffset, y, yOffset, exponent, qmin, qmax, rounding);
    }

    static void quantize(int n, float[] x, int xOffset, float[] y, int yOffset, int exponent, float qmin, float qmax, Rounding rounding) {
        float scale = FakeQuantization.scale(exponent);
        for (int i = 0; i < n; i++) {
            float q = Math.min(Math.max(rounding.round(x[xOffset + i] / scale), qmin), qmax);
            y[yOffset + i] = q * scale + 0f; // integers know no negative zero
        }
    }

    @Override
    public double fakeQuantizeGradient(int n, float[] x, int xOffset, float[] dy, int dyOffset, float[] dx, int dxOffset,
            int exponent, float qmin, float qmax, Rounding rounding, boolean accumulate) {
        float scale = FakeQuantization.scale(exponent);
        double sum = 0;
        for (int i = 0; i < n; i++) {
            float ratio = x[xOffset + i] / scale;
            float q = rounding.round(ratio);
            float g = dy[dyOffset + i];
            float pass = 0f;
            if (q < qmin) {
                sum += (double) g * qmin;
            } else if (q > qmax) {
                sum += (double) g * qmax;
            } else {
                sum += (double) g * (q - ratio);
                pass = g;
            }
            dx[dxOffset + i] = accumulate ? dx[dxOffset + i] + pass : pass;
        }
        return sum;
    }

    @Override
    public double fakeQuantizeGradientOfRows(int rows, int n, int stride, float[] x, int xOffset, float[] dy, int dyOffset, float[] dx,
            int dxOffset, int exponent, float qmin, float qmax, Rounding rounding, boolean accumulate) {
        double sum = 0;
        for (int row = 0; row < rows; row++) {
            int at = row * stride;
            sum += fakeQuantizeGradient(n, x, xOffset + at, dy, dyOffset + at, dx, dxOffset + at, exponent, qmin, qmax, rounding, accumulate);
        }
        return sum;
    }

    @Override
    public double sum(int n, float[] x, int xOffset) {
        double sum = 0;
        for (int i = 0; i < n; i++) {
            sum += x[xOffset + i];
        }
        return sum;
    }

    @Override
    public double dot(int n, float[] a, int aOffset, float[] b, int bOffset) {
        double sum = 0;
        for (int i = 0; i < n; i++) {
            sum += (double) a[aOffset + i] * b[bOffset + i];
        }
        return sum;
    }

    @Override
    public double squaredDistance(int n, float[] a, int aOffset, float[] b, int bOffset) {
        double sum = 0;
        for (int i = 0; i < n; i++) {
            double d = (double) a[aOffset + i] - b[bOffset + i];
            sum += d * d;
        }
        return sum;
    }

    @Override
    public void minMax(int n, float[] x, int xOffset, float[] range) {
        for (int i = 0; i < n; i++) {
            range[0] = Math.min(range[0], x[xOffset + i]);
            range[1] = Math.max(range[1], x[xOffset + i]);
        }
    }

    @Override
    public void histogram(int n, float[] x, int xOffset, float width, long[] bins) {
        for (int i = 0; i < n; i++) {
            bins[Math.min((int) (Math.abs(x[xOffset + i]) / width), bins.length - 1)]++;
        }
    }

    @Override
    public void adam(int n, float[] w, int wOffset, float[] g, int gOffset, float[] m, int mOffset, float[] v, int vOffset,
            float rate, float beta1, float rest1, float beta2, float rest2, float root, float epsilon) {
        for (int i = 0; i < n; i++) {
            float grad = g[gOffset + i];
            float mean = Math.fma(grad, rest1, beta1 * m[mOffset + i]);
            float square = Math.fma(rest2 * grad, grad, beta2 * v[vOffset + i]);
            m[mOffset + i] = mean;
            v[vOffset + i] = square;
            w[wOffset + i] += -rate * mean / ((float) Math.sqrt(square) / root + epsilon);
        }
    }

    @Override
    public void copyRows(int rows, int n, float[] x, int xOffset, int xRow, float[] y, int yOffset, int yRow) {
        for (int row = 0; row < rows; row++) {
            System.arraycopy(x, xOffset + row * xRow, y, yOffset + row * yRow, n);
        }
    }

    @Override
    public void toNhwc(int batch, int channels, int pixels, float[] x, int xOffset, int stride, float[] y, int yOffset) {
        for (int n = 0; n < batch; n++) {
            for (int first = 0; first < pixels; first += TRANSPOSED) {
                int count = Math.min(TRANSPOSED, pixels - first);
                int to = yOffset + (n * pixels + first) * stride;
                for (int c = 0; c < channels; c++) {
                    int from = xOffset + (n * channels + c) * pixels + first;
                    for (int p = 0; p < count; p++) {
                        y[to + p * stride + c] = x[from + p];
                    }
                }
                for (int p = 0; p < count && stride > channels; p++) {
                    Arrays.fill(y, to + p * stride + channels, to + (p + 1) * stride, 0f);
                }
            }
        }
    }

    @Override
    public void toNchw(int batch, int channels, int pixels, int stride, float[] x, int xOffset, float[] y, int yOffset) {
        for (int n = 0; n < batch; n++) {
            for (int first = 0; first < pixels; first += TRANSPOSED) {
                int count = Math.min(TRANSPOSED, pixels - first);
                int from = xOffset + (n * pixels + first) * stride;
                for (int c = 0; c < channels; c++) {
                    int to = yOffset + (n * channels + c) * pixels + first;
                    for (int p = 0; p < count; p++) {
                        y[to + p] = x[from + p * stride + c];
                    }
                }
            }
        }
    }
}
