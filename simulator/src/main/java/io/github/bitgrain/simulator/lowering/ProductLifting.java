package io.github.bitgrain.simulator.lowering;

import io.github.bitgrain.core.op.Add;
import io.github.bitgrain.core.op.Concat;
import io.github.bitgrain.core.op.Conv;
import io.github.bitgrain.core.op.ConvTranspose;
import io.github.bitgrain.core.op.Gemm;
import io.github.bitgrain.core.op.InsertZeros;
import io.github.bitgrain.core.op.MatMul;
import io.github.bitgrain.core.op.Op;
import io.github.bitgrain.core.op.Pads;
import io.github.bitgrain.core.op.Relu;
import io.github.bitgrain.core.op.Size;
import io.github.bitgrain.core.op.Slice;
import io.github.bitgrain.core.tensor.Shape;
import io.github.bitgrain.core.tensor.Tensor;
import io.github.bitgrain.simulator.ChipNode;
import io.github.bitgrain.simulator.ChipTensor;
import io.github.bitgrain.simulator.lowering.LiftedGraph.Value;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** The way back for Conv, Gemm and MatMul: weights out of the filter layout, real numbers, the fused activation a node of its own. */
final class ProductLifting {
    private ProductLifting() {}

    /** A list attribute of a window, height first; 1-D nodes have height 1. */
    static Size size(ChipNode node, String attribute, int rank) {
        List<Long> values = node.integers(attribute, List.of());
        if (values.isEmpty()) {
            return Size.ONE;
        }
        int last = values.getLast().intValue();
        return rank == 3 ? new Size(1, last) : new Size(values.getFirst().intValue(), last);
    }

    /** The pads attribute. */
    static Pads pads(ChipNode node, int rank) {
        List<Long> pads = node.integers("pads", List.of(0L, 0L, 0L, 0L));
        int[] p = pads.stream().mapToInt(Long::intValue).toArray();
        return rank == 3 && p.length == 2 ? new Pads(0, p[0], 0, p[1]) : new Pads(p[0], p[1], p[2], p[3]);
    }

    /** Which axes the weights of the float node have. */
    private enum Form { CONV, ROWS, COLUMNS }

    /** Weights as [outputs, inputs, positions…] (Conv), [outputs, inputs] (rows) or [inputs, outputs] (columns). */
    private static String weights(ChipNode node, LiftedGraph graph, boolean grouped, Form form) {
        ChipTensor weight = graph.parameter(node, 1);
        if (weight == null) {
            throw graph.refused(node, "its weights are computed");
        }
        FilterLayout layout = FilterLayout.of(weight, grouped).orElseGet(() -> FilterLayout.of(weight, grouped, lanes(graph, weight)));
        int[] integers = layout.unpack(weight.ints());
        float[] reals = new float[integers.length];
        for (int i = 0; i < reals.length; i++) {
            int channel = i / (integers.length / layout.outputs());
            int at = form == Form.COLUMNS ? i % layout.inputs() * layout.outputs() + channel : i;
            reals[at] = Math.scalb((float) integers[i], weight.exponents().get(weight.exponents().count() == 1 ? 0 : channel));
        }
        if (form != Form.CONV && layout.positions() != 1) {
            throw graph.refused(node, "its weights have dimensions " + weight.dims());
        }
        List<Integer> dims = new ArrayList<>(form == Form.COLUMNS
                ? List.of(layout.inputs(), layout.outputs()) : List.of(layout.outputs(), layout.inputs()));
        if (form == Form.CONV) {
            dims.addAll(weight.dims().subList(0, weight.dims().size() - 2));
        }
        return graph.constant(weight.name(), new Tensor(Shape.of(dims.stream().mapToInt(Integer::intValue).toArray()), reals));
    }

    private static int lanes(LiftedGraph graph, ChipTensor weight) {
        return graph.target().blockedWeights() ? graph.target().lanes(weight.type().bytes() * Byte.SIZE) : FilterLayout.PLAIN;
    }

    private static void addBias(ChipNode node, LiftedGraph graph, List<String> operands) {
        ChipTensor bias = graph.parameter(node, 2);
        if (bias != null) {
            operands.add(graph.constant(bias.name(), Tensor.vector(LiftedGraph.reals(bias))));
        }
    }

    /** Adds the node, and a Relu behind it where one is fused. */
    private static void add(ChipNode node, LiftedGraph graph, Op op, List<String> operands, Permutation axes) {
        String output = node.outputs().getFirst();
        boolean relu = switch (node.text(ChipNode.ACTIVATION, "Linear")) {
            case "Linear", "None" -> false;
            case "Relu" -> true;
            default -> throw graph.refused(node, "activation " + node.text(ChipNode.ACTIVATION, "") + " has no fused kernel on a chip");
        };
        String y = graph.add(node.name(), op, operands, relu ? output + "_linear" : output);
        if (relu) {
            y = graph.add(node.name() + "/relu", new Relu(), List.of(y), output);
        }
        graph.bind(output, y, axes);
    }

    static void conv(ChipNode node, LiftedGraph graph) {
        Value x = graph.value(node, 0);
        int rank = x.axes().rank();
        int groups = Math.toIntExact(node.integer("group", 1));
        Permutation axes = Permutation.channelsLast(rank);
        List<String> operands = new ArrayList<>(List.of(graph.inOrder(x, axes), weights(node, graph, groups != 1, Form.CONV)));
        addBias(node, graph, operands);
        if (isTransposed(node, rank, graph)) {
            transposed(node, graph, operands, groups);
            return;
        }
        add(node, graph, new Conv(size(node, "strides", rank), pads(node, rank), size(node, "dilations", rank), groups), operands, axes);
    }

    /** The float operator of an InsertZeros. */
    static InsertZeros zeros(ChipNode node, int rank) {
        Size extra = node.has("output_padding") ? size(node, "output_padding", rank) : Size.ZERO;
        return new InsertZeros(size(node, "stride", rank), rank == 3 ? new Size(0, extra.w()) : extra);
    }

    /** Whether the node is the second half of a transposed convolution as ONNX allows it. */
    private static boolean isTransposed(ChipNode node, int rank, LiftedGraph graph) {
        ChipNode maker = graph.maker(node.inputs().getFirst());
        if (maker == null || !maker.opType().equals("InsertZeros") || !size(node, "strides", rank).equals(Size.ONE)) {
            return false;
        }
        InsertZeros zeros = zeros(maker, rank);
        Pads cut = cut(node, graph.parameter(node, 1).dims(), rank);
        return zeros.outputPadding().h() < zeros.stride().h() && zeros.outputPadding().w() < zeros.stride().w()
                && Math.min(Math.min(cut.top(), cut.left()), Math.min(cut.bottom(), cut.right())) >= 0;
    }

    /** What a transposed convolution cuts off where the convolution of the spread image pads: reach of the kernel less padding. */
    private static Pads cut(ChipNode node, List<Integer> weight, int rank) {
        Size dilation = size(node, "dilations", rank);
        Pads pads = pads(node, rank);
        int reachH = rank == 3 ? 0 : dilation.h() * (weight.getFirst() - 1);
        int reachW = dilation.w() * (weight.get(rank - 3) - 1);
        return new Pads(reachH - pads.top(), reachW - pads.left(), reachH - pads.bottom(), reachW - pads.right());
    }

    /** InsertZeros and Conv as one ConvTranspose, whose weights have their taps and, in each group, their channels the other way. */
    private static void transposed(ChipNode node, LiftedGraph graph, List<String> operands, int groups) {
        ChipNode maker = graph.maker(node.inputs().getFirst());
        Value x = graph.value(maker, 0);
        int rank = x.axes().rank();
        InsertZeros zeros = zeros(maker, rank);
        Permutation axes = Permutation.channelsLast(rank);
        List<String> all = new ArrayList<>(operands);
        all.set(0, graph.inOrder(x, axes));
        all.set(1, graph.constant(operands.get(1), turned(graph.tensor(operands.get(1)), groups)));
        add(node, graph, new ConvTranspose(zeros.stride(), cut(node, graph.parameter(node, 1).dims(), rank), size(node, "dilations", rank), groups,
                zeros.outputPadding()), all, axes);
    }

    /** [M, C/groups, taps…] → [C, M/groups, taps…], taps in reverse order. */
    private static Tensor turned(Tensor weight, int groups) {
        int[] dims = weight.shape().dims().clone();
        int outputs = dims[0] / groups;
        int inputs = dims[1];
        int taps = weight.size() / dims[0] / inputs;
        float[] turned = new float[weight.size()];
        for (int i = 0; i < turned.length; i++) {
            int tap = i % taps;
            int c = i / taps % inputs;
            int m = i / taps / inputs;
            int to = ((m / outputs * inputs + c) * outputs + m % outputs) * taps + taps - 1 - tap;
            turned[to] = weight.data()[i];
        }
        dims[0] = inputs * groups;
        dims[1] = outputs;
        return new Tensor(Shape.of(dims), turned);
    }

    static void gemm(ChipNode node, LiftedGraph graph) {
        Value x = graph.value(node, 0);
        String input = graph.asStored(x);
        int rank = x.axes().rank();
        if (rank == 2) {
            List<String> operands = new ArrayList<>(List.of(input, weights(node, graph, false, Form.ROWS)));
            addBias(node, graph, operands);
            add(node, graph, new Gemm(1, 1, false, true), operands, Permutation.identity(rank));
            return;
        }
        // ONNX's Gemm takes matrices only.
        String right = weights(node, graph, false, Form.COLUMNS);
        if (!LiftedGraph.has(node, 2)) {
            add(node, graph, new MatMul(), List.of(input, right), Permutation.identity(rank));
            return;
        }
        String product = graph.add(node.name() + "/product", new MatMul(), List.of(input, right), node.outputs().getFirst() + "_product");
        List<String> operands = new ArrayList<>(List.of(product));
        addBias(node, graph, operands);
        add(node, graph, new Add(), operands, Permutation.identity(rank));
    }

    static void matMul(ChipNode node, LiftedGraph graph) {
        Value a = graph.value(node, 0);
        String left = graph.asStored(a);
        boolean constant = graph.parameter(node, 1) != null;
        String right = constant ? weights(node, graph, false, Form.COLUMNS) : unblocked(node, graph);
        int rank = Math.max(a.axes().rank(), graph.shape(right).rank());
        add(node, graph, new MatMul(), List.of(left, right), Permutation.identity(rank));
    }

    /**
     * The right operand of a product of two values, whose memory the program has brought into the filter layout: the inverse of
     * that, which cancels against the program's own Reshape and Transpose nodes.
     */
    private static String unblocked(ChipNode node, LiftedGraph graph) {
        String stored = graph.asStored(graph.value(node, 1));
        int[] dims = graph.shape(stored).dims().clone();
        int rank = dims.length;
        int inputs = dims[rank - 2];
        int outputs = dims[rank - 1];
        int lanes = graph.target().blockedWeights() ? graph.target().lanes(graph.bits(node.inputs().get(1))) : 1;
        int blocked = graph.target().blockedWeights() ? outputs - outputs % lanes : 0;
        if (blocked == outputs) {
            return blocks(node, graph, stored, Arrays.copyOf(dims, rank - 2), inputs, outputs, lanes);
        }
        int[] batch = Arrays.copyOf(dims, rank - 2);
        if (blocked == 0) {
            return rows(node, graph, stored, batch, inputs, outputs);
        }
        int[] flat = Arrays.copyOf(dims, rank - 1);
        flat[rank - 2] = inputs * outputs;
        String memory = graph.asStored(graph.reshape(node.name() + "/memory", stored, flat, node.inputs().get(1) + "_memory"));
        String low = cut(node, graph, memory, 0, inputs * blocked);
        String high = cut(node, graph, memory, inputs * blocked, inputs * outputs);
        List<String> parts = List.of(blocks(node, graph, low, batch, inputs, blocked, lanes),
                rows(node, graph, high, batch, inputs, outputs - blocked));
        return graph.add(node.name() + "/columns", new Concat(rank - 1), parts, node.inputs().get(1) + "_columns");
    }

    private static String cut(ChipNode node, LiftedGraph graph, String memory, int from, int to) {
        int axis = graph.shape(memory).rank() - 1;
        return graph.add(node.name() + "/slice", new Slice(List.of(axis), List.of((long) from), List.of((long) to), List.of(1L)),
                List.of(memory), node.inputs().get(1) + "_part");
    }

    /** Memory [outputs / lanes][inputs][lanes] → [inputs, outputs]. */
    private static String blocks(ChipNode node, LiftedGraph graph, String memory, int[] batch, int inputs, int outputs, int lanes) {
        int rank = batch.length;
        Value blocks = graph.reshape(node.name() + "/blocks", memory, with(batch, outputs / lanes, inputs, lanes), node.inputs().get(1) + "_blocks");
        int[] turn = Permutation.identity(rank + 3).toArray();
        turn[rank] = rank + 1;
        turn[rank + 1] = rank;
        String turned = graph.asStored(new Value(blocks.tensor(), blocks.axes().then(Permutation.of(turn))));
        return graph.asStored(graph.reshape(node.name() + "/matrix", turned, with(batch, inputs, outputs), node.inputs().get(1) + "_matrix"));
    }

    /** Memory [outputs][inputs] → [inputs, outputs]. */
    private static String rows(ChipNode node, LiftedGraph graph, String memory, int[] batch, int inputs, int outputs) {
        int rank = batch.length;
        Value rows = graph.reshape(node.name() + "/rows", memory, with(batch, outputs, inputs), node.inputs().get(1) + "_rows");
        int[] turn = Permutation.identity(rank + 2).toArray();
        turn[rank] = rank + 1;
        turn[rank + 1] = rank;
        return graph.asStored(new Value(rows.tensor(), rows.axes().then(Permutation.of(turn))));
    }

    private static int[] with(int[] batch, int... more) {
        int[] dims = Arrays.copyOf(batch, batch.length + more.length);
        System.arraycopy(more, 0, dims, batch.length, more.length);
        return dims;
    }
}
