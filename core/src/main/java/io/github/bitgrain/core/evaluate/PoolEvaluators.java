package io.github.bitgrain.core.evaluate;

import io.github.bitgrain.core.graph.Spatial;
import io.github.bitgrain.core.op.AveragePool;
import io.github.bitgrain.core.op.MaxPool;
import io.github.bitgrain.core.op.Pads;
import io.github.bitgrain.core.op.Size;
import io.github.bitgrain.core.plan.Layout;
import io.github.bitgrain.core.plan.PlannedNode;
import io.github.bitgrain.core.plan.Value;
import io.github.bitgrain.kernels.FloatKernels;
import io.github.bitgrain.kernels.PoolShape;

/** Evaluation of pooling. */
public final class PoolEvaluators {
    private PoolEvaluators() {}

    static void maxPool(MaxPool op, PlannedNode node) {
        declare(node);
        maxPool(shape(op, node), node);
    }

    static void globalMaxPool(PlannedNode node) {
        declare(node);
        maxPool(global(node), node);
    }

    static void globalAveragePool(PlannedNode node) {
        declare(node);
        averagePool(global(node), node);
    }

    private static void declare(PlannedNode node) {
        node.in(0, Layout.CHANNELS_LAST);
        node.out(0, Layout.CHANNELS_LAST);
    }

    private static void maxPool(PoolShape shape, PlannedNode node) {
        Value x = node.in(0);
        Value y = node.result(0);
        FloatKernels kernels = node.kernels();
        int xSize = x.imageSize();
        int ySize = y.imageSize();
        node.step(x.images(), (from, to) -> kernels.maxPool(shape.withBatch(to - from),
                x.buffer().data(), x.buffer().offset() + from * xSize,
                y.buffer().data(), y.buffer().offset() + from * ySize), x.buffer(), y.buffer());
    }

    static void averagePool(AveragePool op, PlannedNode node) {
        declare(node);
        averagePool(shape(op, node), node);
    }

    private static void averagePool(PoolShape shape, PlannedNode node) {
        Value x = node.in(0);
        Value y = node.result(0);
        FloatKernels kernels = node.kernels();
        int xSize = x.imageSize();
        int ySize = y.imageSize();
        node.step(x.images(), (from, to) -> kernels.averagePool(shape.withBatch(to - from),
                x.buffer().data(), x.buffer().offset() + from * xSize,
                y.buffer().data(), y.buffer().offset() + from * ySize), x.buffer(), y.buffer());
    }

    /** Geometry of a MaxPool node, whose result is declared. */
    public static PoolShape shape(MaxPool op, PlannedNode node) {
        return shape(node, op.kernel(), op.stride(), op.pads(), op.dilation(), false);
    }

    /** Geometry of an AveragePool node, whose result is declared. */
    public static PoolShape shape(AveragePool op, PlannedNode node) {
        return shape(node, op.kernel(), op.stride(), op.pads(), Size.ONE, op.countIncludePad());
    }

    /** Geometry of a global pooling node, whose result is declared. */
    public static PoolShape global(PlannedNode node) {
        Spatial x = Spatial.of(node.in(0).shape());
        return PoolShape.global(x.batch(), x.h(), x.w(), x.channels(), node.in(0).rowStride(), node.result(0).rowStride());
    }

    private static PoolShape shape(PlannedNode node, Size kernel, Size stride, Pads pads, Size dilation, boolean countPadding) {
        Spatial x = Spatial.of(node.in(0).shape());
        Spatial y = Spatial.of(node.outShape(0));
        return new PoolShape(x.batch(), x.h(), x.w(), x.channels(), node.in(0).rowStride(), y.h(), y.w(), node.result(0).rowStride(), kernel.h(), kernel.w(), stride.h(),
                stride.w(), dilation.h(), dilation.w(), pads.top(), pads.left(), pads.bottom(), pads.right(), countPadding);
    }
}
