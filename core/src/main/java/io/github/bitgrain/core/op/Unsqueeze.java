package io.github.bitgrain.core.op;

import java.util.List;

/**
 * Inserts axes of extent 1 (ONNX Unsqueeze). Operand 1 only names the axes.
 *
 * @param axes positions in the output, negative ones count from its end
 */
public record Unsqueeze(List<Integer> axes) implements Op {
    /** Takes a copy of the axes. */
    public Unsqueeze {
        axes = List.copyOf(axes);
    }

    @Override
    public boolean isStructural(int operand) {
        return operand > 0;
    }
}
