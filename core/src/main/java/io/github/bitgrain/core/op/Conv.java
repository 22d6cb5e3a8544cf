package io.github.bitgrain.core.op;

/**
 * Convolution (ONNX Conv). x: [N, C, H, W], w: [M, C/groups, KH, KW], b: [M] or absent → [N, M, OH, OW].
 * One-dimensional networks have rank 3 ([N, C, W], w: [M, C/groups, KW]); their sizes have h = 1. The kernel size is the weight's.
 *
 * @param stride step between output positions
 * @param pads zeros around the input
 * @param dilation distance between kernel taps
 * @param groups number of groups; depthwise when equal to C
 */
public record Conv(Size stride, Pads pads, Size dilation, int groups) implements Op {
    /** Checks the attributes. */
    public Conv {
        if (groups < 1) {
            throw new IllegalArgumentException("groups: " + groups);
        }
    }
}
