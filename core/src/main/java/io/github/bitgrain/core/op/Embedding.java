package io.github.bitgrain.core.op;

/**
 * Looks rows of a table up by indices that are given when the network runs (ONNX Gather with axis 0). Operand 0: indices, whole
 * numbers from 0 to V − 1 of any shape; operand 1: table [V, D] → the indices' shape with D behind it. Indices have no gradient.
 */
public record Embedding() implements Op {
    /** Position of the indices among the operands. */
    public static final int INDICES = 0;
    /** Position of the table among the operands. */
    public static final int TABLE = 1;

    @Override
    public String onnxType() {
        return "Gather";
    }
}
