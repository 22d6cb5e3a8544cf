package io.github.bitgrain.core.op;

/**
 * Loss: weight times the mean of (x − target)². Both operands have the same shape → [].
 *
 * @param weight how much this loss counts beside others
 */
public record MeanSquaredError(float weight) implements Op {
    /** The plain mean. */
    public MeanSquaredError() {
        this(1);
    }
}
