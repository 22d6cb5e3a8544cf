package io.github.bitgrain.core.op;

import io.github.bitgrain.kernels.Rounding;

/**
 * Rounds to the grid of a power-of-two scale. x, alpha: [1] or [C] → x's shape: clamp(round(x / s), −2^(bits−1), 2^(bits−1) − 1) · s with
 * s = 2^halfeven(alpha). Gradients are straight-through (Jain et al. 2020, eq. 6–8).
 *
 * @param bits width of the integers, 2 … 64
 * @param rounding rounding of x / s
 * @param axis axis of the C scales, or {@link #PER_TENSOR} for one
 */
public record FakeQuant(int bits, Rounding rounding, int axis) implements Op {
    /** The axis of a quantizer with one scale for the whole tensor. */
    public static final int PER_TENSOR = -1;

    /** Checks the width. */
    public FakeQuant {
        if (bits < 2 || bits > 64) {
            throw new IllegalArgumentException("bits: " + bits);
        }
    }

    /** Whether every channel has its own scale. */
    public boolean perChannel() {
        return axis != PER_TENSOR;
    }
}
