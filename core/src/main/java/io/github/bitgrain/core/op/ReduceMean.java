package io.github.bitgrain.core.op;

import java.util.List;

/**
 * Mean over axes (ONNX ReduceMean). Operand 1 only names the axes.
 *
 * @param axes axes, negative ones count from the end; empty: all
 * @param keepDims keep the axes with extent 1
 */
public record ReduceMean(List<Integer> axes, boolean keepDims) implements Op {
    /** Takes a copy of the axes. */
    public ReduceMean {
        axes = List.copyOf(axes);
    }

    @Override
    public boolean isStructural(int operand) {
        return operand > 0;
    }
}
