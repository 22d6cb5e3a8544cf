package io.github.bitgrain.core.evaluate;

import io.github.bitgrain.core.op.FakeQuant;
import io.github.bitgrain.core.plan.Broadcast;
import io.github.bitgrain.core.plan.Layout;
import io.github.bitgrain.core.plan.PlannedNode;
import io.github.bitgrain.core.plan.StridedLoop;
import io.github.bitgrain.core.plan.Value;
import io.github.bitgrain.kernels.BinaryFunction;
import io.github.bitgrain.kernels.FloatKernels;

/** Evaluation of element-wise operators, in whichever layout the operands have. */
final class ElementwiseEvaluators {
    private ElementwiseEvaluators() {}

    static void unary(UnaryForm form, PlannedNode node) {
        Value x = node.in(0);
        Value y = node.out(0, x.layout());
        FloatKernels kernels = node.kernels();
        int size = x.imageSize();
        node.step(x.images(), (from, to) -> kernels.unary(form.function(), form.p(), form.q(), (to - from) * size,
                x.buffer().data(), x.buffer().offset() + from * size,
                y.buffer().data(), y.buffer().offset() + from * size), x.buffer(), y.buffer());
    }

    static void binary(BinaryFunction function, PlannedNode node) {
        Value y = node.out(0, Broadcast.layout(node.in(0), node.in(1), node.outShape(0)));
        Value a = Broadcast.operand(node, 0, y);
        Value b = Broadcast.operand(node, 1, y);
        FloatKernels kernels = node.kernels();
        int aStep = Broadcast.flatStep(a, y);
        int bStep = Broadcast.flatStep(b, y);
        if (aStep >= 0 && bStep >= 0) {
            int size = y.imageSize();
            node.step(y.images(), (from, to) -> kernels.binary(function, (to - from) * size,
                    a.buffer().data(), a.buffer().offset() + from * size * aStep, aStep,
                    b.buffer().data(), b.buffer().offset() + from * size * bStep, bStep,
                    y.buffer().data(), y.buffer().offset() + from * size), a.buffer(), b.buffer(), y.buffer());
            return;
        }
        StridedLoop loop = StridedLoop.of(y.shape().dims(), y.strides(), Broadcast.strides(a, y), Broadcast.strides(b, y));
        Broadcast.Runs runs = Broadcast.Runs.of(loop);
        node.step(loop.runs(), (from, to) -> loop.run(from, to, at -> runs.forEach(at, (yo, ao, bo, n) -> kernels.binary(function, n,
                a.buffer().data(), a.buffer().offset() + ao, loop.runStride(1) == 0 ? 0 : 1,
                b.buffer().data(), b.buffer().offset() + bo, loop.runStride(2) == 0 ? 0 : 1,
                y.buffer().data(), y.buffer().offset() + yo))), a.buffer(), b.buffer(), y.buffer());
    }

    static void pRelu(PlannedNode node) {
        Value x = node.in(0);
        Value y = node.out(0, x.layout());
        Value slope = Broadcast.operand(node, 1, y);
        StridedLoop loop = StridedLoop.of(y.shape().dims(), y.strides(), Broadcast.strides(slope, y));
        int n = loop.runLength();
        int step = loop.runStride(0);
        int slopeStep = loop.runStride(1);
        node.step(loop.runs(), (from, to) -> loop.run(from, to, at -> {
            float[] xs = x.buffer().data();
            float[] ys = y.buffer().data();
            float[] slopes = slope.buffer().data();
            int xo = x.buffer().offset() + at[0];
            int yo = y.buffer().offset() + at[0];
            int so = slope.buffer().offset() + at[1];
            for (int i = 0; i < n; i++) {
                float v = xs[xo + i * step];
                ys[yo + i * step] = v >= 0 ? v : v * slopes[so + i * slopeStep];
            }
        }), x.buffer(), slope.buffer(), y.buffer());
    }

    static void fakeQuant(FakeQuant op, PlannedNode node) {
        FakeQuantForm form = FakeQuantForm.of(op, node);
        Value x = form.x();
        Value alpha = form.alpha();
        Value y = node.out(0, x.layout());
        FloatKernels kernels = node.kernels();
        node.step(form.items(), (from, to) -> form.forEachRun(from, to, (channel, at, n) -> kernels.fakeQuantize(n,
                x.buffer().data(), x.buffer().offset() + at, y.buffer().data(), y.buffer().offset() + at,
                form.exponent(channel), form.qmin(), form.qmax(), op.rounding()), true), x.buffer(), alpha.buffer(), y.buffer());
    }
}
