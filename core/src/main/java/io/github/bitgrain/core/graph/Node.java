package io.github.bitgrain.core.graph;

import io.github.bitgrain.core.op.Op;
import java.util.List;
import java.util.Objects;

/**
 * One application of an operator.
 *
 * @param name unique in the graph
 * @param op what is computed
 * @param inputs names of the operands; {@link #OMITTED} where an optional one is missing
 * @param outputs names of the results; {@link #OMITTED} where one is not wanted
 */
public record Node(String name, Op op, List<String> inputs, List<String> outputs) {
    /** The name of an operand or result that is not there. */
    public static final String OMITTED = "";

    /** Takes copies of the lists. */
    public Node {
        Objects.requireNonNull(name, "name");
        Objects.requireNonNull(op, "op");
        inputs = List.copyOf(inputs);
        outputs = List.copyOf(outputs);
    }

    /** The operand at a position, or {@link #OMITTED} when the list ends before. */
    public String input(int index) {
        return index < inputs.size() ? inputs.get(index) : OMITTED;
    }

    /** Whether the operand at a position is given. */
    public boolean hasInput(int index) {
        return !input(index).isEmpty();
    }

    /** The first result. */
    public String output() {
        return outputs.getFirst();
    }

    /** Whether the operand at a position is a tensor that takes part in the computation: given and not structural. */
    public boolean isTensorInput(int index) {
        return hasInput(index) && !op.isStructural(index);
    }

    /** This with another operator. */
    public Node withOp(Op newOp) {
        return new Node(name, newOp, inputs, outputs);
    }

    /** This with other operands. */
    public Node withInputs(List<String> newInputs) {
        return new Node(name, op, newInputs, outputs);
    }

    /** This with other results. */
    public Node withOutputs(List<String> newOutputs) {
        return new Node(name, op, inputs, newOutputs);
    }

    @Override
    public String toString() {
        return op.onnxType() + " \"" + name + "\"";
    }
}
