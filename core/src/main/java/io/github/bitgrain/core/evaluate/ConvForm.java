package io.github.bitgrain.core.evaluate;

import io.github.bitgrain.core.graph.Spatial;
import io.github.bitgrain.core.op.Conv;
import io.github.bitgrain.core.op.ConvTranspose;
import io.github.bitgrain.core.plan.Layout;
import io.github.bitgrain.core.plan.PlannedNode;
import io.github.bitgrain.core.tensor.Shape;
import io.github.bitgrain.kernels.ConvShape;

/** Kernel geometry of convolutions on channels-last values. */
public final class ConvForm {
    private ConvForm() {}

    /** Geometry of a Conv node. */
    public static ConvShape of(Conv op, PlannedNode node) {
        Spatial w = Spatial.of(node.in(1).shape());
        return shape(Spatial.of(node.in(0).shape()), Spatial.of(node.outShape(0)), w.h(), w.w(), op.stride().h(), op.stride().w(),
                op.dilation().h(), op.dilation().w(), op.pads().top(), op.pads().left(), op.groups());
    }

    /** Geometry of the convolution whose input gradient a ConvTranspose node is: from its result to its operand. */
    public static ConvShape of(ConvTranspose op, PlannedNode node) {
        Spatial w = Spatial.of(node.in(1).shape());
        return shape(Spatial.of(node.outShape(0)), Spatial.of(node.in(0).shape()), w.h(), w.w(), op.stride().h(), op.stride().w(),
                op.dilation().h(), op.dilation().w(), op.pads().top(), op.pads().left(), op.groups());
    }

    private static ConvShape shape(Spatial x, Spatial y, int kernelH, int kernelW, int strideH, int strideW, int dilationH,
            int dilationW, int padTop, int padLeft, int groups) {
        return new ConvShape(x.batch(), x.h(), x.w(), x.channels(), Layout.stride(x.channels()), y.h(), y.w(), y.channels(),
                Layout.stride(y.channels()), kernelH, kernelW, strideH, strideW, dilationH, dilationW, padTop, padLeft, groups);
    }

    /** The same geometry for some of the images; of a matrix product, for some of the rows. */
    static ConvShape part(ConvShape shape, Shape x, int count) {
        return x.rank() == 2
                ? ConvShape.rows(count, shape.inC(), shape.inStride(), shape.outC(), shape.outStride())
                : shape.withBatch(count);
    }
}
