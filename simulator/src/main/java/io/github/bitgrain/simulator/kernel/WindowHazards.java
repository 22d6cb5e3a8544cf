package io.github.bitgrain.simulator.kernel;

import java.util.List;

/** Attributes of pooling nodes that the chip's kernels ignore, where that changes the result. */
final class WindowHazards {
    private WindowHazards() {}

    static String reason(NodeSetup node) {
        List<Integer> shape = node.program().value(node.node().inputs().getFirst()).shape();
        int[] kernel = node.ints("kernel_shape");
        Window window = Window.of(node, shape.size());
        boolean flat = shape.size() == 3;
        int[] in = {flat ? 1 : shape.get(1), shape.get(shape.size() - 2)};
        int[] size = {flat ? 1 : kernel[0], kernel[kernel.length - 1]};
        int[] before = {window.padTop(), window.padLeft()};
        int[] pads = {window.padTop() + window.padBottom(), window.padLeft() + window.padRight()};
        int[] stride = {window.strideH(), window.strideW()};
        String auto = node.node().text("auto_pad", "NOTSET");
        if (!auto.equals("NOTSET") && !auto.equals("VALID") && !auto.isEmpty()) {
            return "auto_pad " + auto + " is not looked at; write the pads out";
        }
        if (window.dilationH() != 1 || window.dilationW() != 1) {
            return "pools have no dilation; use dilation 1";
        }
        for (int axis = 0; axis < 2; axis++) {
            int room = in[axis] + pads[axis] - size[axis];
            if (node.node().integer("ceil_mode", 0) != 0 && room % stride[axis] != 0) {
                return "ceil_mode is not looked at; enlarge the pads instead";
            }
            boolean touches = before[axis] > 0 || room / stride[axis] * stride[axis] - before[axis] + size[axis] > in[axis];
            if (node.node().opType().equals("AveragePool") && node.node().integer("count_include_pad", 0) == 0 && touches) {
                return "the kernel divides by its whole area in the padding too, as count_include_pad 1";
            }
        }
        return null;
    }
}
