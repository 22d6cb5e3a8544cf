package io.github.bitgrain.core.evaluate;

import io.github.bitgrain.core.op.BatchNorm;
import io.github.bitgrain.core.plan.Buffer;
import io.github.bitgrain.core.plan.Layout;
import io.github.bitgrain.core.plan.PlannedNode;
import io.github.bitgrain.core.plan.Value;

/** Evaluation of batch normalization and softmax. */
final class NormalizationEvaluators {
    private NormalizationEvaluators() {}

    /**
     * y = x · factor + shift with factor = scale / sqrt(variance + epsilon), shift = bias − mean · factor. Mean and inverse
     * deviation in force are saved for the gradient.
     */
    static void batchNorm(BatchNorm op, PlannedNode node) {
        Value x = node.in(0, Layout.CHANNELS_LAST);
        Value scale = node.in(1);
        Value bias = node.in(2);
        Value y = node.out(0, Layout.CHANNELS_LAST);
        int channels = x.shape().dim(1);
        Buffer mean = node.save("mean", channels);
        Buffer inverse = node.save("inverse", channels);
        boolean changing = op.training() || node.differentiable() && !onlyInputDifferentiable(node);
        if (op.training()) {
            Buffer variance = node.save("variance", channels);
            BatchStatistics statistics = new BatchStatistics(x, mean, variance);
            statistics.emit(node);
            node.step(1, (from, to) -> inverse(op, channels, variance, inverse), variance, inverse);
        } else {
            Value storedMean = node.in(3);
            Value storedVariance = node.in(4);
            boolean live = storedMean.live() || storedVariance.live() || changing;
            node.step(live, 1, (from, to) -> {
                System.arraycopy(storedMean.buffer().data(), storedMean.buffer().offset(), mean.data(), mean.offset(), channels);
                inverse(op, channels, storedVariance.buffer(), inverse);
            }, storedMean.buffer(), storedVariance.buffer(), mean, inverse);
        }
        Buffer factor = node.scratch(channels);
        Buffer shift = node.scratch(channels);
        boolean live = op.training() ? node.live() : changing || scale.live() || bias.live() || node.in(3).live() || node.in(4).live();
        node.step(live, 1, (from, to) -> {
            for (int c = 0; c < channels; c++) {
                double k = (double) scale.buffer().data()[scale.buffer().offset() + c] * inverse.data()[inverse.offset() + c];
                factor.data()[factor.offset() + c] = (float) k;
                shift.data()[shift.offset() + c] = (float) (bias.buffer().data()[bias.buffer().offset() + c]
                        - mean.data()[mean.offset() + c] * k);
            }
        }, scale.buffer(), bias.buffer(), mean, inverse, factor, shift);
        int rows = x.rows();
        int stride = x.rowStride();
        node.step(rows, (from, to) -> {
            float[] xs = x.buffer().data();
            float[] ys = y.buffer().data();
            for (int row = from; row < to; row++) {
                affine(channels, xs, x.buffer().offset() + row * stride, factor.data(), factor.offset(), shift.data(), shift.offset(),
                        ys, y.buffer().offset() + row * stride);
            }
        }, x.buffer(), factor, shift, y.buffer());
    }

    private static boolean onlyInputDifferentiable(PlannedNode node) {
        for (int i = 1; i < 5; i++) {
            if (node.in(i).differentiable()) {
                return false;
            }
        }
        return true;
    }

    private static void inverse(BatchNorm op, int channels, Buffer variance, Buffer inverse) {
        for (int c = 0; c < channels; c++) {
            inverse.data()[inverse.offset() + c] = (float) (1 / Math.sqrt((double) variance.data()[variance.offset() + c] + op.epsilon()));
        }
    }

    private static void affine(int n, float[] x, int xo, float[] factor, int fo, float[] shift, int so, float[] y, int yo) {
        for (int c = 0; c < n; c++) {
            y[yo + c] = Math.fma(x[xo + c], factor[fo + c], shift[so + c]);
        }
    }

    static void softmax(boolean logarithm, int axis, PlannedNode node) {
        SoftmaxForm form = SoftmaxForm.of(axis, node);
        Value y = node.out(0, form.layout());
        Buffer x = node.in(0).buffer();
        Buffer result = form.permuted() ? node.save("rows", y.buffer().size()) : y.buffer();
        Buffer operand = x;
        if (form.permuted()) {
            operand = node.scratch(x.size());
            form.permute(x, operand, false).emit(node::step, node.kernels());
        }
        Buffer source = operand;
        node.step(form.rows(), (from, to) -> node.kernels().softmax(logarithm, to - from, form.length(),
                source.data(), source.offset() + from * form.stride(), form.stride(),
                result.data(), result.offset() + from * form.stride(), form.stride()), source, result);
        if (form.permuted()) {
            form.restore(result, y.buffer(), false).emit(node::step, node.kernels());
        }
    }
}
