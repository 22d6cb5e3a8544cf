package io.github.bitgrain.core.op;

/**
 * min(max(x, min), max) (ONNX Clip). The operands 1 and 2 only name the bounds.
 *
 * @param min lower bound, −∞ when absent
 * @param max upper bound, +∞ when absent
 */
public record Clip(float min, float max) implements Op {
    /** Checks the bounds. */
    public Clip {
        if (Float.isNaN(min) || Float.isNaN(max)) {
            throw new IllegalArgumentException("a bound is NaN");
        }
    }

    @Override
    public boolean isStructural(int operand) {
        return operand > 0;
    }
}
