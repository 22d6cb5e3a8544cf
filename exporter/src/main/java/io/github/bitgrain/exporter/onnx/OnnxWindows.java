package io.github.bitgrain.exporter.onnx;

import io.github.bitgrain.core.op.AveragePool;
import io.github.bitgrain.core.op.Conv;
import io.github.bitgrain.core.op.ConvTranspose;
import io.github.bitgrain.core.op.MaxPool;
import io.github.bitgrain.core.op.Op;
import io.github.bitgrain.core.op.Pads;
import io.github.bitgrain.core.op.Size;
import io.github.bitgrain.core.tensor.Shape;

/** Operators that move a window over their input: convolutions and pools. */
final class OnnxWindows {
    private OnnxWindows() {}

    static Op conv(OnnxNode node) {
        Size kernel = kernelOf(node);
        Size stride = node.size("strides", Size.ONE);
        Size dilation = node.size("dilations", Size.ONE);
        return new Conv(stride, node.pads(kernel, stride, dilation), dilation, node.axis("group", 1));
    }

    static Op convTranspose(OnnxNode node) {
        kernelOf(node);
        Size stride = node.size("strides", Size.ONE);
        if (node.has("output_shape") || !node.text("auto_pad", "NOTSET").equals("NOTSET")) {
            throw node.fail("output_shape and auto_pad are not supported; export with explicit pads and output_padding");
        }
        Pads pads = node.pads(Size.ONE, stride, Size.ONE);
        return new ConvTranspose(stride, pads, node.size("dilations", Size.ONE), node.axis("group", 1), node.size("output_padding", Size.ZERO));
    }

    static Op averagePool(OnnxNode node) {
        Size kernel = node.size("kernel_shape", Size.ONE);
        Size stride = node.size("strides", Size.ONE);
        if (!node.size("dilations", Size.ONE).equals(Size.ONE)) {
            throw node.fail("dilations of an average pool are not supported");
        }
        return new AveragePool(kernel, stride, node.pads(kernel, stride, Size.ONE), node.flag("count_include_pad", false), node.flag("ceil_mode", false));
    }

    static Op maxPool(OnnxNode node) {
        Size kernel = node.size("kernel_shape", Size.ONE);
        Size stride = node.size("strides", Size.ONE);
        Size dilation = node.size("dilations", Size.ONE);
        node.require("storage_order", 0, "row-major indices only");
        if (node.outputCount() > 1) {
            throw node.fail("the second output (indices) is not supported");
        }
        return new MaxPool(kernel, stride, node.pads(kernel, stride, dilation), dilation, node.flag("ceil_mode", false));
    }

    private static Size kernelOf(OnnxNode node) {
        Shape weight = node.shape(1);
        if (weight.rank() < 3 || weight.rank() > 4) {
            throw node.fail("weight has shape " + weight + "; 1-D and 2-D convolutions are supported");
        }
        node.ignore("kernel_shape");
        return weight.rank() == 3 ? new Size(1, weight.dim(2)) : new Size(weight.dim(2), weight.dim(3));
    }
}
