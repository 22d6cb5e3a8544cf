package io.github.bitgrain.core.evaluate;

import io.github.bitgrain.core.BitgrainException;
import io.github.bitgrain.core.op.GatherElements;
import io.github.bitgrain.core.op.GatherNd;
import io.github.bitgrain.core.op.IndexedGather;
import io.github.bitgrain.core.plan.Layout;
import io.github.bitgrain.core.plan.PlannedNode;
import io.github.bitgrain.core.plan.Value;
import io.github.bitgrain.core.tensor.Shape;

/** Evaluation of operators that go by computed indices; operands and results are dense. */
final class IndexEvaluators {
    private final PlannedNode node;
    private final Value x;
    private final Value indices;
    private final Value y;

    private IndexEvaluators(PlannedNode node) {
        this.node = node;
        x = node.in(0, Layout.DENSE);
        indices = node.in(1, Layout.DENSE);
        y = node.out(0, Layout.DENSE);
    }

    static void gatherElements(GatherElements op, PlannedNode node) {
        IndexEvaluators at = new IndexEvaluators(node);
        int axis = at.x.shape().axis(op.axis());
        int[] dims = at.indices.shape().dims();
        int[] strides = at.x.shape().strides();
        int extent = at.x.shape().dim(axis);
        at.copies(at.y.shape().size(), 1, i -> {
            int from = at.index(i, extent) * strides[axis];
            int rest = i;
            for (int a = dims.length - 1; a >= 0; a--) {
                from += a == axis ? 0 : rest % dims[a] * strides[a];
                rest /= dims[a];
            }
            return from;
        });
    }

    static void indexedGather(IndexedGather op, PlannedNode node) {
        IndexEvaluators at = new IndexEvaluators(node);
        Shape shape = at.x.shape();
        int axis = shape.axis(op.axis());
        int extent = shape.dim(axis);
        int slice = shape.size(axis + 1, shape.rank());
        int count = at.indices.shape().size();
        at.copies(shape.size(0, axis) * count, slice, i -> (i / count * extent + at.index(i % count, extent)) * slice);
    }

    static void gatherNd(GatherNd op, PlannedNode node) {
        IndexEvaluators at = new IndexEvaluators(node);
        Shape shape = at.x.shape();
        int batch = op.batchDims();
        int addressed = at.indices.shape().dim(-1);
        int[] dims = shape.dims();
        int[] strides = shape.strides();
        int slice = shape.size(batch + addressed, shape.rank());
        int tuples = at.indices.shape().size(batch, at.indices.shape().rank() - 1);
        int part = shape.size(batch, shape.rank());
        at.copies(shape.size(0, batch) * tuples, slice, i -> {
            int from = i / tuples * part;
            for (int a = 0; a < addressed; a++) {
                from += at.index(i * addressed + a, dims[batch + a]) * strides[batch + a];
            }
            return from;
        });
    }

    /** Where a slice of the result comes from in x. */
    @FunctionalInterface
    private interface Source {
        int offset(int slice);
    }

    private void copies(int slices, int length, Source source) {
        node.step(slices, (from, to) -> {
            for (int i = from; i < to; i++) {
                System.arraycopy(x.buffer().data(), x.buffer().offset() + source.offset(i), y.buffer().data(), y.buffer().offset() + i * length, length);
            }
        }, x.buffer(), indices.buffer(), y.buffer());
    }

    /** Index i, counted from the front of an axis of this extent. */
    private int index(int i, int extent) {
        float index = indices.buffer().data()[indices.buffer().offset() + i];
        int whole = (int) index;
        if (whole != index || whole < -extent || whole >= extent) {
            throw BitgrainException.badInput("node \"" + node.node().name() + "\" (" + node.op().onnxType() + "): index " + index
                    + " is no place on an axis of " + extent);
        }
        return whole < 0 ? whole + extent : whole;
    }
}
