package io.github.bitgrain.core.differentiate;

import io.github.bitgrain.core.plan.Buffer;
import io.github.bitgrain.core.plan.NodeGradient;
import io.github.bitgrain.core.plan.Value;
import io.github.bitgrain.kernels.FloatKernels;
import io.github.bitgrain.kernels.PoolShape;

/** Gradients of pooling. */
final class PoolGradients {
    private PoolGradients() {}

    /** dy goes to the first of the largest elements of each window. */
    static void max(PoolShape shape, NodeGradient g) {
        Value x = g.node().in(0);
        Value y = g.node().result(0);
        Buffer dy = g.dy(0);
        Buffer dx = g.accumulator(0);
        FloatKernels kernels = g.kernels();
        int xSize = x.imageSize();
        int ySize = y.imageSize();
        g.step(x.images(), (from, to) -> kernels.maxPoolGradient(shape.withBatch(to - from),
                x.buffer().data(), x.buffer().offset() + from * xSize, y.buffer().data(), y.buffer().offset() + from * ySize,
                dy.data(), dy.offset() + from * ySize, dx.data(), dx.offset() + from * xSize), x.buffer(), y.buffer(), dy, dx);
    }

    /** dy / divisor goes to every element of each window. */
    static void average(PoolShape shape, NodeGradient g) {
        Value x = g.node().in(0);
        Buffer dy = g.dy(0);
        Buffer dx = g.accumulator(0);
        FloatKernels kernels = g.kernels();
        int xSize = x.imageSize();
        int ySize = g.node().result(0).imageSize();
        g.step(x.images(), (from, to) -> kernels.averagePoolGradient(shape.withBatch(to - from),
                dy.data(), dy.offset() + from * ySize, dx.data(), dx.offset() + from * xSize), dy, dx);
    }
}
