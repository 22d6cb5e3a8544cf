package io.github.bitgrain.exporter.onnx;

import io.github.bitgrain.core.op.*;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;

/**
 * Which operands and results of an operator ONNX has as integers; a graph has floats only, integers are whole ones. The one table
 * operator → types.
 */
final class OnnxTypes {
    /** What is known of an operand: a constant of whole numbers can be either. */
    enum Type { FLOAT, INTEGER, EITHER }

    /**
     * Types of a node.
     *
     * @param operands whether ONNX wants integers there
     * @param results whether ONNX gives integers there
     */
    record Signature(List<Boolean> operands, List<Boolean> results) {}

    /** Operators that compute the same with integers as with the floats that hold them, and give what they get. */
    private static final Set<Class<? extends Op>> CARRYING = Set.of(Add.class, Sub.class, Mul.class, Max.class, Min.class, Neg.class, Abs.class,
            Identity.class, Reshape.class, Flatten.class, Squeeze.class, Unsqueeze.class, Expand.class, Tile.class, Transpose.class, Concat.class, Split.class,
            Slice.class, Gather.class, ReduceMax.class, ReduceMin.class, ReduceSum.class, Mod.class);

    private OnnxTypes() {}

    /**
     * The types of a node.
     *
     * @param operands null for omitted and structural ones
     * @param results how many results the node has
     */
    static Signature of(Op op, List<Type> operands, int results) {
        boolean first = operands.getFirst() == Type.INTEGER;
        return switch (op) {
            case IntegerDiv o -> all(true, operands, true, results);
            case Mod o when !o.truncated() -> all(true, operands, true, results);
            case TopK o -> new Signature(List.of(first), List.of(first, true).subList(0, results));
            // ONNX Runtime has no ArgMax of 64-bit integers.
            case ArgMax o -> all(false, operands, true, results);
            case Cast o -> all(first, operands, o.toInteger(), results);
            case Embedding o -> new Signature(List.of(true, false), List.of(false));
            case GatherElements o -> new Signature(List.of(first, true), List.of(first));
            case GatherNd o -> new Signature(List.of(first, true), List.of(first));
            case IndexedGather o -> new Signature(List.of(first, true), List.of(first));
            default -> {
                boolean integers = CARRYING.contains(op.getClass()) && operands.contains(Type.INTEGER) && !operands.contains(Type.FLOAT);
                yield all(integers, operands, integers, results);
            }
        };
    }

    private static Signature all(boolean operand, List<Type> operands, boolean result, int results) {
        return new Signature(Collections.nCopies(operands.size(), operand), Collections.nCopies(results, result));
    }

    /**
     * Which results of a node of a file are integers.
     *
     * @param given names of the operands, as the operator has them
     * @param integers names of all computed values and inputs that are integers
     * @throws io.github.bitgrain.core.BitgrainException (bad input) where types do not fit, or numbers are too large to be whole floats
     */
    static List<Boolean> read(Op op, List<String> given, int results, OnnxNode node, Set<String> integers) {
        List<Type> types = new ArrayList<>();
        for (int i = 0; i < given.size(); i++) {
            boolean operand = !given.get(i).isEmpty() && !op.isStructural(i);
            OnnxConstant constant = node.constant(given.get(i));
            boolean integer = constant == null ? integers.contains(given.get(i)) : !constant.isFloat();
            types.add(!operand ? null : integer ? Type.INTEGER : Type.FLOAT);
        }
        Signature signature = of(op, types, results);
        for (int i = 0; i < given.size(); i++) {
            Type type = types.get(i);
            OnnxConstant constant = node.constant(given.get(i));
            boolean wanted = type != null && signature.operands().get(i);
            if (wanted && type == Type.FLOAT) {
                throw node.fail("reads \"" + given.get(i) + "\", which holds floats, as integers; cast it to int64 before");
            }
            if (type == Type.INTEGER && !wanted && constant == null) {
                throw node.fail("reads \"" + given.get(i) + "\", which holds integers; only indices are computed with integers here: cast it to float before");
            }
            if (wanted && constant != null) {
                requireExact(node, given.get(i), constant);
            }
        }
        return signature.results();
    }

    private static void requireExact(OnnxNode node, String name, OnnxConstant constant) {
        for (long value : constant.longs()) {
            if (Math.abs(value) > WholeNumbers.LARGEST) {
                throw node.fail("\"" + name + "\" holds " + value + "; integers are held as floats, which are exact up to " + WholeNumbers.LARGEST);
            }
        }
    }
}
