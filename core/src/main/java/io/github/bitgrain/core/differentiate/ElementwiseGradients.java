package io.github.bitgrain.core.differentiate;

import io.github.bitgrain.core.evaluate.UnaryForm;
import io.github.bitgrain.core.plan.Broadcast;
import io.github.bitgrain.core.plan.Buffer;
import io.github.bitgrain.core.plan.NodeGradient;
import io.github.bitgrain.core.plan.Reduction;
import io.github.bitgrain.core.plan.StridedLoop;
import io.github.bitgrain.core.plan.Value;
import io.github.bitgrain.kernels.BinaryFunction;
import io.github.bitgrain.kernels.FloatKernels;

/** Gradients of element-wise operators. */
final class ElementwiseGradients {
    private ElementwiseGradients() {}

    static void unary(UnaryForm form, NodeGradient g) {
        Value x = g.node().in(0);
        Value y = g.node().result(0);
        Buffer dy = g.dy(0);
        NodeGradient.Sink dx = g.sink(0);
        FloatKernels kernels = g.kernels();
        int size = x.imageSize();
        g.step(x.images(), (from, to) -> kernels.unaryGradient(form.function(), form.p(), form.q(), (to - from) * size,
                x.buffer().data(), x.buffer().offset() + from * size, y.buffer().data(), y.buffer().offset() + from * size,
                dy.data(), dy.offset() + from * size, dx.buffer().data(), dx.buffer().offset() + from * size, dx.add()),
                x.buffer(), y.buffer(), dy, dx.buffer());
    }

    /** The larger (sign 1) or smaller (−1) of a and b: the gradient goes to the operand that was taken. */
    static void extreme(float sign, NodeGradient g) {
        Value y = g.node().result(0);
        Value a = g.node().in(0);
        Value b = g.node().in(1);
        Buffer dy = g.dy(0);
        StridedLoop loop = StridedLoop.of(y.shape().dims(), y.strides(), Broadcast.strides(a, y), Broadcast.strides(b, y));
        for (int operand = 0; operand < 2; operand++) {
            if (!g.wants(operand)) {
                continue;
            }
            float side = operand == 0 ? sign : -sign;
            Buffer part = g.scratch(y.buffer().size());
            g.step(loop.runs(), (from, to) -> loop.run(from, to, at -> {
                for (int i = 0; i < loop.runLength(); i++) {
                    float difference = a.buffer().data()[a.buffer().offset() + at[1] + i * loop.runStride(1)]
                            - b.buffer().data()[b.buffer().offset() + at[2] + i * loop.runStride(2)];
                    float share = difference == 0 ? 0.5f : difference * side > 0 ? 1f : 0f;
                    int o = at[0] + i * loop.runStride(0);
                    part.data()[part.offset() + o] = share * dy.data()[dy.offset() + o];
                }
            }), a.buffer(), b.buffer(), dy, part);
            contribute(operand, part, null, 1f, g);
        }
    }

    /** a + b or a − b. */
    static void sum(NodeGradient g, float sign) {
        Buffer dy = g.dy(0);
        contribute(0, dy, null, 1f, g);
        contribute(1, dy, null, sign, g);
    }

    static void product(NodeGradient g) {
        contribute(0, g.dy(0), g.node().in(1), 1f, g);
        contribute(1, g.dy(0), g.node().in(0), 1f, g);
    }

    static void quotient(NodeGradient g) {
        Value y = g.node().result(0);
        Value b = g.node().in(1);
        Buffer ratio = g.scratch(y.buffer().size());
        map(BinaryFunction.DIVIDE, y, g.dy(0), b, ratio, g);
        contribute(0, ratio, null, 1f, g);
        contribute(1, ratio, y, -1f, g);
    }

    /** d operand += sign · Σ dy · factor, summed where the operand was repeated. */
    private static void contribute(int operand, Buffer dy, Value factor, float sign, NodeGradient g) {
        if (!g.wants(operand)) {
            return;
        }
        Value y = g.node().result(0);
        Value x = g.node().in(operand);
        boolean flat = x.sameGeometry(y) && (factor == null || Broadcast.flatStep(factor, y) >= 0);
        if (!flat) {
            sumTo(operand, dy, factor, sign, g);
            return;
        }
        FloatKernels kernels = g.kernels();
        int size = y.imageSize();
        NodeGradient.Sink sink = g.sink(operand);
        Buffer dx = sink.buffer();
        boolean add = sink.add();
        int step = factor == null ? 0 : Broadcast.flatStep(factor, y);
        Buffer f = factor == null ? null : factor.buffer();
        g.step(y.images(), (from, to) -> {
            int n = (to - from) * size;
            int at = dy.offset() + from * size;
            int into = dx.offset() + from * size;
            if (f == null) {
                if (!add) {
                    System.arraycopy(dy.data(), at, dx.data(), into, n);
                }
                if (add) {
                    kernels.addScaled(n, sign, dy.data(), at, dx.data(), into);
                } else if (sign != 1f) {
                    scale(dx.data(), into, n, sign);
                }
                return;
            }
            int fo = f.offset() + from * size * step;
            if (add && sign == 1f) {
                kernels.addProduct(n, dy.data(), at, f.data(), fo, step, dx.data(), into);
            } else {
                products(n, dy.data(), at, f.data(), fo, step, sign, dx.data(), into, add);
            }
        }, dy, f, dx);
    }

    private static void scale(float[] x, int xo, int n, float factor) {
        for (int i = xo; i < xo + n; i++) {
            x[i] *= factor;
        }
    }

    private static void products(int n, float[] a, int ao, float[] b, int bo, int bStep, float sign, float[] y, int yo, boolean add) {
        for (int i = 0; i < n; i++) {
            float product = sign * a[ao + i] * b[bo + i * bStep];
            y[yo + i] = add ? y[yo + i] + product : product;
        }
    }

    /** d operand += scale · Σ dy · factor over the axes along which the operand is repeated. */
    static void sumTo(int operand, Buffer dy, Value factor, double scale, NodeGradient g) {
        Value y = g.node().result(0);
        Value x = g.node().in(operand);
        NodeGradient.Sink dx = g.sink(operand);
        new Reduction(y.shape().dims(), dy, y.strides(), factor == null ? null : factor.buffer(),
                factor == null ? null : Broadcast.strides(factor, y), dx.buffer(), Broadcast.strides(x, y), scale, dx.add())
                .emit(g::step, g.kernels());
    }

    /** to = f(a, b) in y's geometry; b is broadcast. */
    private static void map(BinaryFunction function, Value y, Buffer a, Value b, Buffer to, NodeGradient g) {
        FloatKernels kernels = g.kernels();
        int step = Broadcast.flatStep(b, y);
        if (step >= 0) {
            int size = y.imageSize();
            g.step(y.images(), (from, end) -> kernels.binary(function, (end - from) * size, a.data(), a.offset() + from * size, 1,
                    b.buffer().data(), b.buffer().offset() + from * size * step, step, to.data(), to.offset() + from * size), a, b.buffer(), to);
            return;
        }
        StridedLoop loop = StridedLoop.of(y.shape().dims(), y.strides(), y.strides(), Broadcast.strides(b, y));
        Broadcast.Runs runs = Broadcast.Runs.of(loop);
        int bStep = loop.runStride(2) == 0 ? 0 : 1;
        g.step(loop.runs(), (from, end) -> loop.run(from, end, at -> runs.forEach(at, (yo, ao, bo, n) -> kernels.binary(function, n,
                a.data(), a.offset() + ao, 1, b.buffer().data(), b.buffer().offset() + bo, bStep, to.data(), to.offset() + yo))),
                a, b.buffer(), to);
    }

    static void pRelu(NodeGradient g) {
        Value x = g.node().in(0);
        Value slope = g.node().in(1);
        Buffer dy = g.dy(0);
        StridedLoop loop = StridedLoop.of(x.shape().dims(), x.strides(), Broadcast.strides(slope, x));
        int n = loop.runLength();
        int step = loop.runStride(0);
        int slopeStep = loop.runStride(1);
        if (g.wants(0)) {
            NodeGradient.Sink dx = g.sink(0);
            g.step(loop.runs(), (from, to) -> loop.run(from, to, at -> {
                for (int i = 0; i < n; i++) {
                    int o = at[0] + i * step;
                    float s = x.buffer().data()[x.buffer().offset() + o] >= 0 ? 1f : slope.buffer().data()[slope.buffer().offset() + at[1] + i * slopeStep];
                    float d = s * dy.data()[dy.offset() + o];
                    int into = dx.buffer().offset() + o;
                    dx.buffer().data()[into] = dx.add() ? dx.buffer().data()[into] + d : d;
                }
            }), x.buffer(), slope.buffer(), dy, dx.buffer());
        }
        if (g.wants(1)) {
            Buffer negative = g.scratch(x.buffer().size());
            g.step(1, (from, to) -> {
                for (int i = 0; i < negative.size(); i++) {
                    negative.data()[negative.offset() + i] = Math.min(x.buffer().data()[x.buffer().offset() + i], 0f);
                }
            }, x.buffer(), negative);
            NodeGradient.Sink ds = g.sink(1);
            new Reduction(x.shape().dims(), dy, x.strides(), negative, x.strides(), ds.buffer(), Broadcast.strides(slope, x), 1, ds.add())
                    .emit(g::step, g.kernels());
        }
    }
}
