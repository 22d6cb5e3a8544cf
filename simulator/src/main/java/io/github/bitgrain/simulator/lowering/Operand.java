package io.github.bitgrain.simulator.lowering;

/** An input of a node in the making: a value, a constant, or nothing. */
sealed interface Operand {
    /** An omitted optional input. */
    record Omitted() implements Operand {}

    /**
     * A value.
     *
     * @param value what is read
     * @param wanted how the node wants it held
     */
    record Value(DraftValue value, Encoding wanted) implements Operand {}

    /** A constant. */
    record Constant(DraftConstant constant) implements Operand {}
}
