package io.github.bitgrain.core.evaluate;

import io.github.bitgrain.core.op.Concat;
import io.github.bitgrain.core.op.DepthToSpace;
import io.github.bitgrain.core.op.InsertZeros;
import io.github.bitgrain.core.op.Slice;
import io.github.bitgrain.core.op.SpaceToDepth;
import io.github.bitgrain.core.op.Split;
import io.github.bitgrain.core.op.Tile;
import io.github.bitgrain.core.op.Transpose;
import io.github.bitgrain.core.plan.BlockView;
import io.github.bitgrain.core.plan.Broadcast;
import io.github.bitgrain.core.plan.Layout;
import io.github.bitgrain.core.plan.PlannedNode;
import io.github.bitgrain.core.plan.StridedCopy;
import io.github.bitgrain.core.plan.Value;
import io.github.bitgrain.core.plan.View;
import io.github.bitgrain.core.tensor.Shape;
import io.github.bitgrain.kernels.FloatKernels;
import java.util.Arrays;

/** Evaluation of operators that move elements without changing them. */
final class ShapeEvaluators {
    private ShapeEvaluators() {}

    static void depthToSpace(DepthToSpace op, PlannedNode node) {
        Value x = node.in(0);
        Value y = node.out(0, Layout.DENSE);
        BlockView view = BlockView.of(op, x, y);
        new StridedCopy(x.buffer(), 0, view.from(), y.buffer(), 0, view.to(), view.dims(), false).emit(node::step, node.kernels());
    }

    static void spaceToDepth(SpaceToDepth op, PlannedNode node) {
        Value x = node.in(0);
        Value y = node.out(0, Layout.DENSE);
        BlockView view = BlockView.of(op, x, y);
        new StridedCopy(x.buffer(), 0, view.from(), y.buffer(), 0, view.to(), view.dims(), false).emit(node::step, node.kernels());
    }

    /** Reshape and its relatives: the same storage, seen under another shape. */
    static void view(PlannedNode node) {
        Value x = node.in(0);
        Shape to = node.outShape(0);
        if (x.layout() == Layout.CHANNELS_LAST && keepsChannels(x.shape(), to)) {
            node.outView(0, Layout.CHANNELS_LAST, x);
        } else {
            node.outView(0, Layout.DENSE, node.in(0, Layout.DENSE));
        }
    }

    /** Whether rows of channels stay rows of channels: batch and channel axes unchanged, the rest merely regrouped. */
    private static boolean keepsChannels(Shape from, Shape to) {
        return to.rank() >= 2 && from.dim(0) == to.dim(0) && from.dim(1) == to.dim(1);
    }

    static void changeLayout(Layout layout, PlannedNode node) {
        Value x = node.in(0);
        Value y = node.out(0, layout);
        Shape shape = x.shape();
        FloatKernels kernels = node.kernels();
        int channels = shape.dim(1);
        int pixels = shape.size(2, shape.rank());
        int xSize = x.imageSize();
        int ySize = y.imageSize();
        node.step(x.images(), (from, to) -> {
            float[] xs = x.buffer().data();
            float[] ys = y.buffer().data();
            int xo = x.buffer().offset() + from * xSize;
            int yo = y.buffer().offset() + from * ySize;
            if (layout == Layout.CHANNELS_LAST) {
                kernels.toNhwc(to - from, channels, pixels, xs, xo, y.rowStride(), ys, yo);
            } else {
                kernels.toNchw(to - from, channels, pixels, x.rowStride(), xs, xo, ys, yo);
            }
        }, x.buffer(), y.buffer());
    }

    /** The layout for a result whose operands may be read in any: theirs if channels last, else what the readers like. */
    private static Layout layoutLike(Value x, PlannedNode node, int result) {
        int rank = node.outShape(result).rank();
        return x.layout() == Layout.CHANNELS_LAST && rank == x.shape().rank() ? Layout.CHANNELS_LAST : node.preferred(result);
    }

    static void concat(Concat op, PlannedNode node) {
        Value y = node.out(0, node.joins(0) ? Layout.CHANNELS_LAST : layoutLike(node.in(0), node, 0));
        for (int i = 0; i < node.operands(); i++) {
            View part = View.concatPart(op, node, i);
            if (node.in(i).buffer().isPartOf(y.buffer(), part.start())) {
                continue;
            }
            new StridedCopy(node.in(i).buffer(), 0, node.in(i).strides(), y.buffer(), part.start(), part.strides(),
                    part.dims(), false).emit(node::step, node.kernels());
        }
    }

    static void split(Split op, PlannedNode node) {
        Value x = node.in(0);
        for (int i = 0; i < node.results(); i++) {
            if (!node.wanted(i)) {
                continue;
            }
            View part = View.splitPart(op, node, i);
            if (node.outChannels(i, x, part.start())) {
                continue;
            }
            Value y = node.out(i, layoutLike(x, node, i));
            new StridedCopy(x.buffer(), part.start(), part.strides(), y.buffer(), 0, y.strides(), part.dims(), false)
                    .emit(node::step, node.kernels());
        }
    }

    static void transpose(Transpose op, PlannedNode node) {
        Value x = node.in(0);
        Value y = node.out(0, node.preferred(0));
        View view = View.transposed(op, x);
        new StridedCopy(x.buffer(), view.start(), view.strides(), y.buffer(), 0, y.strides(), view.dims(), false)
                .emit(node::step, node.kernels());
    }

    static void slice(Slice op, PlannedNode node) {
        Value x = node.in(0);
        Value y = node.out(0, layoutLike(x, node, 0));
        View view = View.sliced(op, x);
        new StridedCopy(x.buffer(), view.start(), view.strides(), y.buffer(), 0, y.strides(), view.dims(), false)
                .emit(node::step, node.kernels());
    }

    static void insertZeros(InsertZeros op, PlannedNode node) {
        Value x = node.in(0, Layout.CHANNELS_LAST);
        Value y = node.out(0, Layout.CHANNELS_LAST);
        fill(node, y, 0f);
        View view = View.spread(op, x, y);
        new StridedCopy(x.buffer(), 0, x.strides(), y.buffer(), view.start(), view.strides(), view.dims(), false)
                .emit(node::step, node.kernels());
    }

    static void expand(PlannedNode node) {
        Value x = node.in(0);
        Value y = node.out(0, layoutLike(x, node, 0));
        new StridedCopy(x.buffer(), 0, Broadcast.strides(x, y), y.buffer(), 0, y.strides(), y.shape().dims(), false)
                .emit(node::step, node.kernels());
    }

    /** One copy of a box that has two axes for each of x: which repeat, which element. */
    static void tile(Tile op, PlannedNode node) {
        Value x = node.in(0);
        Value y = node.out(0, layoutLike(x, node, 0));
        int rank = x.shape().rank();
        int[] dims = new int[2 * rank];
        int[] from = new int[2 * rank];
        int[] to = new int[2 * rank];
        for (int axis = 0; axis < rank; axis++) {
            int extent = x.shape().dim(axis);
            dims[2 * axis] = Math.toIntExact(op.repeats().get(axis));
            to[2 * axis] = extent * y.strides()[axis];
            dims[2 * axis + 1] = extent;
            from[2 * axis + 1] = x.strides()[axis];
            to[2 * axis + 1] = y.strides()[axis];
        }
        new StridedCopy(x.buffer(), 0, from, y.buffer(), 0, to, dims, false).emit(node::step, node.kernels());
    }

    /** Sets all elements of a value. */
    static void fill(PlannedNode node, Value y, float value) {
        node.step(1, (from, to) -> Arrays.fill(y.buffer().data(), y.buffer().offset(), y.buffer().offset() + y.buffer().size(), value),
                y.buffer());
    }
}
