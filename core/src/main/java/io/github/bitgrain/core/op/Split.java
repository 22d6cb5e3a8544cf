package io.github.bitgrain.core.op;

import java.util.List;

/**
 * Cuts a tensor into parts along an axis (ONNX Split). Operand 1 only names the sizes.
 *
 * @param axis axis; negative counts from the end
 * @param sizes extent of each output
 */
public record Split(int axis, List<Integer> sizes) implements Op {
    /** Takes a copy of the sizes. */
    public Split {
        sizes = List.copyOf(sizes);
    }

    @Override
    public boolean isStructural(int operand) {
        return operand > 0;
    }
}
