package io.github.bitgrain.core.differentiate;

import io.github.bitgrain.core.evaluate.ConvForm;
import io.github.bitgrain.core.evaluate.GemmForm;
import io.github.bitgrain.core.evaluate.MatMulForm;
import io.github.bitgrain.core.op.Conv;
import io.github.bitgrain.core.op.ConvTranspose;
import io.github.bitgrain.core.op.Gemm;
import io.github.bitgrain.core.plan.Broadcast;
import io.github.bitgrain.core.plan.Buffer;
import io.github.bitgrain.core.plan.NodeGradient;
import io.github.bitgrain.core.plan.Reduction;
import io.github.bitgrain.core.plan.StridedCopy;
import io.github.bitgrain.core.plan.Value;
import io.github.bitgrain.kernels.ConvShape;
import io.github.bitgrain.kernels.FloatKernels;
import io.github.bitgrain.kernels.PackedConv;

/** Gradients of convolutions and matrix products. */
final class ProductGradients {
    private ProductGradients() {}

    static void conv(Conv op, NodeGradient g) {
        Value x = g.node().in(0);
        Value w = g.node().in(1);
        Buffer dy = g.dy(0);
        ConvShape shape = ConvForm.of(op, g.node());
        if (g.wants(0)) {
            PackedConv packed = packForInputGradient(shape, w.buffer(), w.live(), g);
            int xSize = x.imageSize();
            int ySize = g.node().result(0).imageSize();
            FloatKernels kernels = g.kernels();
            g.overwrite(0, dx -> g.step(x.images(), (from, to) -> kernels.convInputGradient(shape.withBatch(to - from),
                    dy.data(), dy.offset() + from * ySize, packed, dx.data(), dx.offset() + from * xSize), dy, dx));
        }
        weightAndBias(shape, x.buffer(), dy, g);
    }

    /** Contributes to operand 1, the weights as the kernel has them, and operand 2, one bias per output channel. */
    private static void weightAndBias(ConvShape shape, Buffer x, Buffer dy, NodeGradient g) {
        if (g.wants(1)) {
            NodeGradient.Sink dw = g.sink(1);
            NodeGradient.Sink db = g.wants(2) ? g.sink(2) : null;
            WeightGradient.emit(shape, x, dy, dw, db, g);
        } else if (g.wants(2)) {
            sumOfRows(shape.batch() * shape.outH() * shape.outW(), shape.outC(), shape.outStride(), dy, g.sink(2), g);
        }
    }

    private static void sumOfRows(int rows, int n, int stride, Buffer dy, NodeGradient.Sink db, NodeGradient g) {
        new Reduction(new int[] {rows, n}, dy, new int[] {stride, 1}, null, null, db.buffer(), new int[] {0, 1}, 1, db.add())
                .emit(g::step, g.kernels());
    }

    private static PackedConv packForInputGradient(ConvShape shape, Buffer w, boolean everyRun, NodeGradient g) {
        FloatKernels kernels = g.kernels();
        PackedConv packed = kernels.packedConv(shape);
        g.step(everyRun, 1, (from, to) -> kernels.packForInputGradient(w.data(), w.offset(), packed), w);
        return packed;
    }

    static void convTranspose(ConvTranspose op, NodeGradient g) {
        Value x = g.node().in(0);
        Value w = g.node().in(1);
        Value y = g.node().result(0);
        Buffer dy = g.dy(0);
        ConvShape shape = ConvForm.of(op, g.node());
        FloatKernels kernels = g.kernels();
        if (g.wants(0)) {
            PackedConv packed = kernels.packedConv(shape);
            g.step(w.live(), 1, (from, to) -> kernels.pack(w.buffer().data(), w.buffer().offset(), packed), w.buffer());
            int xSize = x.imageSize();
            int ySize = y.imageSize();
            g.overwrite(0, dx -> g.step(x.images(), (from, to) -> kernels.conv(shape.withBatch(to - from),
                    dy.data(), dy.offset() + from * ySize, packed, null, 0, dx.data(), dx.offset() + from * xSize,
                    Float.NEGATIVE_INFINITY, Float.POSITIVE_INFINITY), dy, dx));
        }
        if (g.wants(1)) {
            WeightGradient.emit(shape, dy, x.buffer(), g.sink(1), null, g);
        }
        if (g.wants(2)) {
            sumOfRows(y.rows(), y.rowLength(), y.rowStride(), dy, g.sink(2), g);
        }
    }

    static void gemm(Gemm op, NodeGradient g) {
        GemmForm form = GemmForm.of(op, g.node());
        ConvShape shape = form.shape();
        FloatKernels kernels = g.kernels();
        Value a = g.node().in(0);
        Value b = g.node().in(1);
        Value y = g.node().result(0);
        Buffer dy = g.dy(0);
        Buffer rows = op.transA() ? g.node().saved("rows") : a.buffer();
        Buffer weights = form.plainWeights() ? b.buffer() : g.node().saved("weights");
        int[] outer = {form.m(), form.k()};
        if (g.wants(0)) {
            PackedConv packed = packForInputGradient(shape, weights, b.live(), g);
            if (op.transA()) {
                Buffer dRows = g.scratch(rows.size());
                rowsGradient(shape, dy, packed, dRows, g);
                NodeGradient.Sink da = g.sink(0);
                new StridedCopy(dRows, 0, form.rowStrides(), da.buffer(), 0, form.transposedStrides(), outer, da.add())
                        .emit(g::step, kernels);
            } else {
                g.overwrite(0, da -> rowsGradient(shape, dy, packed, da, g));
            }
        }
        if (form.plainWeights() && form.plainBias()) {
            weightAndBias(shape, rows, dy, g);
            return;
        }
        if (g.wants(1)) {
            if (form.plainWeights()) {
                WeightGradient.emit(shape, rows, dy, g.sink(1), null, g);
            } else {
                Buffer dw = g.scratch(weights.size());
                WeightGradient.emit(shape, rows, dy, new NodeGradient.Sink(dw, false), null, g);
                g.step(1, (from, to) -> scale(dw, op.alpha()), dw);
                NodeGradient.Sink db = g.sink(1);
                new StridedCopy(dw, 0, new int[] {form.k(), 1}, db.buffer(), 0, form.weightStrides(op), new int[] {form.n(), form.k()}, db.add())
                        .emit(g::step, kernels);
            }
        }
        if (g.wants(2)) {
            NodeGradient.Sink dc = g.sink(2);
            new Reduction(y.shape().dims(), dy, y.strides(), null, null, dc.buffer(), Broadcast.strides(g.node().in(2), y), op.beta(), dc.add())
                    .emit(g::step, kernels);
        }
    }

    private static void rowsGradient(ConvShape shape, Buffer dy, PackedConv packed, Buffer dx, NodeGradient g) {
        FloatKernels kernels = g.kernels();
        g.step(shape.outW(), (from, to) -> kernels.convInputGradient(
                ConvShape.rows(to - from, shape.inC(), shape.inStride(), shape.outC(), shape.outStride()),
                dy.data(), dy.offset() + from * shape.outStride(), packed, dx.data(), dx.offset() + from * shape.inStride()), dy, dx);
    }

    private static void scale(Buffer buffer, float factor) {
        for (int i = buffer.offset(); i < buffer.offset() + buffer.size(); i++) {
            buffer.data()[i] *= factor;
        }
    }

    static void matMul(NodeGradient g) {
        Value a = g.node().in(0);
        Value b = g.node().in(1);
        MatMulForm form = MatMulForm.of(a, b, g.node().result(0));
        Buffer dy = g.dy(0);
        FloatKernels kernels = g.kernels();
        int m = form.m();
        int n = form.n();
        int k = form.k();
        if (g.wants(0)) {
            Buffer da = g.accumulator(0);
            g.step(1, (from, to) -> form.batches().run(0, form.batches().runs(), at -> form.forEach(at, (yo, ao, bo) ->
                    kernels.gemm(m, k, n, dy.data(), dy.offset() + yo, n, 1, b.buffer().data(), b.buffer().offset() + bo, 1, n,
                            da.data(), da.offset() + ao, k, true))), dy, b.buffer(), da);
        }
        if (g.wants(1)) {
            Buffer db = g.accumulator(1);
            g.step(1, (from, to) -> form.batches().run(0, form.batches().runs(), at -> form.forEach(at, (yo, ao, bo) ->
                    kernels.gemm(k, n, m, a.buffer().data(), a.buffer().offset() + ao, 1, k, dy.data(), dy.offset() + yo, n, 1,
                            db.data(), db.offset() + bo, n, true))), dy, a.buffer(), db);
        }
    }
}
