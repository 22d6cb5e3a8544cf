package io.github.bitgrain.core.op;

/**
 * An operator: what a node computes, without names. One record per operator; its attributes are the record's components.
 * Everything else about it (shapes, evaluation, gradient, chip arithmetic) lives in tables keyed by the record's class.
 *
 * <p>Operands that shape the computation rather than take part in it (bounds, target shapes, axes) are values of the record.
 * A node may still list their names, as labels: {@link #isStructural} tells which operands those are.
 */
public interface Op {
    /** The operator's type in ONNX files, or ESP-DL's where ONNX has none. */
    default String onnxType() {
        return getClass().getSimpleName();
    }

    /** Whether the operand at this position only labels a value that the record holds. */
    default boolean isStructural(int operand) {
        return false;
    }
}
