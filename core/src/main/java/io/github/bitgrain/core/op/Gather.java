package io.github.bitgrain.core.op;

import io.github.bitgrain.core.tensor.Shape;
import java.util.List;

/**
 * Picks slices by constant indices (ONNX Gather). x → x's shape with {@code axis} replaced by {@code indicesShape}.
 * Operand 1 only names the indices.
 *
 * @param axis axis; negative counts from the end
 * @param indices indices, row-major; negative ones count from the end
 * @param indicesShape shape of the indices; rank 0 removes the axis
 */
public record Gather(int axis, List<Integer> indices, Shape indicesShape) implements Op {
    /** Takes a copy of the indices. */
    public Gather {
        indices = List.copyOf(indices);
    }

    @Override
    public boolean isStructural(int operand) {
        return operand > 0;
    }
}
