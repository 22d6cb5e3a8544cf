package io.github.bitgrain.core.op;

import java.util.List;

/**
 * Changes the spatial extent (ONNX Resize). Operands 1 to 3 only name roi, scales and sizes. Without anti-aliasing.
 *
 * @param mode interpolation
 * @param coordinates position in the input of an output position
 * @param nearest rounding of {@link Mode#NEAREST}
 * @param cubicCoefficient a of the cubic kernel
 * @param scales factor of each axis; empty when sizes are given
 * @param sizes extent of each axis of the output; empty when scales are given
 */
public record Resize(Mode mode, Coordinates coordinates, Nearest nearest, float cubicCoefficient, List<Float> scales, List<Long> sizes) implements Op {
    /** Interpolation. */
    public enum Mode { NEAREST, LINEAR, CUBIC }

    /** Where an output position lies in the input; names as in ONNX. */
    public enum Coordinates { HALF_PIXEL, HALF_PIXEL_SYMMETRIC, PYTORCH_HALF_PIXEL, ALIGN_CORNERS, ASYMMETRIC }

    /** Which neighbour {@link Mode#NEAREST} takes; names as in ONNX. */
    public enum Nearest { ROUND_PREFER_FLOOR, ROUND_PREFER_CEIL, FLOOR, CEIL }

    /** Takes a copy of the lists. */
    public Resize {
        scales = List.copyOf(scales);
        sizes = List.copyOf(sizes);
        if (scales.isEmpty() == sizes.isEmpty()) {
            throw new IllegalArgumentException("Resize needs either scales or sizes");
        }
    }

    @Override
    public boolean isStructural(int operand) {
        return operand > 0;
    }
}
