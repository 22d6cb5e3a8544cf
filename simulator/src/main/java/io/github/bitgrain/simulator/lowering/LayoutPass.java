package io.github.bitgrain.simulator.lowering;

import io.github.bitgrain.simulator.ChipAttribute;
import io.github.bitgrain.simulator.ChipTensor;
import io.github.bitgrain.simulator.ElementType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * Chooses how the axes of every value are stored: channels last around convolutions, ONNX's order where an operator knows
 * no other, with Transposes between. Rules of ESP-PPQ's exporter; differences where it is wrong: constants of elementwise
 * operators follow the activation beside them, and recorded shapes are the true ones; and operators that move elements do so in the order
 * in which these are stored, where their readers like it.
 */
final class LayoutPass {
    private static final int SEQUENCE_RANK = 3;
    private static final int IMAGE_RANK = 4;
    private static final int AXES_OF_SLICE = 3;

    private final Draft draft;
    private final OrderWishes wishes;
    private final List<DraftNode> placed = new ArrayList<>();
    private final Map<Turn, DraftValue> turned = new HashMap<>();

    /** A value in another order, held as somebody wants it. */
    private record Turn(DraftValue value, Permutation order, Encoding wanted) {}

    private LayoutPass(Draft draft) {
        this.draft = draft;
        this.wishes = new OrderWishes(draft);
    }

    static void run(Draft draft) {
        LayoutPass pass = new LayoutPass(draft);
        for (DraftNode node : draft.nodes) {
            pass.place(node);
        }
        draft.nodes.clear();
        draft.nodes.addAll(pass.placed);
        for (DraftValue input : draft.inputs) {
            store(input);
        }
        for (DraftNode node : draft.nodes) {
            node.outputs.forEach(LayoutPass::store);
        }
    }

    private static void store(DraftValue value) {
        value.stored = value.axesOrIdentity().apply(value.shape);
    }

    private void place(DraftNode node) {
        boolean restores = draft.options.parity() && node.layout.isRestoredInParity()
                || node.layout.passesOn() && givesResult(node) && node.values().stream().anyMatch(LayoutPass::isUnusual);
        switch (restores ? LayoutRule.ONNX_ORDER : node.layout) {
            case CHANNELS_LAST -> channelsLast(node);
            case ANY -> any(node);
            case ELEMENTWISE -> elementwise(node);
            case AXIS -> axis(node);
            case REDUCE -> reduce(node);
            case CONCAT -> concat(node);
            case PAD -> pad(node);
            case SLICE -> slice(node);
            case RESHAPE -> reshape(node);
            case TRANSPOSE -> transpose(node);
            case SQUEEZE -> squeeze(node);
            case UNSQUEEZE -> unsqueeze(node);
            case FLATTEN -> flatten(node);
            case ONNX_ORDER -> onnxOrder(node);
        }
        placed.add(node);
    }

    private boolean givesResult(DraftNode node) {
        return node.outputs.stream().anyMatch(draft.outputs::contains);
    }

    /** Whether a value has an order that nobody expects at the end of a network. */
    private static boolean isUnusual(DraftValue value) {
        return value.axes != null && !value.axes.isIdentity() && !value.axes.equals(Permutation.channelsLast(value.rank()));
    }

    private void channelsLast(DraftNode node) {
        for (int i = 0; i < node.inputs.size(); i++) {
            DraftValue value = node.value(i);
            if (value != null) {
                if (value.rank() != SEQUENCE_RANK && value.rank() != IMAGE_RANK) {
                    throw node.refused("the chip works on images (rank 4) and sequences (rank 3), not on rank " + value.rank());
                }
                bring(node, i, Permutation.channelsLast(value.rank()));
            }
        }
        give(node, Permutation.channelsLast(node.output().rank()));
    }

    private void any(DraftNode node) {
        DraftConstant slope = node.constant(1);
        boolean perChannel = slope != null && slope.role == DraftConstant.Role.SLOPE && slope.tensor.size() > 1;
        int rank = node.value(0).rank();
        if (perChannel && !draft.options.parity() && (rank == SEQUENCE_RANK || rank == IMAGE_RANK)) {
            bring(node, 0, Permutation.channelsLast(rank));
        }
        give(node, settled(node.value(0)));
    }

    private void elementwise(DraftNode node) {
        List<DraftValue> values = node.values();
        int rank = node.output().rank();
        if (values.size() == 2) {
            two(node, values.get(0), values.get(1));
        } else if (values.isEmpty()) {
            throw node.refused("both operands are constants; fold them");
        } else if (values.getFirst().rank() != rank) {
            onnxOrder(node);
        } else {
            Permutation axes = settled(values.getFirst());
            for (int i = 0; i < node.inputs.size(); i++) {
                if (node.constant(i) != null && !draft.options.parity()) {
                    node.constant(i).axes = axes;
                }
            }
            give(node, axes);
        }
    }

    private void two(DraftNode node, DraftValue first, DraftValue second) {
        Permutation a = settled(first);
        Permutation b = settled(second);
        if (first.rank() != second.rank()) {
            onnxOrder(node);
            return;
        }
        Permutation last = Permutation.channelsLast(Math.max(2, first.rank()));
        Permutation target = a.equals(last) || !b.equals(last) && !a.isIdentity() ? a : !b.isIdentity() ? b : a;
        for (int i = 0; i < node.inputs.size(); i++) {
            if (node.value(i) != null) {
                bring(node, i, target);
            }
        }
        give(node, target);
    }

    private void axis(DraftNode node) {
        Permutation axes = settled(node.value(0));
        storedAxis(node, axes);
        give(node, axes);
    }

    private static void storedAxis(DraftNode node, Permutation axes) {
        if (!axes.isIdentity() && node.attributes.get("axis") instanceof ChipAttribute.Int(long axis)) {
            node.attribute("axis", axes.storedAxis((int) axis));
        }
    }

    private void reduce(DraftNode node) {
        Permutation axes = settled(node.value(0));
        boolean keep = node.attributes.get("keepdims").equals(new ChipAttribute.Int(1));
        if (axes.isIdentity()) {
            give(node, Permutation.identity(node.output().rank()));
            return;
        }
        List<Integer> stored = storedAxes(node, axes);
        give(node, keep ? axes : axes.without(stored));
    }

    /** Lets a node's list of axes, its operand 1, follow the storage. */
    private static List<Integer> storedAxes(DraftNode node, Permutation axes) {
        List<Integer> stored = Arrays.stream(node.constant(1).finished.ints()).mapToObj(axes::storedAxis).sorted().toList();
        renumber(node, 1, stored.stream().mapToLong(Integer::longValue).toArray());
        return stored;
    }

    /** Gives a node's list of numbers about axes, one of its operands, another content. */
    private static void renumber(DraftNode node, int operand, long... stored) {
        ChipTensor list = node.constant(operand).finished;
        ChipTensor renumbered = ChipTensor.ofLongs(list.name(), ElementType.INT64, List.of(stored.length), list.exponents(), list.layout(), stored);
        node.inputs.set(operand, new Operand.Constant(DraftConstant.finished(renumbered)));
    }

    private void concat(DraftNode node) {
        Permutation common = settled(node.value(0));
        for (DraftValue value : node.values()) {
            if (!settled(value).equals(common)) {
                onnxOrder(node);
                return;
            }
        }
        storedAxis(node, common);
        give(node, common);
    }

    private void pad(DraftNode node) {
        Permutation axes = moved(node);
        if (!axes.isIdentity()) {
            int[] pads = Arrays.stream(node.constant(1).finished.longs()).mapToInt(Math::toIntExact).toArray();
            int rank = pads.length / 2;
            int[] begins = axes.apply(Arrays.copyOf(pads, rank));
            int[] ends = axes.apply(Arrays.copyOfRange(pads, rank, pads.length));
            renumber(node, 1, IntStream.concat(Arrays.stream(begins), Arrays.stream(ends)).asLongStream().toArray());
        }
        give(node, axes);
    }

    private void slice(DraftNode node) {
        Permutation axes = moved(node);
        if (!axes.isIdentity()) {
            renumber(node, AXES_OF_SLICE, Arrays.stream(node.constant(AXES_OF_SLICE).finished.ints()).mapToLong(axes::storedAxis).toArray());
        }
        give(node, axes);
    }

    /** The order of what a node moves, channels last from the network's input on where nothing but convolutions follows. */
    private Permutation moved(DraftNode node) {
        DraftValue value = node.value(0);
        boolean image = value.rank() == SEQUENCE_RANK || value.rank() == IMAGE_RANK;
        if (value.axes == null && image && draft.readers(node.output()).stream().allMatch(reader -> reader.layout == LayoutRule.CHANNELS_LAST)) {
            value.axes = Permutation.channelsLast(value.rank());
        }
        return settled(value);
    }

    private void reshape(DraftNode node) {
        DraftValue y = node.output();
        Regrouping regrouping = Regrouping.of(node.value(0).shape, y.shape);
        Permutation from = settled(node.value(0));
        Permutation to = wishes.of(y);
        if (!regrouping.keeps(from, to)) {
            Permutation source = regrouping.source(to);
            Permutation result = regrouping.result(from);
            // What moves in any case moves as late as possible: a Transpose may follow that does it along with its own work.
            if (from.isIdentity() || source == null && result != null) {
                to = result;
            } else {
                to = source == null ? Permutation.identity(y.rank()) : to;
                bring(node, 0, source == null ? Permutation.identity(node.value(0).rank()) : source);
            }
        }
        if (!to.isIdentity() || !node.value(0).axes.isIdentity()) {
            renumber(node, 1, Arrays.stream(to.apply(y.shape)).asLongStream().toArray());
        }
        give(node, to);
    }

    /** The permutation of a Transpose. */
    static Permutation turn(DraftNode node) {
        int rank = node.output().rank();
        ChipAttribute.Ints perm = (ChipAttribute.Ints) node.attributes.get("perm");
        return Permutation.of(perm.values().stream().mapToInt(axis -> Math.toIntExact(axis < 0 ? axis + rank : axis)).toArray());
    }

    private void transpose(DraftNode node) {
        Permutation unmoved = turn(node).inverse().then(settled(node.value(0)));
        Permutation to = wishes.of(node.output());
        node.attribute("perm", unmoved.inverse().then(to).toArray());
        give(node, to);
    }

    private void squeeze(DraftNode node) {
        Permutation axes = settled(node.value(0));
        if (axes.isIdentity() || givesResult(node)) {
            onnxOrder(node);
            return;
        }
        give(node, axes.without(storedAxes(node, axes)));
    }

    private void unsqueeze(DraftNode node) {
        Permutation axes = settled(node.value(0));
        if (axes.isIdentity() || givesResult(node)) {
            onnxOrder(node);
            return;
        }
        int rank = node.output().rank();
        List<Integer> added = Arrays.stream(node.constant(1).finished.ints()).mapToObj(axis -> axis < 0 ? axis + rank : axis).sorted().toList();
        Permutation wider = axes.with(added);
        renumber(node, 1, added.stream().mapToLong(wider::storedAxis).sorted().toArray());
        give(node, wider);
    }

    private void flatten(DraftNode node) {
        DraftValue x = node.value(0);
        Permutation axes = settled(x);
        int[] stored = axes.apply(x.shape);
        int rows = node.output().shape[0];
        int first = 0;
        int size = 1;
        while (first < stored.length && size < rows) {
            size *= stored[first++];
        }
        Permutation matrix = Permutation.identity(node.output().rank());
        if (axes.isIdentity() || size != rows || !Regrouping.of(x.shape, node.output().shape).keeps(axes, matrix)) {
            onnxOrder(node);
            return;
        }
        node.attribute("axis", first);
        give(node, matrix);
    }

    private void onnxOrder(DraftNode node) {
        for (int i = 0; i < node.inputs.size(); i++) {
            if (node.value(i) != null) {
                bring(node, i, Permutation.identity(node.value(i).rank()));
            }
        }
        for (DraftValue output : node.outputs) {
            output.axes = Permutation.identity(output.rank());
        }
    }

    /** The order of a value; a graph input that nobody has claimed yet keeps ONNX's. */
    private static Permutation settled(DraftValue value) {
        value.axes = value.axesOrIdentity();
        return value.axes;
    }

    private static void give(DraftNode node, Permutation axes) {
        node.outputs.forEach(output -> output.axes = axes);
    }

    private void bring(DraftNode node, int input, Permutation target) {
        DraftValue value = node.value(input);
        if (value.axes == null) {
            value.axes = target;
        }
        if (!value.axes.equals(target)) {
            node.redirect(input, transposed(node, input, value, target));
        }
    }

    private DraftValue transposed(DraftNode reader, int input, DraftValue value, Permutation target) {
        Turn turn = new Turn(value, target, reader.wanted(input));
        if (turned.containsKey(turn) && !draft.options.parity()) {
            return turned.get(turn);
        }
        String name = reader.name + "/transpose_" + input;
        // As in ESP-PPQ, the value is converted first and transposed then: the Transpose is held as its reader wants it.
        DraftNode transpose = new DraftNode(draft.freshNode(name), null, "Transpose", reader.bits, LayoutRule.ONNX_ORDER);
        transpose.inputs.add(new Operand.Value(value, reader.wanted(input)));
        transpose.attribute("perm", value.axes.inverse().then(target).toArray());
        DraftValue result = new DraftValue(draft.freshTensor(name), value.shape, reader.wanted(input));
        result.axes = target;
        transpose.outputs.add(result);
        placed.add(transpose);
        turned.put(turn, result);
        return result;
    }
}
