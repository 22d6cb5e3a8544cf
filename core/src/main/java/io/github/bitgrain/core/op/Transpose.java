package io.github.bitgrain.core.op;

import java.util.List;

/**
 * Reorders axes (ONNX Transpose).
 *
 * @param permutation output axis i is input axis permutation[i]
 */
public record Transpose(List<Integer> permutation) implements Op {
    /** Takes a copy of the permutation. */
    public Transpose {
        permutation = List.copyOf(permutation);
    }
}
