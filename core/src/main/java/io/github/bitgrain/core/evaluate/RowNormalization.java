package io.github.bitgrain.core.evaluate;

import io.github.bitgrain.core.plan.Buffer;
import io.github.bitgrain.core.plan.Layout;
import io.github.bitgrain.core.plan.PlannedNode;
import io.github.bitgrain.core.plan.Value;

/** Evaluation of layer and root-mean-square normalization: rows of the axes from the first normalized one on. */
final class RowNormalization {
    private RowNormalization() {}

    /** y = (x − mean) · inverse · scale + bias; mean (0 unless centred) and inverse of each row are saved for the gradient. */
    static void emit(int axis, double epsilon, boolean centred, PlannedNode node) {
        Value x = node.in(0, Layout.DENSE);
        Value scale = node.in(1, Layout.DENSE);
        Value bias = node.has(2) ? node.in(2, Layout.DENSE) : null;
        Value y = node.out(0, Layout.DENSE);
        int length = x.shape().size(x.shape().axis(axis), x.shape().rank());
        int rows = length == 0 ? 0 : x.shape().size() / length;
        Buffer mean = node.save("mean", rows);
        Buffer inverse = node.save("inverse", rows);
        node.step(rows, (from, to) -> {
            for (int row = from; row < to; row++) {
                statistics(x.buffer(), row, length, epsilon, centred, mean, inverse);
                float m = mean.data()[mean.offset() + row];
                float k = inverse.data()[inverse.offset() + row];
                float[] xs = x.buffer().data();
                float[] ys = y.buffer().data();
                float[] gains = scale.buffer().data();
                int xo = x.buffer().offset() + row * length;
                int yo = y.buffer().offset() + row * length;
                int go = scale.buffer().offset();
                for (int i = 0; i < length; i++) {
                    ys[yo + i] = (xs[xo + i] - m) * k * gains[go + i];
                }
                if (bias != null) {
                    float[] offsets = bias.buffer().data();
                    int bo = bias.buffer().offset();
                    for (int i = 0; i < length; i++) {
                        ys[yo + i] += offsets[bo + i];
                    }
                }
            }
        }, x.buffer(), scale.buffer(), bias == null ? null : bias.buffer(), y.buffer(), mean, inverse);
    }

    private static void statistics(Buffer x, int row, int length, double epsilon, boolean centred, Buffer mean, Buffer inverse) {
        int start = x.offset() + row * length;
        double sum = 0;
        for (int i = start; centred && i < start + length; i++) {
            sum += x.data()[i];
        }
        double m = sum / length;
        double squares = 0;
        for (int i = start; i < start + length; i++) {
            double d = x.data()[i] - m;
            squares += d * d;
        }
        mean.data()[mean.offset() + row] = (float) m;
        inverse.data()[inverse.offset() + row] = (float) (1 / Math.sqrt(squares / length + epsilon));
    }
}
