package io.github.bitgrain.quantizer.nn;

import io.github.bitgrain.core.op.Op;
import io.github.bitgrain.core.op.Relu;
import io.github.bitgrain.core.op.Flatten;

/** An operator with one operand and without parameters: activation functions, shape changes, softmax. */
public class Operator extends Module {
    private final Op op;

    /** A module that applies an operator. */
    public Operator(Op op) {
        this.op = op;
    }

    /** max(x, 0). */
    public static Operator relu() {
        return new Operator(new Relu());
    }

    /** [N, …] → [N, product of the rest]. */
    public static Operator flatten() {
        return new Operator(new Flatten(1));
    }

    /** What it computes. */
    public Op op() {
        return op;
    }

    @Override
    public String build(NetworkBuilder builder, String x) {
        return builder.node(op, x);
    }

    @Override
    protected String details() {
        return op.toString();
    }
}
