package io.github.bitgrain.simulator.lowering;

/** How an operator deals with the order of axes in which its operands are stored; rules of ESP-PPQ's exporter. */
enum LayoutRule {
    /** Wants and makes channels-last values: convolutions and pooling. */
    CHANNELS_LAST,
    /** Takes any order and keeps it: activations. */
    ANY,
    /** Two operands in one common order. */
    ELEMENTWISE,
    /** Takes any order; its axis attribute follows the storage. */
    AXIS,
    /** Takes any order and reduces axes, which follow the storage. */
    REDUCE,
    /** Any one order common to all operands; the axis follows the storage. */
    CONCAT,
    /** Takes any order; its pads follow the storage. ESP-PPQ's exporter restores ONNX's order. */
    PAD,
    /** Takes any order; the axes that it cuts follow the storage. ESP-PPQ's exporter restores ONNX's order. */
    SLICE,
    /** Other extents for the same elements; ESP-PPQ's exporter restores ONNX's order. */
    RESHAPE,
    /** A change of order itself, joined with what storage asks for; ESP-PPQ's exporter restores ONNX's order. */
    TRANSPOSE,
    /** Drops axes, which follow the storage; ESP-PPQ's exporter restores ONNX's order. */
    SQUEEZE,
    /** Adds axes, which follow the storage; ESP-PPQ's exporter restores ONNX's order. */
    UNSQUEEZE,
    /** Makes a matrix; takes what has ONNX's order of elements. ESP-PPQ's exporter restores ONNX's order. */
    FLATTEN,
    /** Knows ONNX's order only: operands are restored. */
    ONNX_ORDER;

    /** Whether ESP-PPQ's exporter restores ONNX's order in front of such an operator. */
    boolean isRestoredInParity() {
        return switch (this) {
            case PAD, SLICE, RESHAPE, TRANSPOSE, SQUEEZE, UNSQUEEZE, FLATTEN -> true;
            case CHANNELS_LAST, ANY, ELEMENTWISE, AXIS, REDUCE, CONCAT, ONNX_ORDER -> false;
        };
    }

    /** Whether results have the order of the operands, whatever it is. */
    boolean passesOn() {
        return switch (this) {
            case ANY, ELEMENTWISE, AXIS, REDUCE, CONCAT, PAD, SLICE -> true;
            case CHANNELS_LAST, RESHAPE, TRANSPOSE, SQUEEZE, UNSQUEEZE, FLATTEN, ONNX_ORDER -> false;
        };
    }
}
