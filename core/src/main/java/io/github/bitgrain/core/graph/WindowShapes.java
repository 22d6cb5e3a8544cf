package io.github.bitgrain.core.graph;

import static io.github.bitgrain.core.graph.ShapeRules.require;

import io.github.bitgrain.core.op.Conv;
import io.github.bitgrain.core.op.ConvTranspose;
import io.github.bitgrain.core.op.Pads;
import io.github.bitgrain.core.op.Size;
import io.github.bitgrain.core.tensor.Shape;
import java.util.List;

/** Shapes of what moves a window over its input: convolutions and pools. */
final class WindowShapes {
    private WindowShapes() {}

    static Shape conv(Conv op, List<Shape> in) {
        Spatial x = Spatial.of(in.get(0));
        Spatial w = Spatial.of(in.get(1));
        require(in.get(0).rank() == in.get(1).rank(), "input and weight have different ranks");
        require(x.channels() == w.channels() * op.groups(),
                x.channels() + " channels, but the weight wants " + w.channels() * op.groups());
        require(w.batch() % op.groups() == 0, w.batch() + " output channels in " + op.groups() + " groups");
        checkBias(in, w.batch());
        int h = x.h() + op.pads().vertical() - op.dilation().h() * (w.h() - 1) - 1;
        int width = x.w() + op.pads().horizontal() - op.dilation().w() * (w.w() - 1) - 1;
        require(h >= 0 && width >= 0, "the kernel is larger than the padded input");
        return x.withChannels(w.batch()).withExtent(h / op.stride().h() + 1, width / op.stride().w() + 1);
    }

    static Shape convTranspose(ConvTranspose op, List<Shape> in) {
        Spatial x = Spatial.of(in.get(0));
        Spatial w = Spatial.of(in.get(1));
        require(x.channels() == w.batch(), x.channels() + " channels, but the weight wants " + w.batch());
        require(w.batch() % op.groups() == 0, w.batch() + " channels in " + op.groups() + " groups");
        int channels = w.channels() * op.groups();
        checkBias(in, channels);
        int h = (x.h() - 1) * op.stride().h() + op.dilation().h() * (w.h() - 1) + 1 + op.outputPadding().h()
                - op.pads().vertical();
        int width = (x.w() - 1) * op.stride().w() + op.dilation().w() * (w.w() - 1) + 1 + op.outputPadding().w()
                - op.pads().horizontal();
        return x.withChannels(channels).withExtent(h, width);
    }

    private static void checkBias(List<Shape> in, int channels) {
        require(in.size() < 3 || in.get(2) == null || in.get(2).size() == channels, channels + " biases are needed");
    }

    static Shape pool(Shape in, Size kernel, Size stride, Pads pads, Size dilation, boolean ceil) {
        Spatial x = Spatial.of(in);
        return x.withExtent(
                windows(x.h(), kernel.h(), stride.h(), pads.top(), pads.bottom(), dilation.h(), ceil),
                windows(x.w(), kernel.w(), stride.w(), pads.left(), pads.right(), dilation.w(), ceil));
    }

    private static int windows(int extent, int kernel, int stride, int before, int after, int dilation, boolean ceil) {
        int room = extent + before + after - dilation * (kernel - 1) - 1;
        require(room >= 0, "the window is larger than the padded input");
        int windows = (ceil ? room + stride - 1 : room) / stride + 1;
        // A window that would start in the far padding does not exist (ONNX: ceil_mode).
        return ceil && (windows - 1) * stride >= extent + before ? windows - 1 : windows;
    }
}
