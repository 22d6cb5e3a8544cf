package io.github.bitgrain.simulator.lowering;

import io.github.bitgrain.core.graph.Node;
import io.github.bitgrain.core.op.Embedding;
import io.github.bitgrain.core.op.MatMul;
import io.github.bitgrain.core.op.Mul;
import io.github.bitgrain.core.op.Op;
import io.github.bitgrain.core.op.Relu;
import io.github.bitgrain.core.op.Reshape;
import io.github.bitgrain.core.op.Sub;
import io.github.bitgrain.core.quant.Exponents;
import io.github.bitgrain.core.tensor.Shape;
import io.github.bitgrain.simulator.ChipTensor;
import io.github.bitgrain.simulator.ElementType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * The chip's Gather takes its indices from the file, never from the network's input (esp-dl: dl_module_gather.hpp loads operand 1
 * as a parameter). So rows that the input chooses are looked up by a product: {@code relu(1 − (i − j)²)} is one where index i equals
 * row j and zero elsewhere, and that row of ones and zeros times the table is row i. All of it in whole numbers (exponent 0) of 16
 * bits, whose saturation leaves every square of a difference at or above one, so that the row comes out bit by bit.
 */
final class EmbeddingPass {
    private static final int SHORT_BITS = 16;
    private static final int MOST_ROWS = Short.MAX_VALUE + 1;

    /** How indices are held. */
    static final Encoding INDEX = new Encoding(SHORT_BITS, 0);

    private final Draft draft;
    private final DraftNode lookup;

    private EmbeddingPass(Draft draft, DraftNode lookup) {
        this.draft = draft;
        this.lookup = lookup;
    }

    static void run(Draft draft) {
        for (DraftNode node : List.copyOf(draft.nodes)) {
            if (node.op instanceof Embedding) {
                new EmbeddingPass(draft, node).replace();
            }
        }
    }

    private void replace() {
        int rows = lookup.constant(Embedding.TABLE).tensor.shape().dim(0);
        if (draft.options.parity() || !lookup.isQuantized()) {
            throw lookup.refused("the chip's loader knows indices from the file only, not from the network's input; "
                    + (draft.options.parity() ? "use --profile improved" : "give the node 8 or 16 bits"));
        }
        if (rows > MOST_ROWS) {
            throw lookup.refused("a table of " + rows + " rows needs indices of more than 16 bits; cut the lookup off and let the"
                    + " application copy the rows");
        }
        DraftValue indices = lookup.value(Embedding.INDICES);
        int[] column = Arrays.copyOf(indices.shape, indices.rank() + 1);
        column[indices.rank()] = 1;
        int[] grid = column.clone();
        grid[indices.rank()] = rows;
        DraftValue each = insert("each", new Reshape(IntStream.of(column).asLongStream().boxed().toList(), false), column, value(indices));
        DraftValue distance = insert("distance", new Sub(), grid, value(each), constant("rows", IntStream.range(0, rows).toArray()));
        DraftValue square = insert("square", new Mul(), grid, value(distance), value(distance));
        DraftValue closeness = insert("closeness", new Sub(), grid, constant("one", 1), value(square));
        DraftValue chosen = insert("chosen", new Relu(), grid, value(closeness));
        DraftNode product = new DraftNode(lookup.name, new MatMul(), "MatMul", lookup.bits, LayoutRule.ONNX_ORDER);
        product.inputs.add(new Operand.Value(chosen, new Encoding(lookup.bits, 0)));
        product.inputs.add(lookup.inputs.get(Embedding.TABLE));
        product.outputs.addAll(lookup.outputs);
        draft.nodes.set(draft.nodes.indexOf(lookup), product);
    }

    private static Operand value(DraftValue value) {
        return new Operand.Value(value, INDEX);
    }

    private Operand constant(String purpose, int... values) {
        long[] elements = IntStream.of(values).asLongStream().toArray();
        return new Operand.Constant(DraftConstant.finished(ChipTensor.ofLongs(draft.freshTensor(lookup.name + "/" + purpose),
                ElementType.ofBits(SHORT_BITS), List.of(values.length), Exponents.of(0), ChipTensor.PLAIN_LAYOUT, elements)));
    }

    private DraftValue insert(String purpose, Op op, int[] shape, Operand... operands) {
        String name = lookup.name + "/" + purpose;
        ChipOperators.Row row = ChipOperators.row(op);
        DraftNode node = new DraftNode(draft.freshNode(name), op, op.onnxType(), SHORT_BITS, row.layout());
        node.inputs.addAll(List.of(operands));
        DraftValue result = new DraftValue(draft.freshTensor(name), shape, INDEX);
        node.outputs.add(result);
        List<String> names = new ArrayList<>();
        node.values().forEach(operand -> names.add(operand.name));
        row.write(op, new NodeLowering(draft, new Node(node.name, op, names, List.of(result.name)), node, any -> Shape.of(shape)));
        draft.nodes.add(draft.nodes.indexOf(lookup), node);
        return result;
    }
}
