package io.github.bitgrain.simulator.lowering;

import io.github.bitgrain.core.graph.Node;
import io.github.bitgrain.core.op.Concat;
import io.github.bitgrain.core.op.MatMul;
import io.github.bitgrain.core.op.Op;
import io.github.bitgrain.core.op.Reshape;
import io.github.bitgrain.core.op.Slice;
import io.github.bitgrain.core.op.Transpose;
import io.github.bitgrain.core.tensor.Shape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;

/**
 * The chip's MatMul reads its second operand as a filter. A constant one is stored so; in front of a computed one come
 * nodes that bring it into that order while the model runs.
 */
final class MatMulOperands {
    private final Draft draft;
    private final DraftNode matMul;
    private final Encoding encoding;
    private int inserted;

    private MatMulOperands(Draft draft, DraftNode matMul) {
        this.draft = draft;
        this.matMul = matMul;
        this.encoding = matMul.wanted(1);
    }

    static void run(Draft draft) {
        for (DraftNode node : List.copyOf(draft.nodes)) {
            if (node.op instanceof MatMul && node.isQuantized() && node.value(1) != null) {
                DraftValue ordered = new MatMulOperands(draft, node).inFilterOrder(node.value(1));
                node.redirect(1, ordered);
            }
        }
    }

    private DraftValue inFilterOrder(DraftValue matrix) {
        int[] shape = matrix.shape;
        if (shape.length < 2) {
            throw matMul.refused("the chip's MatMul needs a matrix as second operand, this one has rank " + shape.length);
        }
        int columns = shape[shape.length - 1];
        int lanes = draft.target().lanes(matMul.bits);
        if (!draft.target().blockedWeights()) {
            return reshape(swapped(matrix), shape);
        }
        if (columns % lanes == 0) {
            int[] split = join(leading(shape, 1), columns / lanes, lanes);
            return reshape(transpose(reshape(matrix, split), -2, -3, -1), shape);
        }
        DraftValue rows = swapped(matrix);
        int blocked = columns - columns % lanes;
        if (blocked == 0) {
            return reshape(rows, shape);
        }
        int inner = shape[shape.length - 2];
        DraftValue whole = rows(rows, 0, blocked);
        DraftValue blocks = transpose(reshape(whole, join(leading(shape, 2), blocked / lanes, lanes, inner)), -3, -1, -2);
        DraftValue joined = concat(reshape(blocks, join(leading(shape, 2), blocked, inner)), rows(rows, blocked, columns));
        return reshape(joined, shape);
    }

    private DraftValue swapped(DraftValue matrix) {
        return transpose(matrix, -1, -2);
    }

    /** Transposes the last axes, which are given as they count from the end. */
    private DraftValue transpose(DraftValue value, int... last) {
        int rank = value.rank();
        int[] axes = IntStream.range(0, rank).toArray();
        for (int i = 0; i < last.length; i++) {
            axes[rank - last.length + i] = rank + last[i];
        }
        List<Integer> permutation = IntStream.of(axes).boxed().toList();
        return insert(new Transpose(permutation), Permutation.of(axes).apply(value.shape), value);
    }

    private DraftValue reshape(DraftValue value, int[] shape) {
        return insert(new Reshape(IntStream.of(shape).asLongStream().boxed().toList(), false), shape, value);
    }

    private DraftValue rows(DraftValue value, int from, int to) {
        int rank = value.rank();
        int[] shape = value.shape.clone();
        shape[rank - 2] = to - from;
        List<Long> starts = new ArrayList<>(Collections.nCopies(rank, 0L));
        List<Long> ends = new ArrayList<>(IntStream.of(value.shape).asLongStream().boxed().toList());
        starts.set(rank - 2, (long) from);
        ends.set(rank - 2, (long) to);
        List<Integer> axes = IntStream.range(0, rank).boxed().toList();
        return insert(new Slice(axes, starts, ends, Collections.nCopies(rank, 1L)), shape, value);
    }

    private DraftValue concat(DraftValue first, DraftValue second) {
        int[] shape = first.shape.clone();
        shape[shape.length - 2] += second.shape[shape.length - 2];
        return insert(new Concat(shape.length - 2), shape, first, second);
    }

    private DraftValue insert(Op op, int[] shape, DraftValue... operands) {
        String name = matMul.name + "/operand_" + inserted++;
        ChipOperators.Row row = ChipOperators.row(op);
        DraftNode node = new DraftNode(draft.freshNode(name), op, op.onnxType(), matMul.bits, row.layout());
        List<String> inputNames = new ArrayList<>();
        for (DraftValue operand : operands) {
            node.inputs.add(new Operand.Value(operand, encoding));
            inputNames.add(operand.name);
        }
        DraftValue result = new DraftValue(draft.freshTensor(name), shape, encoding);
        node.outputs.add(result);
        Node source = new Node(node.name, op, inputNames, List.of(result.name));
        row.write(op, new NodeLowering(draft, source, node, anyName -> Shape.of(operands[0].shape)));
        draft.nodes.add(draft.nodes.indexOf(matMul), node);
        return result;
    }

    private static int[] leading(int[] shape, int dropped) {
        return Arrays.copyOf(shape, shape.length - dropped);
    }

    private static int[] join(int[] leading, int... last) {
        return IntStream.concat(IntStream.of(leading), IntStream.of(last)).toArray();
    }
}
