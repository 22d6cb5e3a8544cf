package io.github.bitgrain.core.differentiate;

import io.github.bitgrain.core.plan.Buffer;
import io.github.bitgrain.core.plan.NodeGradient;
import io.github.bitgrain.core.plan.Value;

/**
 * Gradients of layer and root-mean-square normalization (Ba et al. 2016, Zhang and Sennrich 2019). With x̂ = (x − mean) · inverse
 * and g = dy · scale: dx = inverse · (g − [centred] mean(g) − x̂ · mean(g x̂)); dscale = Σ dy x̂; dbias = Σ dy.
 */
final class RowNormalizationGradients {
    private RowNormalizationGradients() {}

    static void emit(boolean centred, NodeGradient g) {
        Value x = g.node().in(0);
        Buffer scale = g.node().in(1).buffer();
        Buffer mean = g.node().saved("mean");
        Buffer inverse = g.node().saved("inverse");
        Buffer dy = g.dy(0);
        int rows = mean.size();
        int length = rows == 0 ? 0 : x.shape().size() / rows;
        if (g.wants(0)) {
            NodeGradient.Sink dx = g.sink(0);
            g.step(rows, (from, to) -> {
                for (int row = from; row < to; row++) {
                    operand(row, length, centred, x.buffer(), scale, mean, inverse, dy, dx);
                }
            }, x.buffer(), scale, mean, inverse, dy, dx.buffer());
        }
        if (g.wants(1)) {
            NodeGradient.Sink ds = g.sink(1);
            g.step(length, (from, to) -> {
                for (int i = from; i < to; i++) {
                    double sum = 0;
                    for (int row = 0; row < rows; row++) {
                        double normal = (x.buffer().data()[x.buffer().offset() + row * length + i] - mean.data()[mean.offset() + row])
                                * (double) inverse.data()[inverse.offset() + row];
                        sum += dy.data()[dy.offset() + row * length + i] * normal;
                    }
                    put(ds, i, (float) sum);
                }
            }, x.buffer(), mean, inverse, dy, ds.buffer());
        }
        if (g.wants(2)) {
            NodeGradient.Sink db = g.sink(2);
            g.step(length, (from, to) -> {
                for (int i = from; i < to; i++) {
                    double sum = 0;
                    for (int row = 0; row < rows; row++) {
                        sum += dy.data()[dy.offset() + row * length + i];
                    }
                    put(db, i, (float) sum);
                }
            }, dy, db.buffer());
        }
    }

    private static void operand(int row, int length, boolean centred, Buffer x, Buffer scale, Buffer mean, Buffer inverse, Buffer dy,
            NodeGradient.Sink dx) {
        double m = mean.data()[mean.offset() + row];
        double k = inverse.data()[inverse.offset() + row];
        int start = row * length;
        double sum = 0;
        double product = 0;
        for (int i = 0; i < length; i++) {
            double slope = (double) dy.data()[dy.offset() + start + i] * scale.data()[scale.offset() + i];
            sum += slope;
            product += slope * (x.data()[x.offset() + start + i] - m) * k;
        }
        double shift = centred ? sum / length : 0;
        for (int i = 0; i < length; i++) {
            double slope = (double) dy.data()[dy.offset() + start + i] * scale.data()[scale.offset() + i];
            double normal = (x.data()[x.offset() + start + i] - m) * k;
            put(dx, start + i, (float) (k * (slope - shift - normal * product / length)));
        }
    }

    private static void put(NodeGradient.Sink sink, int index, float value) {
        int at = sink.buffer().offset() + index;
        sink.buffer().data()[at] = sink.add() ? sink.buffer().data()[at] + value : value;
    }
}
