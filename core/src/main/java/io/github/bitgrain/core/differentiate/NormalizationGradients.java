package io.github.bitgrain.core.differentiate;

import io.github.bitgrain.core.evaluate.SoftmaxForm;
import io.github.bitgrain.core.op.BatchNorm;
import io.github.bitgrain.core.plan.Buffer;
import io.github.bitgrain.core.plan.NodeGradient;
import io.github.bitgrain.core.plan.Value;
import io.github.bitgrain.kernels.FloatKernels;
import java.util.Arrays;

/** Gradients of batch normalization and softmax. */
final class NormalizationGradients {
    private NormalizationGradients() {}

    /**
     * With x̂ = (x − mean) · inverse: dbias = Σ dy, dscale = Σ dy · x̂, and for batch statistics
     * dx = scale · inverse · (dy − dbias / n − x̂ · dscale / n), for stored ones dx = scale · inverse · dy.
     * A training pass also moves the stored statistics.
     */
    static void batchNorm(BatchNorm op, NodeGradient g) {
        Value x = g.node().in(0);
        Buffer scale = g.node().in(1).buffer();
        Buffer mean = g.node().saved("mean");
        Buffer inverse = g.node().saved("inverse");
        Buffer dy = g.dy(0);
        int channels = x.shape().dim(1);
        double[][] sums = new double[x.images()][channels];
        double[][] products = new double[x.images()][channels];
        double[] sum = new double[channels];
        double[] product = new double[channels];
        int rows = x.rows() / Math.max(x.images(), 1);
        int stride = x.rowStride();
        g.step(x.images(), (from, to) -> {
            for (int image = from; image < to; image++) {
                Arrays.fill(sums[image], 0);
                Arrays.fill(products[image], 0);
                for (int row = image * rows; row < (image + 1) * rows; row++) {
                    accumulate(channels, x.buffer().data(), x.buffer().offset() + row * stride, dy.data(), dy.offset() + row * stride,
                            mean.data(), mean.offset(), sums[image], products[image]);
                }
            }
        }, x.buffer(), dy, mean);
        g.step(1, (from, to) -> {
            for (int c = 0; c < channels; c++) {
                sum[c] = 0;
                product[c] = 0;
                for (int image = 0; image < sums.length; image++) {
                    sum[c] += sums[image][c];
                    product[c] += products[image][c];
                }
                product[c] *= inverse.data()[inverse.offset() + c];
            }
        }, inverse);
        contribute(g, 1, c -> product[c]);
        contribute(g, 2, c -> sum[c]);
        if (op.training()) {
            follow(g, 3, op.momentum(), mean);
            follow(g, 4, op.momentum(), g.node().saved("variance"));
        } else {
            // y = (x − mean) · inverse · scale + bias with inverse = (variance + epsilon)^−1/2.
            contribute(g, 3, c -> -sum[c] * inverse.data()[inverse.offset() + c] * scale.data()[scale.offset() + c], scale, inverse);
            contribute(g, 4, c -> -0.5 * product[c] * scale.data()[scale.offset() + c]
                    * Math.pow(inverse.data()[inverse.offset() + c], 2), scale, inverse);
        }
        if (g.wants(0)) {
            input(op.training(), g, sum, product);
        }
    }

    private static void accumulate(
            int n, float[] x, int xo, float[] dy, int dyo, float[] mean, int mo, double[] sums, double[] products) {
        for (int c = 0; c < n; c++) {
            double d = dy[dyo + c];
            sums[c] += d;
            products[c] += d * (x[xo + c] - mean[mo + c]);
        }
    }

    private interface PerChannel {
        double value(int channel);
    }

    private static void contribute(NodeGradient g, int operand, PerChannel gradient, Buffer... used) {
        if (!g.wants(operand)) {
            return;
        }
        NodeGradient.Sink sink = g.sink(operand);
        Buffer[] all = Arrays.copyOf(used, used.length + 1);
        all[used.length] = sink.buffer();
        g.step(1, (from, to) -> {
            for (int c = 0; c < sink.buffer().size(); c++) {
                int at = sink.buffer().offset() + c;
                sink.buffer().data()[at] = (float) (sink.add() ? sink.buffer().data()[at] + gradient.value(c) : gradient.value(c));
            }
        }, all);
    }

    private static void follow(NodeGradient g, int operand, float momentum, Buffer batch) {
        Buffer stored = g.node().in(operand).buffer();
        g.step(1, (from, to) -> {
            for (int c = 0; c < stored.size(); c++) {
                int at = stored.offset() + c;
                stored.data()[at] = momentum * stored.data()[at] + (1 - momentum) * batch.data()[batch.offset() + c];
            }
        }, stored, batch);
    }

    /** dx = a · dy + b · x + d per channel. */
    private static void input(boolean training, NodeGradient g, double[] sum, double[] product) {
        Value x = g.node().in(0);
        Buffer scale = g.node().in(1).buffer();
        Buffer mean = g.node().saved("mean");
        Buffer inverse = g.node().saved("inverse");
        Buffer dy = g.dy(0);
        NodeGradient.Sink dx = g.sink(0);
        int channels = x.shape().dim(1);
        Buffer a = g.scratch(channels);
        Buffer b = g.scratch(channels);
        Buffer d = g.scratch(channels);
        double n = x.rows();
        g.step(1, (from, to) -> {
            for (int c = 0; c < channels; c++) {
                double inv = inverse.data()[inverse.offset() + c];
                double k = scale.data()[scale.offset() + c] * inv;
                double slope = training ? -k * product[c] * inv / n : 0;
                a.data()[a.offset() + c] = (float) k;
                b.data()[b.offset() + c] = (float) slope;
                d.data()[d.offset() + c] = (float) (training ? -k * sum[c] / n - slope * mean.data()[mean.offset() + c] : 0);
            }
        }, scale, mean, inverse, a, b, d);
        int stride = x.rowStride();
        g.step(x.rows(), (from, to) -> {
            for (int row = from; row < to; row++) {
                affine(channels, a.data(), a.offset(), dy.data(), dy.offset() + row * stride, b.data(), b.offset(),
                        x.buffer().data(), x.buffer().offset() + row * stride, d.data(), d.offset(),
                        dx.buffer().data(), dx.buffer().offset() + row * stride, dx.add());
            }
        }, x.buffer(), dy, a, b, d, dx.buffer());
    }

    private static void affine(int n, float[] a, int ao, float[] dy, int dyo, float[] b, int bo, float[] x, int xo, float[] d, int dd,
            float[] dx, int dxo, boolean add) {
        for (int c = 0; c < n; c++) {
            float value = a[ao + c] * dy[dyo + c] + b[bo + c] * x[xo + c] + d[dd + c];
            dx[dxo + c] = add ? dx[dxo + c] + value : value;
        }
    }

    static void softmax(boolean logarithm, int axis, NodeGradient g) {
        SoftmaxForm form = SoftmaxForm.of(axis, g.node());
        FloatKernels kernels = g.kernels();
        Buffer dy = g.dy(0);
        if (!form.permuted()) {
            Buffer y = g.node().result(0).buffer();
            g.overwrite(0, dx -> rows(logarithm, form, y, dy, dx, g));
            return;
        }
        Buffer permuted = g.scratch(dy.size());
        Buffer gradient = g.scratch(dy.size());
        form.permute(dy, permuted, false).emit(g::step, kernels);
        rows(logarithm, form, g.node().saved("rows"), permuted, gradient, g);
        NodeGradient.Sink dx = g.sink(0);
        form.restore(gradient, dx.buffer(), dx.add()).emit(g::step, kernels);
    }

    private static void rows(boolean logarithm, SoftmaxForm form, Buffer y, Buffer dy, Buffer dx, NodeGradient g) {
        int stride = form.stride();
        FloatKernels kernels = g.kernels();
        g.step(form.rows(), (from, to) -> kernels.softmaxGradient(logarithm, to - from, form.length(),
                y.data(), y.offset() + from * stride, stride, dy.data(), dy.offset() + from * stride, stride,
                dx.data(), dx.offset() + from * stride, stride), y, dy, dx);
    }
}
