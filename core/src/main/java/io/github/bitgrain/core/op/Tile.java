package io.github.bitgrain.core.op;

import java.util.List;

/**
 * Repeats a tensor along its axes (ONNX Tile). Operand 1 only names the repeats.
 *
 * @param repeats how often, for each axis
 */
public record Tile(List<Long> repeats) implements Op {
    /** Takes a copy of the repeats. */
    public Tile {
        repeats = List.copyOf(repeats);
    }

    @Override
    public boolean isStructural(int operand) {
        return operand > 0;
    }
}
