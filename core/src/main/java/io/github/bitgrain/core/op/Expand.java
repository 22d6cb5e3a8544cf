package io.github.bitgrain.core.op;

import java.util.List;

/**
 * Broadcasts to the common shape of operand and target (ONNX Expand). Operand 1 only names the target.
 *
 * @param shape target
 */
public record Expand(List<Long> shape) implements Op {
    /** Takes a copy of the target. */
    public Expand {
        shape = List.copyOf(shape);
    }

    @Override
    public boolean isStructural(int operand) {
        return operand > 0;
    }
}
