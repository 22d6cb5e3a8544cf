package io.github.bitgrain.core.differentiate;

import io.github.bitgrain.core.plan.Buffer;
import io.github.bitgrain.core.plan.NodeGradient;
import io.github.bitgrain.kernels.ConvShape;
import io.github.bitgrain.kernels.FloatKernels;
import java.util.Arrays;

/**
 * Gradient of convolution weights. It sums over images; how they are grouped depends on the geometry alone, so that any
 * number of threads gives the same bits.
 */
final class WeightGradient {
    /** More groups would only help machines with more cores, at the cost of adding their sums. */
    private static final int MAX_PARTS = 4;
    /** Output pixels of a group, at least: with fewer, adding up the sums costs more than it saves. */
    private static final int MIN_PIXELS_PER_PART = 64;

    private WeightGradient() {}

    static void emit(ConvShape shape, Buffer x, Buffer dy, NodeGradient.Sink dw, NodeGradient.Sink db, NodeGradient g) {
        FloatKernels kernels = g.kernels();
        boolean rows = shape.batch() == 1 && shape.isPointwise();
        int units = rows ? shape.outW() * shape.outH() : shape.batch();
        int pixels = shape.batch() * shape.outH() * shape.outW();
        int parts = Math.clamp(pixels / MIN_PIXELS_PER_PART, 1, Math.min(units, MAX_PARTS));
        int weights = shape.weightCount();
        int biases = db == null ? 0 : shape.outC();
        int inUnit = (rows ? 1 : shape.inH() * shape.inW()) * shape.inStride();
        int outUnit = (rows ? 1 : shape.outH() * shape.outW()) * shape.outStride();
        if (parts == 1) {
            g.step(1, (from, to) -> {
                if (!dw.add()) {
                    clear(dw.buffer());
                }
                if (db != null && !db.add()) {
                    clear(db.buffer());
                }
                kernels.convWeightGradient(shape, x.data(), x.offset(), dy.data(), dy.offset(), dw.buffer().data(), dw.buffer().offset(),
                        db == null ? null : db.buffer().data(), db == null ? 0 : db.buffer().offset());
            }, x, dy, dw.buffer(), db == null ? null : db.buffer());
            return;
        }
        Buffer sums = g.scratch(parts * (weights + biases));
        g.step(parts, (from, to) -> {
            for (int part = from; part < to; part++) {
                int first = part * units / parts;
                int count = (part + 1) * units / parts - first;
                int at = sums.offset() + part * (weights + biases);
                Arrays.fill(sums.data(), at, at + weights + biases, 0f);
                ConvShape share = rows
                        ? ConvShape.rows(count, shape.inC(), shape.inStride(), shape.outC(), shape.outStride())
                        : shape.withBatch(count);
                kernels.convWeightGradient(share, x.data(), x.offset() + first * inUnit, dy.data(), dy.offset() + first * outUnit,
                        sums.data(), at, db == null ? null : sums.data(), at + weights);
            }
        }, x, dy, sums);
        g.step(1, (from, to) -> {
            collect(sums, 0, weights, weights + biases, parts, dw, kernels);
            if (db != null) {
                collect(sums, weights, biases, weights + biases, parts, db, kernels);
            }
        }, sums, dw.buffer(), db == null ? null : db.buffer());
    }

    private static void collect(Buffer sums, int first, int n, int stride, int parts, NodeGradient.Sink into, FloatKernels kernels) {
        float[] to = into.buffer().data();
        int at = into.buffer().offset();
        if (!into.add()) {
            System.arraycopy(sums.data(), sums.offset() + first, to, at, n);
        }
        for (int part = into.add() ? 0 : 1; part < parts; part++) {
            kernels.addScaled(n, 1f, sums.data(), sums.offset() + part * stride + first, to, at);
        }
    }

    private static void clear(Buffer buffer) {
        Arrays.fill(buffer.data(), buffer.offset(), buffer.offset() + buffer.size(), 0f);
    }
}
