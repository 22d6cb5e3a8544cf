package io.github.bitgrain.core.evaluate;

import io.github.bitgrain.core.graph.Spatial;
import io.github.bitgrain.core.op.Conv;
import io.github.bitgrain.core.op.ConvTranspose;
import io.github.bitgrain.core.plan.Layout;
import io.github.bitgrain.core.plan.PlannedNode;
import io.github.bitgrain.core.plan.Value;
import io.github.bitgrain.core.tensor.Shape;
import io.github.bitgrain.kernels.ConvShape;

/** Kernel geometry of convolutions on channels-last values. */
public final class ConvForm {
    private ConvForm() {}

    /** Geometry of a Conv node, whose result is declared. */
    public static ConvShape of(Conv op, PlannedNode node) {
        Spatial w = Spatial.of(node.in(1).shape());
        return shape(node.in(0), node.result(0), w.h(), w.w(), op.stride().h(), op.stride().w(),
                op.dilation().h(), op.dilation().w(), op.pads().top(), op.pads().left(), op.groups());
    }

    /** Geometry of the convolution whose input gradient a ConvTranspose node is: from its result to its operand. */
    public static ConvShape of(ConvTranspose op, PlannedNode node) {
        Spatial w = Spatial.of(node.in(1).shape());
        return shape(node.result(0), node.in(0), w.h(), w.w(), op.stride().h(), op.stride().w(),
                op.dilation().h(), op.dilation().w(), op.pads().top(), op.pads().left(), op.groups());
    }

    private static ConvShape shape(Value from, Value to, int kernelH, int kernelW, int strideH, int strideW, int dilationH,
            int dilationW, int padTop, int padLeft, int groups) {
        Spatial x = Spatial.of(from.shape());
        Spatial y = Spatial.of(to.shape());
        return new ConvShape(x.batch(), x.h(), x.w(), x.channels(), pixelStride(from), y.h(), y.w(), y.channels(), pixelStride(to), kernelH,
                kernelW, strideH, strideW, dilationH, dilationW, padTop, padLeft, groups);
    }

    /** Of planes, which have none, the one that rows would have. */
    private static int pixelStride(Value value) {
        return value.layout() == Layout.CHANNELS_LAST ? value.rowStride() : Layout.stride(value.shape().dim(1));
    }

    /** The same geometry for some of the images; of a matrix product, for some of the rows. */
    static ConvShape part(ConvShape shape, Shape x, int count) {
        return x.rank() == 2
                ? ConvShape.rows(count, shape.inC(), shape.inStride(), shape.outC(), shape.outStride())
                : shape.withBatch(count);
    }
}
