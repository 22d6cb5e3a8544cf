package io.github.bitgrain.core.differentiate;

import io.github.bitgrain.core.evaluate.FakeQuantForm;
import io.github.bitgrain.core.op.FakeQuant;
import io.github.bitgrain.core.plan.Buffer;
import io.github.bitgrain.core.plan.NodeGradient;
import io.github.bitgrain.core.plan.Value;
import io.github.bitgrain.kernels.FloatKernels;

/** Straight-through gradients of fake quantization (Jain et al. 2020, equations 6–8). */
final class FakeQuantGradients {
    private FakeQuantGradients() {}

    /**
     * With q = round(x / s): dx = dy inside the range, 0 outside; dα = s · ln 2 · Σ dy · d with d = q − x / s inside and the
     * limit outside. Sums are kept per image or channel and added in order.
     */
    static void straightThrough(FakeQuant op, NodeGradient g) {
        FakeQuantForm form = FakeQuantForm.of(op, g.node());
        Value x = form.x();
        Buffer alpha = form.alpha().buffer();
        Buffer dy = g.dy(0);
        NodeGradient.Sink dx = g.wants(0) ? g.sink(0) : new NodeGradient.Sink(g.scratch(x.buffer().size()), false);
        double[] sums = new double[form.items()];
        FloatKernels kernels = g.kernels();
        g.step(form.items(), (from, to) -> {
            for (int item = from; item < to; item++) {
                int at0 = item;
                sums[item] = 0;
                if (form.channels() == 1 && x.rowLength() != x.rowStride()) {
                    int at = item * x.imageSize();
                    sums[item] = kernels.fakeQuantizeGradientOfRows(x.rows() / x.images(), x.rowLength(), x.rowStride(),
                            x.buffer().data(), x.buffer().offset() + at, dy.data(), dy.offset() + at,
                            dx.buffer().data(), dx.buffer().offset() + at, form.exponent(0), form.qmin(), form.qmax(), op.rounding(), dx.add());
                    continue;
                }
                form.forEachRun(item, item + 1, (channel, at, n) -> sums[at0] += kernels.fakeQuantizeGradient(n,
                        x.buffer().data(), x.buffer().offset() + at, dy.data(), dy.offset() + at,
                        dx.buffer().data(), dx.buffer().offset() + at, form.exponent(channel), form.qmin(), form.qmax(),
                        op.rounding(), dx.add()), false);
            }
        }, x.buffer(), alpha, dy, dx.buffer());
        if (g.wants(1)) {
            ScaleSums.add(g, sums, form.channels(), (channel, sum) -> Math.scalb(Math.log(2) * sum, form.exponent(channel)), alpha);
        }
    }
}
