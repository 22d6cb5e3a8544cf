package io.github.bitgrain.core.op;

import java.util.List;

/**
 * Removes axes of extent 1 (ONNX Squeeze). Operand 1 only names the axes.
 *
 * @param axes axes to remove, negative ones count from the end; empty: all of extent 1 except axis 0
 */
public record Squeeze(List<Integer> axes) implements Op {
    /** Takes a copy of the axes. */
    public Squeeze {
        axes = List.copyOf(axes);
    }

    @Override
    public boolean isStructural(int operand) {
        return operand > 0;
    }
}
