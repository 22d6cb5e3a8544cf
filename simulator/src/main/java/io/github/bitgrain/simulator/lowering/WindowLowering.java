package io.github.bitgrain.simulator.lowering;

import io.github.bitgrain.core.op.AveragePool;
import io.github.bitgrain.core.op.Conv;
import io.github.bitgrain.core.op.GlobalMaxPool;
import io.github.bitgrain.core.op.InsertZeros;
import io.github.bitgrain.core.op.MaxPool;
import io.github.bitgrain.core.op.Pads;
import io.github.bitgrain.core.op.Resize;
import io.github.bitgrain.core.op.Size;
import io.github.bitgrain.core.tensor.Shape;
import io.github.bitgrain.core.tensor.Tensor;
import io.github.bitgrain.simulator.kernel.KernelLimits;
import java.util.Arrays;
import java.util.Locale;
import java.util.stream.IntStream;

/** Operators that move a window over an image or a sequence. */
final class WindowLowering {
    private static final int SHORT_BITS = 16;

    private WindowLowering() {}

    static void conv(Conv op, NodeLowering at) {
        DraftConstant weight = at.node.constant(1);
        if (weight == null) {
            throw at.node.refused("the chip's Conv needs constant weights; keep this node out of the model");
        }
        Shape shape = weight.tensor.shape();
        int channels = at.inputShape(0).dim(1);
        boolean depthwise = op.groups() == channels && op.groups() == shape.dim(0);
        int groups = op.groups();
        if (groups != 1 && !depthwise && !at.parity()) {
            // The chip runs every grouped convolution as a depthwise one. Zeros between the groups compute the same.
            at.replaceConstant(1, dense(weight.tensor, groups));
            groups = 1;
        }
        at.node.attribute("kernel_shape", spatial(shape));
        at.size("strides", op.stride());
        at.pads(op.pads());
        at.size("dilations", op.dilation());
        at.node.attribute("group", groups);
    }

    private static int[] spatial(Shape weight) {
        int[] dims = weight.dims();
        return Arrays.copyOfRange(dims, 2, dims.length);
    }

    /** Weights [N, C/g, …] of a grouped convolution as [N, C, …] of a dense one. */
    static Tensor dense(Tensor weight, int groups) {
        int outputs = weight.shape().dim(0);
        int perGroup = weight.shape().dim(1);
        int positions = weight.size() / (outputs * perGroup);
        Shape shape = weight.shape().with(1, perGroup * groups);
        float[] data = new float[shape.size()];
        for (int n = 0; n < outputs; n++) {
            int group = n / (outputs / groups);
            int to = (n * groups + group) * perGroup * positions;
            System.arraycopy(weight.data(), n * perGroup * positions, data, to, perGroup * positions);
        }
        return new Tensor(shape, data);
    }

    static void insertZeros(InsertZeros op, NodeLowering at) {
        at.size("stride", op.stride());
        at.size("output_padding", op.outputPadding());
    }

    static void maxPool(MaxPool op, NodeLowering at) {
        if (!op.dilation().equals(Size.ONE)) {
            throw at.node.refused("the chip's MaxPool has no dilation; use dilation 1");
        }
        at.size("kernel_shape", op.kernel());
        at.size("strides", op.stride());
        // The chip does not know ceil_mode; padding never wins, so that more of it gives the same extra windows.
        at.pads(padsOfAllWindows(op.kernel(), op.stride(), op.pads(), at));
        at.node.attribute("ceil_mode", 0);
    }

    static void globalMaxPool(GlobalMaxPool op, NodeLowering at) {
        if (at.parity()) {
            return;
        }
        // The loader knows no GlobalMaxPool; one window over everything is the same.
        Size all = new Size(at.inputHeight(), at.inputWidth());
        at.node.type = "MaxPool";
        at.size("kernel_shape", all);
        at.size("strides", Size.ONE);
        at.pads(Pads.NONE);
        at.node.attribute("ceil_mode", 0);
    }

    static void averagePool(AveragePool op, NodeLowering at) {
        Pads needed = padsOfAllWindows(op.kernel(), op.stride(), op.pads(), at);
        if (!at.parity()) {
            if (!needed.equals(op.pads())) {
                throw at.node.refused("ceil_mode needs windows that reach past the padding, which the chip cannot average;"
                        + " use ceil_mode 0 or pad the input explicitly");
            }
            if (!op.countIncludePad() && touchesPadding(op, at)) {
                throw at.node.refused("count_include_pad 0 with padding: the chip always divides by the whole kernel;"
                        + " use count_include_pad 1 or no padding");
            }
        }
        at.size("kernel_shape", op.kernel());
        at.size("strides", op.stride());
        at.pads(op.pads());
        at.node.attribute("ceil_mode", at.parity() && op.ceil() ? 1 : 0);
        at.node.attribute("count_include_pad", op.countIncludePad() ? 1 : 0);
    }

    private static boolean touchesPadding(AveragePool op, NodeLowering at) {
        int lastRow = (at.outputHeight() - 1) * op.stride().h() - op.pads().top() + op.kernel().h();
        int lastColumn = (at.outputWidth() - 1) * op.stride().w() - op.pads().left() + op.kernel().w();
        return op.pads().top() > 0 || op.pads().left() > 0 || lastRow > at.inputHeight() || lastColumn > at.inputWidth();
    }

    /** The pads, enlarged below and to the right so that every window of the output lies inside. */
    private static Pads padsOfAllWindows(Size kernel, Size stride, Pads pads, NodeLowering at) {
        int bottom = (at.outputHeight() - 1) * stride.h() + kernel.h() - at.inputHeight() - pads.top();
        int right = (at.outputWidth() - 1) * stride.w() + kernel.w() - at.inputWidth() - pads.left();
        return new Pads(pads.top(), pads.left(), Math.max(pads.bottom(), bottom), Math.max(pads.right(), right));
    }

    static void resize(Resize op, NodeLowering at) {
        if (!at.parity()) {
            checkResize(op, at);
        }
        at.node.attribute("mode", op.mode().name().toLowerCase(Locale.ROOT));
        at.node.attribute("coordinate_transformation_mode", op.coordinates().name().toLowerCase(Locale.ROOT));
        at.node.attribute("nearest_mode", op.nearest().name().toLowerCase(Locale.ROOT));
        at.node.attribute("cubic_coeff_a", op.cubicCoefficient());
        while (at.node.inputs.size() < 2) {
            at.node.inputs.add(new Operand.Omitted());
        }
        if (op.scales().isEmpty()) {
            at.integers(3, "sizes", op.sizes());
        } else {
            at.reals(2, "scales", op.scales());
        }
    }

    private static void checkResize(Resize op, NodeLowering at) {
        if (at.node.bits == SHORT_BITS) {
            throw at.node.refused("the chip's Resize does nothing at 16 bits; run this node at 8 bits");
        }
        switch (op.mode()) {
            case CUBIC -> throw at.node.refused("the chip has no cubic interpolation; use nearest or linear");
            case LINEAR -> {
                if (op.coordinates() == Resize.Coordinates.ASYMMETRIC) {
                    throw at.node.refused("the chip interpolates with half_pixel or align_corners coordinates, not with"
                            + " asymmetric ones; export the model with one of those");
                }
            }
            case NEAREST -> {
                boolean doubles = IntStream.range(2, at.inputShape(0).rank()).allMatch(axis -> op.scales().isEmpty()
                        ? at.outputShape().dim(axis) == 2 * at.inputShape(0).dim(axis) : op.scales().get(axis) == 2f);
                if (KernelLimits.resizeSkipsLoads(at.target(), at.inputShape(0).dim(1), doubles)) {
                    throw at.node.refused("with " + at.inputShape(0).dim(1) + " channels and scales other than 2 the chip's nearest"
                            + " Resize computes with registers that it never loaded; use scale 2, linear interpolation or 16 channels");
                }
                for (int axis = 2; axis < at.inputShape(0).rank(); axis++) {
                    checkNearest(op, at, at.inputShape(0).dim(axis), at.outputShape().dim(axis), axis);
                }
            }
        }
    }

    /** The chip takes element floor(out / scale), whatever the attributes say. */
    private static void checkNearest(Resize op, NodeLowering at, int in, int out, int axis) {
        double scale = op.scales().isEmpty() ? (double) out / in : op.scales().get(axis);
        for (int x = 0; x < out; x++) {
            int chip = Math.min((int) ((float) x * (float) (1 / scale)), in - 1);
            if (chip != nearest(op, x, in, out, scale)) {
                throw at.node.refused("the chip's nearest Resize takes the element floor(x / scale); with "
                        + op.coordinates().name().toLowerCase(Locale.ROOT) + ", " + op.nearest().name().toLowerCase(Locale.ROOT)
                        + " and " + in + " → " + out + " elements the model wants others; use asymmetric, floor");
            }
        }
    }

    private static int nearest(Resize op, int x, int in, int out, double scale) {
        double position = switch (op.coordinates()) {
            case HALF_PIXEL -> (x + 0.5) / scale - 0.5;
            case HALF_PIXEL_SYMMETRIC -> in / 2.0 * (1 - out / (scale * in)) + (x + 0.5) / scale - 0.5;
            case PYTORCH_HALF_PIXEL -> out > 1 ? (x + 0.5) / scale - 0.5 : 0;
            case ALIGN_CORNERS -> out == 1 ? 0 : x * (in - 1.0) / (out - 1.0);
            case ASYMMETRIC -> x / scale;
        };
        double below = Math.floor(position);
        double element = switch (op.nearest()) {
            case FLOOR -> below;
            case CEIL -> Math.ceil(position);
            case ROUND_PREFER_FLOOR -> position - below > 0.5 ? below + 1 : below;
            case ROUND_PREFER_CEIL -> position - below >= 0.5 ? below + 1 : below;
        };
        return (int) Math.clamp(element, 0, in - 1);
    }
}
