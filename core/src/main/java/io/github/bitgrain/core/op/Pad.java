package io.github.bitgrain.core.op;

import java.util.ArrayList;
import java.util.Collections;
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

    /**
     * The border of a window, as an operator of its own.
     *
     * @param pads what the window has around its operand [N, C, W] or [N, C, H, W]
     * @param rank rank of the operand
     * @param value fill
     */
    public static Pad around(Pads pads, int rank, float value) {
        List<Integer> begins = new ArrayList<>(Collections.nCopies(rank, 0));
        List<Integer> ends = new ArrayList<>(begins);
        begins.set(rank - 1, pads.left());
        ends.set(rank - 1, pads.right());
        if (rank > 3) {
            begins.set(rank - 2, pads.top());
            ends.set(rank - 2, pads.bottom());
        }
        return new Pad(Mode.CONSTANT, begins, ends, value);
    }

    @Override
    public boolean isStructural(int operand) {
        return operand > 0;
    }
}
