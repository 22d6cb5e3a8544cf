package io.github.bitgrain.core.op;

import java.util.List;

/**
 * Surrounds a tensor (ONNX Pad). Operands 1 to 3 only name pads, value and axes. Negative pads cut.
 *
 * @param mode what the new elements hold
 * @param begins elements before, one per axis of the input
 * @param ends elements after, one per axis of the input
 * @param value fill of {@link Mode#CONSTANT}
 */
public record Pad(Mode mode, List<Integer> begins, List<Integer> ends, float value) implements Op {
    /** What new elements hold. */
    public enum Mode {
        /** A given value. */
        CONSTANT,
        /** The mirror image without the border itself. */
        REFLECT,
        /** The nearest border element. */
        EDGE,
        /** The opposite side. */
        WRAP
    }

    /** Takes a copy of the pads. */
    public Pad {
        begins = List.copyOf(begins);
        ends = List.copyOf(ends);
    }

    @Override
    public boolean isStructural(int operand) {
        return operand > 0;
    }
}
