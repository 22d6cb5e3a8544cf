package io.github.bitgrain.core.op;

import java.util.List;

/**
 * Every step-th element of a range of each listed axis (ONNX Slice). Operands 1 to 4 only name the lists. Bounds are clamped as
 * ONNX says; negative ones count from the end.
 *
 * @param axes sliced axes
 * @param starts first element
 * @param ends end, exclusive
 * @param steps distance, not 0; negative walks backwards
 */
public record Slice(List<Integer> axes, List<Long> starts, List<Long> ends, List<Long> steps) implements Op {
    /** Takes a copy of the lists. */
    public Slice {
        axes = List.copyOf(axes);
        starts = List.copyOf(starts);
        ends = List.copyOf(ends);
        steps = List.copyOf(steps);
    }

    @Override
    public boolean isStructural(int operand) {
        return operand > 0;
    }
}
