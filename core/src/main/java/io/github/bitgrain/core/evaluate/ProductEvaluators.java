package io.github.bitgrain.core.evaluate;

import io.github.bitgrain.core.op.Conv;
import io.github.bitgrain.core.op.ConvTranspose;
import io.github.bitgrain.core.op.Gemm;
import io.github.bitgrain.core.op.MatMul;
import io.github.bitgrain.core.plan.Broadcast;
import io.github.bitgrain.core.plan.Buffer;
import io.github.bitgrain.core.plan.Layout;
import io.github.bitgrain.core.plan.PlannedNode;
import io.github.bitgrain.core.plan.StridedCopy;
import io.github.bitgrain.core.plan.StridedLoop;
import io.github.bitgrain.core.plan.Value;
import io.github.bitgrain.kernels.BinaryFunction;
import io.github.bitgrain.kernels.ConvShape;
import io.github.bitgrain.kernels.FloatKernels;
import io.github.bitgrain.kernels.PackedConv;

/** Evaluation of convolutions and matrix products. */
final class ProductEvaluators {
    /** Up to so many channels a dense operand is read as it lies: in rows of 16 floats most of them would be gaps. */
    private static final int FEW_CHANNELS = 4;

    private ProductEvaluators() {}

    static void conv(Conv op, PlannedNode node) {
        conv(new FusedConv(op, null, null), node);
    }

    static void conv(FusedConv op, PlannedNode node) {
        // Gradients want the layout of their kernels.
        boolean planes = node.in(0).layout() == Layout.DENSE && node.in(0).shape().dim(1) <= FEW_CHANNELS && op.conv().groups() == 1
                && !node.differentiable();
        Value x = planes ? node.in(0) : node.in(0, Layout.CHANNELS_LAST);
        Value w = node.in(1, Layout.DENSE);
        Value bias = node.has(2) ? node.in(2, Layout.DENSE) : null;
        Value residual = node.has(FusedConv.RESIDUAL) ? node.in(FusedConv.RESIDUAL, Layout.CHANNELS_LAST) : null;
        Value y = node.out(0, Layout.CHANNELS_LAST);
        ConvShape shape = ConvForm.of(op.conv(), node);
        FloatKernels kernels = node.kernels();
        PackedConv packed = kernels.packedConv(shape);
        node.step(w.live(), 1, (from, to) -> kernels.pack(w.buffer().data(), w.buffer().offset(), packed), w.buffer());
        int xSize = x.imageSize();
        int ySize = y.imageSize();
        Buffer b = bias == null ? null : bias.buffer();
        Buffer r = residual == null ? null : likeRowsOf(y, residual, node);
        Value alpha = node.has(FusedConv.ALPHA) ? node.in(FusedConv.ALPHA, Layout.DENSE) : null;
        FinishForm finish = new FinishForm(op, alpha);
        int bands = shape.dividesIntoBands() ? shape.outH() : 1;
        int inRow = planes ? shape.inW() : shape.inW() * shape.inStride();
        int outRow = shape.outW() * shape.outStride();
        ConvCall call = (part, input, output) -> {
            float[] biases = b == null ? null : b.data();
            int bo = b == null ? 0 : b.offset();
            float[] added = r == null ? null : r.data();
            int ro = r == null ? 0 : r.offset() + output;
            int xo = x.buffer().offset() + input;
            int yo = y.buffer().offset() + output;
            if (planes) {
                kernels.convOfPlanes(part, shape.inH() * shape.inW(), x.buffer().data(), xo, packed, biases, bo, y.buffer().data(), yo, finish.now(), added, ro);
            } else {
                kernels.conv(part, x.buffer().data(), xo, packed, biases, bo, y.buffer().data(), yo, finish.now(), added, ro);
            }
        };
        node.step(x.images() * bands, (from, to) -> {
            for (int item = from; item < to; ) {
                int image = item / bands;
                int row = item % bands;
                if (row == 0 && to - item >= bands) {
                    int images = (to - item) / bands;
                    call.run(shape.withBatch(images), image * xSize, image * ySize);
                    item += images * bands;
                } else {
                    int end = Math.min(bands, row + to - item);
                    call.run(shape.band(row, end), image * xSize + shape.bandStart(row) * inRow, image * ySize + row * outRow);
                    item += end - row;
                }
            }
        }, x.buffer(), b, r, alpha == null ? null : alpha.buffer(), y.buffer());
    }

    /** The value's storage, or a copy where its rows are not as far apart as those it is added to. */
    private static Buffer likeRowsOf(Value y, Value value, PlannedNode node) {
        if (value.rowStride() == y.rowStride()) {
            return value.buffer();
        }
        Buffer copy = node.scratch(y.buffer().size());
        new StridedCopy(value.buffer(), 0, value.strides(), copy, 0, y.strides(), y.shape().dims(), false).emit(node::step, node.kernels());
        return copy;
    }

    /** A convolution of a part of the maps, which starts so many floats behind them. */
    @FunctionalInterface
    private interface ConvCall {
        void run(ConvShape part, int input, int output);
    }

    static void convTranspose(ConvTranspose op, PlannedNode node) {
        Value x = node.in(0, Layout.CHANNELS_LAST);
        Value w = node.in(1, Layout.DENSE);
        Value y = node.out(0, Layout.CHANNELS_LAST);
        ConvShape shape = ConvForm.of(op, node);
        FloatKernels kernels = node.kernels();
        PackedConv packed = kernels.packedConv(shape);
        node.step(w.live(), 1, (from, to) -> kernels.packForInputGradient(w.buffer().data(), w.buffer().offset(), packed), w.buffer());
        int xSize = x.imageSize();
        int ySize = y.imageSize();
        node.step(x.images(), (from, to) -> kernels.convInputGradient(shape.withBatch(to - from),
                x.buffer().data(), x.buffer().offset() + from * xSize, packed,
                y.buffer().data(), y.buffer().offset() + from * ySize), x.buffer(), y.buffer());
        if (node.has(2)) {
            addToRows(node.in(2, Layout.DENSE), y, node);
        }
    }

    private static void addToRows(Value bias, Value y, PlannedNode node) {
        FloatKernels kernels = node.kernels();
        int n = y.rowLength();
        int stride = y.rowStride();
        node.step(y.rows(), (from, to) -> {
            float[] ys = y.buffer().data();
            for (int row = from; row < to; row++) {
                int at = y.buffer().offset() + row * stride;
                kernels.binary(BinaryFunction.ADD, n, ys, at, 1, bias.buffer().data(), bias.buffer().offset(), 1, ys, at);
            }
        }, bias.buffer(), y.buffer());
    }

    static void gemm(Gemm op, PlannedNode node) {
        GemmForm form = GemmForm.of(op, node);
        FloatKernels kernels = node.kernels();
        Value a = node.in(0, op.transA() ? Layout.DENSE : Layout.CHANNELS_LAST);
        Value b = node.in(1, Layout.DENSE);
        Value c = node.has(2) ? node.in(2, Layout.DENSE) : null;
        Value y = node.out(0, Layout.CHANNELS_LAST);
        Buffer rows = a.buffer();
        if (op.transA()) {
            rows = node.save("rows", form.m() * Layout.stride(form.k()));
            new StridedCopy(a.buffer(), 0, form.transposedStrides(), rows, 0, form.rowStrides(), new int[] {form.m(), form.k()}, false)
                    .emit(node::step, kernels);
        }
        Buffer weights = b.buffer();
        if (!form.plainWeights()) {
            weights = node.save("weights", form.n() * form.k());
            Buffer to = weights;
            new StridedCopy(b.buffer(), 0, form.weightStrides(op), to, 0, new int[] {form.k(), 1}, new int[] {form.n(), form.k()}, false)
                    .emit((items, work, used) -> node.step(b.live(), items, work, used), kernels);
            if (op.alpha() != 1f) {
                node.step(b.live(), 1, (from, end) -> {
                    for (int i = 0; i < to.size(); i++) {
                        to.data()[to.offset() + i] *= op.alpha();
                    }
                }, to);
            }
        }
        ConvShape shape = form.shape();
        PackedConv packed = kernels.packedConv(shape);
        Buffer packedFrom = weights;
        node.step(b.live(), 1, (from, to) -> kernels.pack(packedFrom.data(), packedFrom.offset(), packed), packedFrom);
        Buffer x = rows;
        Buffer bias = form.plainBias() ? c.buffer() : null;
        node.step(form.m(), (from, to) -> kernels.conv(
                ConvShape.rows(to - from, shape.inC(), shape.inStride(), shape.outC(), shape.outStride()),
                x.data(), x.offset() + from * shape.inStride(), packed, bias == null ? null : bias.data(), bias == null ? 0 : bias.offset(),
                y.buffer().data(), y.buffer().offset() + from * shape.outStride(),
                Float.NEGATIVE_INFINITY, Float.POSITIVE_INFINITY), x, bias, y.buffer());
        if (c != null && !form.plainBias()) {
            addBroadcast(c, op.beta(), y, node);
        }
    }

    private static void addBroadcast(Value c, float beta, Value y, PlannedNode node) {
        StridedLoop loop = StridedLoop.of(y.shape().dims(), y.strides(), Broadcast.strides(c, y));
        int n = loop.runLength();
        int yStep = loop.runStride(0);
        int cStep = loop.runStride(1);
        node.step(loop.runs(), (from, to) -> loop.run(from, to, at -> {
            float[] ys = y.buffer().data();
            float[] cs = c.buffer().data();
            int yo = y.buffer().offset() + at[0];
            int co = c.buffer().offset() + at[1];
            for (int i = 0; i < n; i++) {
                ys[yo + i * yStep] += beta * cs[co + i * cStep];
            }
        }), c.buffer(), y.buffer());
    }

    static void matMul(MatMul op, PlannedNode node) {
        Value a = node.in(0, Layout.DENSE);
        Value b = node.in(1, Layout.DENSE);
        Value y = node.out(0, Layout.DENSE);
        MatMulForm form = MatMulForm.of(a, b, y);
        FloatKernels kernels = node.kernels();
        node.step(form.batches().runs(), (from, to) -> form.batches().run(from, to, at -> form.forEach(at, (yo, ao, bo) ->
                kernels.gemm(form.m(), form.n(), form.k(), a.buffer().data(), a.buffer().offset() + ao, form.k(), 1,
                        b.buffer().data(), b.buffer().offset() + bo, form.n(), 1,
                        y.buffer().data(), y.buffer().offset() + yo, form.n(), false))), a.buffer(), b.buffer(), y.buffer());
    }
}
