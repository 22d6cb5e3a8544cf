package io.github.bitgrain.core.differentiate;

import io.github.bitgrain.core.evaluate.LinearQuantForm;
import io.github.bitgrain.core.evaluate.ScaleRuns;
import io.github.bitgrain.core.op.LinearQuant;
import io.github.bitgrain.core.plan.Buffer;
import io.github.bitgrain.core.plan.NodeGradient;
import io.github.bitgrain.core.plan.Value;
import io.github.bitgrain.kernels.LinearQuantization;

/** Clipped straight-through gradients of quantization with free scales. */
final class LinearQuantGradients {
    private LinearQuantGradients() {}

    /** dx = dy where x is inside the range, else 0; a learned bound gets Σ dy over the x at or beyond it; log2 amax as {@link LinearQuant.Range#LOG2} says. */
    static void straightThrough(LinearQuant op, NodeGradient g) {
        LinearQuantForm form = LinearQuantForm.saved(op, g.node());
        Value x = form.runs().x();
        Buffer dy = g.dy(0);
        if (g.wants(0)) {
            NodeGradient.Sink dx = g.sink(0);
            g.step(form.runs().items(), (from, to) -> form.runs().forEach(from, to, (channel, at, n) -> LinearQuantization.gradient(n,
                    x.buffer().data(), x.buffer().offset() + at, dy.data(), dy.offset() + at, dx.buffer().data(), dx.buffer().offset() + at,
                    form.from(channel), form.to(channel), dx.add()), false), form.operands(dy, dx.buffer()));
        }
        if (op.range() == LinearQuant.Range.LEARNED) {
            for (int bound = 1; bound <= 2; bound++) {
                if (g.wants(bound)) {
                    bound(form, dy, g.sink(bound), bound == 1, g);
                }
            }
        }
        if (op.range().isLogarithm() && g.wants(1)) {
            logarithm(op, form, dy, g);
        }
    }

    private static void logarithm(LinearQuant op, LinearQuantForm form, Buffer dy, NodeGradient g) {
        ScaleRuns runs = form.runs();
        Buffer x = runs.x().buffer();
        double[] sums = new double[runs.items()];
        g.step(runs.items(), (from, to) -> {
            for (int item = from; item < to; item++) {
                int at0 = item;
                sums[item] = 0;
                runs.forEach(item, item + 1, (channel, at, n) -> sums[at0] += LinearQuantization.scaleGradient(n, x.data(), x.offset() + at,
                        dy.data(), dy.offset() + at, form.scale(channel), op.qmin(), op.qmax()), false);
            }
        }, form.operands(dy));
        ScaleSums.add(g, sums, runs.channels(), (channel, sum) -> Math.log(2) * form.scale(channel) * sum, form.operands());
    }

    private static void bound(LinearQuantForm form, Buffer dy, NodeGradient.Sink sink, boolean below, NodeGradient g) {
        ScaleRuns runs = form.runs();
        g.step(1, (from, to) -> {
            double[] sum = {0};
            float first = form.from(0);
            float last = form.to(0);
            runs.forEach(0, runs.items(), (channel, at, n) -> {
                float[] x = runs.x().buffer().data();
                for (int i = 0; i < n; i++) {
                    float value = x[runs.x().buffer().offset() + at + i];
                    if (below ? value < first : value > last) {
                        sum[0] += dy.data()[dy.offset() + at + i];
                    }
                }
            }, false);
            int into = sink.buffer().offset();
            sink.buffer().data()[into] = (float) (sink.add() ? sink.buffer().data()[into] + sum[0] : sum[0]);
        }, form.operands(dy, sink.buffer()));
    }
}
