package io.github.bitgrain.core.differentiate;

import io.github.bitgrain.core.plan.Buffer;
import io.github.bitgrain.core.plan.Layout;
import io.github.bitgrain.core.plan.NodeGradient;
import io.github.bitgrain.core.plan.Value;

/** Gradients of losses. */
final class LossGradients {
    private LossGradients() {}

    static void crossEntropy(NodeGradient g) {
        if (!g.wants(0)) {
            return;
        }
        Value logits = g.node().in(0);
        Value target = g.node().in(1);
        Buffer log = g.node().saved("log");
        Buffer dy = g.dy(0);
        NodeGradient.Sink dx = g.sink(0);
        int classes = logits.shape().dim(1);
        int samples = logits.shape().dim(0);
        int row = logits.layout() == Layout.DENSE ? classes : logits.rowStride();
        boolean probabilities = target.shape().rank() == 2;
        g.step(samples, (from, to) -> {
            float factor = dy.data()[dy.offset()] / samples;
            float[] t = target.buffer().data();
            for (int n = from; n < to; n++) {
                int at = n * row;
                int label = probabilities ? -1 : (int) t[target.buffer().offset() + n];
                double mass = 1;
                if (probabilities) {
                    mass = g.kernels().sum(classes, t, target.buffer().offset() + at);
                }
                for (int c = 0; c < classes; c++) {
                    double p = probabilities ? t[target.buffer().offset() + at + c] : c == label ? 1 : 0;
                    float d = factor * (float) (mass * Math.exp(log.data()[log.offset() + at + c]) - p);
                    int into = dx.buffer().offset() + at + c;
                    dx.buffer().data()[into] = dx.add() ? dx.buffer().data()[into] + d : d;
                }
            }
        }, log, target.buffer(), dy, dx.buffer());
    }

    static void meanSquaredError(NodeGradient g) {
        Value x = g.node().in(0);
        Value target = g.node().in(1);
        Buffer dy = g.dy(0);
        int size = x.imageSize();
        for (int operand = 0; operand < 2; operand++) {
            if (!g.wants(operand)) {
                continue;
            }
            double scale = (operand == 0 ? 2.0 : -2.0) / x.shape().size();
            NodeGradient.Sink dx = g.sink(operand);
            g.step(x.images(), (from, to) -> difference((to - from) * size, (float) (scale * dy.data()[dy.offset()]),
                    x.buffer().data(), x.buffer().offset() + from * size, target.buffer().data(), target.buffer().offset() + from * size,
                    dx.buffer().data(), dx.buffer().offset() + from * size, dx.add()), x.buffer(), target.buffer(), dy, dx.buffer());
        }
    }

    private static void difference(int n, float factor, float[] x, int xo, float[] t, int to, float[] dx, int dxo, boolean add) {
        if (add) {
            for (int i = 0; i < n; i++) {
                dx[dxo + i] += factor * (x[xo + i] - t[to + i]);
            }
        } else {
            for (int i = 0; i < n; i++) {
                dx[dxo + i] = factor * (x[xo + i] - t[to + i]);
            }
        }
    }
}
