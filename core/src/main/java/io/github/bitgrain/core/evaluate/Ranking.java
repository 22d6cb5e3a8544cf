package io.github.bitgrain.core.evaluate;

import io.github.bitgrain.core.op.ArgMax;
import io.github.bitgrain.core.op.TopK;
import io.github.bitgrain.core.plan.Buffer;
import io.github.bitgrain.core.plan.Layout;
import io.github.bitgrain.core.plan.PlannedNode;
import io.github.bitgrain.core.plan.Value;

/** The elements along an axis by size: those of a dense operand, {@code stride} apart, row by row. */
final class Ranking {
    private final Value x;
    private final int extent;
    private final int stride;
    private final boolean largest;

    private Ranking(PlannedNode node, int axis, boolean largest) {
        x = node.in(0, Layout.DENSE);
        int front = x.shape().axis(axis);
        extent = x.shape().dim(front);
        stride = x.shape().size(front + 1, x.shape().rank());
        this.largest = largest;
    }

    static void topK(TopK op, PlannedNode node) {
        Ranking ranking = new Ranking(node, op.axis(), op.largest());
        Value values = node.wanted(0) ? node.out(0, Layout.DENSE) : null;
        Value indices = node.results() > TopK.INDICES && node.wanted(TopK.INDICES) ? node.out(TopK.INDICES, Layout.DENSE) : null;
        Buffer best = node.scratch(ranking.rows() * op.k());
        node.step(ranking.rows(), (from, to) -> {
            for (int row = from; row < to; row++) {
                int heap = best.offset() + row * op.k();
                ranking.best(row, best.data(), heap, op.k());
                ranking.write(row, best.data(), heap, op.k(), values, indices);
            }
        }, ranking.x.buffer(), best, values == null ? null : values.buffer(), indices == null ? null : indices.buffer());
    }

    static void argMax(ArgMax op, PlannedNode node) {
        Ranking ranking = new Ranking(node, op.axis(), true);
        Value y = node.out(0, Layout.DENSE);
        node.step(ranking.rows(), (from, to) -> {
            for (int row = from; row < to; row++) {
                int first = ranking.start(row, ranking.extent);
                int best = 0;
                for (int i = 1; i < ranking.extent; i++) {
                    best = ranking.precedes(first, i, best) ? i : best;
                }
                y.buffer().data()[y.buffer().offset() + row] = best;
            }
        }, ranking.x.buffer(), y.buffer());
    }

    private int rows() {
        return extent == 0 ? 0 : x.shape().size() / extent;
    }

    /** Offset of a row's first element where the axis has so many elements. */
    private int start(int row, int elements) {
        return row / stride * elements * stride + row % stride;
    }

    /** Whether element i of the row that starts at {@code first} comes before element j; what is no number comes last. */
    private boolean precedes(int first, int i, int j) {
        float a = x.buffer().data()[x.buffer().offset() + first + i * stride];
        float b = x.buffer().data()[x.buffer().offset() + first + j * stride];
        if (a == b || Float.isNaN(a) && Float.isNaN(b)) {
            return i < j;
        }
        if (Float.isNaN(a) || Float.isNaN(b)) {
            return Float.isNaN(b);
        }
        return largest ? a > b : a < b;
    }

    /** The indices of the k first elements of a row, in their order, by a heap whose root is the last of them. */
    private void best(int row, float[] heap, int at, int k) {
        int first = start(row, extent);
        for (int i = 0; i < k; i++) {
            heap[at + i] = i;
        }
        for (int i = k / 2 - 1; i >= 0; i--) {
            sink(first, heap, at, i, k);
        }
        for (int i = k; i < extent; i++) {
            if (precedes(first, i, (int) heap[at])) {
                heap[at] = i;
                sink(first, heap, at, 0, k);
            }
        }
        for (int left = k - 1; left > 0; left--) {
            float last = heap[at];
            heap[at] = heap[at + left];
            heap[at + left] = last;
            sink(first, heap, at, 0, left);
        }
    }

    private void sink(int first, float[] heap, int at, int from, int size) {
        int parent = from;
        while (2 * parent + 1 < size) {
            int child = 2 * parent + 1;
            if (child + 1 < size && precedes(first, (int) heap[at + child], (int) heap[at + child + 1])) {
                child++;
            }
            if (!precedes(first, (int) heap[at + parent], (int) heap[at + child])) {
                return;
            }
            float moved = heap[at + parent];
            heap[at + parent] = heap[at + child];
            heap[at + child] = moved;
            parent = child;
        }
    }

    private void write(int row, float[] order, int at, int k, Value values, Value indices) {
        int first = start(row, extent);
        int to = start(row, k);
        for (int i = 0; i < k; i++) {
            if (values != null) {
                values.buffer().data()[values.buffer().offset() + to + i * stride] =
                        x.buffer().data()[x.buffer().offset() + first + (int) order[at + i] * stride];
            }
            if (indices != null) {
                indices.buffer().data()[indices.buffer().offset() + to + i * stride] = order[at + i];
            }
        }
    }
}
