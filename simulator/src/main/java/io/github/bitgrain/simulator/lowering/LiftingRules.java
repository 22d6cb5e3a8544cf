package io.github.bitgrain.simulator.lowering;

import io.github.bitgrain.core.op.Add;
import io.github.bitgrain.core.op.AveragePool;
import io.github.bitgrain.core.op.Clip;
import io.github.bitgrain.core.op.Concat;
import io.github.bitgrain.core.op.DepthToSpace;
import io.github.bitgrain.core.op.Div;
import io.github.bitgrain.core.op.Elu;
import io.github.bitgrain.core.op.Erf;
import io.github.bitgrain.core.op.Exp;
import io.github.bitgrain.core.op.Flatten;
import io.github.bitgrain.core.op.Gather;
import io.github.bitgrain.core.op.Gelu;
import io.github.bitgrain.core.op.GlobalAveragePool;
import io.github.bitgrain.core.op.HardSigmoid;
import io.github.bitgrain.core.op.HardSwish;
import io.github.bitgrain.core.op.Identity;
import io.github.bitgrain.core.op.LeakyRelu;
import io.github.bitgrain.core.op.Log;
import io.github.bitgrain.core.op.LogSoftmax;
import io.github.bitgrain.core.op.Max;
import io.github.bitgrain.core.op.MaxPool;
import io.github.bitgrain.core.op.Min;
import io.github.bitgrain.core.op.Mul;
import io.github.bitgrain.core.op.Neg;
import io.github.bitgrain.core.op.Op;
import io.github.bitgrain.core.op.PRelu;
import io.github.bitgrain.core.op.Pad;
import io.github.bitgrain.core.op.Reciprocal;
import io.github.bitgrain.core.op.ReduceMax;
import io.github.bitgrain.core.op.ReduceMean;
import io.github.bitgrain.core.op.ReduceMin;
import io.github.bitgrain.core.op.ReduceSum;
import io.github.bitgrain.core.op.Relu;
import io.github.bitgrain.core.op.Reshape;
import io.github.bitgrain.core.op.Resize;
import io.github.bitgrain.core.op.Sigmoid;
import io.github.bitgrain.core.op.Slice;
import io.github.bitgrain.core.op.Softmax;
import io.github.bitgrain.core.op.Split;
import io.github.bitgrain.core.op.Sqrt;
import io.github.bitgrain.core.op.Squeeze;
import io.github.bitgrain.core.op.Sub;
import io.github.bitgrain.core.op.Swish;
import io.github.bitgrain.core.op.Tanh;
import io.github.bitgrain.core.op.Transpose;
import io.github.bitgrain.core.op.Unsqueeze;
import io.github.bitgrain.core.tensor.Shape;
import io.github.bitgrain.core.tensor.Tensor;
import io.github.bitgrain.simulator.ChipNode;
import io.github.bitgrain.simulator.ChipTensor;
import io.github.bitgrain.simulator.lowering.LiftedGraph.Value;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.BiFunction;
import java.util.function.Function;

/** The one table of the way back: chip operator → float nodes. */
final class LiftingRules {
    /** Adds the float nodes of a chip node and says what its outputs are. */
    @FunctionalInterface
    interface Rule {
        void lift(ChipNode node, LiftedGraph graph);
    }

    private static final Map<String, Rule> TABLE = new TreeMap<>();
    private static final Set<String> KEEPS_AXES = new HashSet<>();

    static {
        TABLE.put("Conv", ProductLifting::conv);
        TABLE.put("Gemm", ProductLifting::gemm);
        TABLE.put("MatMul", ProductLifting::matMul);
        TABLE.put("MaxPool", (node, graph) -> window(node, graph, rank -> new MaxPool(ProductLifting.size(node, "kernel_shape", rank),
                ProductLifting.size(node, "strides", rank), ProductLifting.pads(node, rank), ProductLifting.size(node, "", rank), false)));
        // The chip divides by the whole kernel, whatever lies in the padding.
        TABLE.put("AveragePool", (node, graph) -> window(node, graph, rank -> new AveragePool(
                ProductLifting.size(node, "kernel_shape", rank), ProductLifting.size(node, "strides", rank),
                ProductLifting.pads(node, rank), true, false)));
        TABLE.put("GlobalAveragePool", (node, graph) -> window(node, graph, rank -> new GlobalAveragePool()));
        TABLE.put("Resize", LiftingRules::resize);
        // Before a Conv the two become a ConvTranspose: ProductLifting.
        TABLE.put("InsertZeros", (node, graph) -> window(node, graph, rank -> ProductLifting.zeros(node, rank)));
        TABLE.put("DepthToSpace", (node, graph) -> window(node, graph, rank -> new DepthToSpace(
                Math.toIntExact(node.integer("blocksize", 1)), node.text("mode", "DCR").equals("CRD"))));
        TABLE.put("SpaceToDepth", LiftingRules::spaceToDepth);
        TABLE.put("GRU", SequenceLifting::gru);
        TABLE.put("LSTM", SequenceLifting::lstm);
        TABLE.put("LayerNormalization", SequenceLifting::layerNorm);
        TABLE.put("RMSNormalization", SequenceLifting::rmsNorm);
        keepsAxes("QuantizeLinear", LiftingRules::rename);
        keepsAxes("RequantizeLinear", LiftingRules::rename);
        keepsAxes("DequantizeLinear", LiftingRules::rename);
        activation("Relu", node -> new Relu());
        activation("LeakyRelu", node -> new LeakyRelu(node.real("alpha", 0.01f)));
        activation("Sigmoid", node -> new Sigmoid());
        activation("Tanh", node -> new Tanh());
        activation("HardSigmoid", node -> new HardSigmoid(node.real("alpha", 0.2f), node.real("beta", 0.5f)));
        activation("HardSwish", node -> new HardSwish());
        activation("Swish", node -> new Swish());
        activation("Elu", node -> new Elu(node.real("alpha", 1)));
        activation("Exp", node -> new Exp());
        activation("Log", node -> new Log());
        activation("Sqrt", node -> new Sqrt());
        activation("Erf", node -> new Erf());
        activation("Neg", node -> new Neg());
        activation("Identity", node -> new Identity());
        activation("Gelu", node -> new Gelu(node.text("approximate", "none").equals("tanh")));
        keepsAxes("LUT", LiftingRules::table);
        keepsAxes("Clip", LiftingRules::clip);
        keepsAxes("PRelu", LiftingRules::prelu);
        keepsAxes("Add", (node, graph) -> elementwise(node, graph, new Add()));
        keepsAxes("Sub", (node, graph) -> elementwise(node, graph, new Sub()));
        keepsAxes("Mul", (node, graph) -> elementwise(node, graph, new Mul()));
        keepsAxes("Div", (node, graph) -> elementwise(node, graph, new Div()));
        keepsAxes("Max", (node, graph) -> elementwise(node, graph, new Max()));
        keepsAxes("Min", (node, graph) -> elementwise(node, graph, new Min()));
        keepsAxes("Pow", LiftingRules::power);
        keepsAxes("Softmax", (node, graph) -> unary(node, graph, axes -> new Softmax(axis(node, axes, -1))));
        keepsAxes("LogSoftmax", (node, graph) -> unary(node, graph, axes -> new LogSoftmax(axis(node, axes, -1))));
        keepsAxes("Concat", LiftingRules::concat);
        keepsAxes("Split", LiftingRules::split);
        TABLE.put("ReduceMean", (node, graph) -> reduce(node, graph, ReduceMean::new));
        TABLE.put("ReduceSum", (node, graph) -> reduce(node, graph, ReduceSum::new));
        TABLE.put("ReduceMax", (node, graph) -> reduce(node, graph, ReduceMax::new));
        TABLE.put("ReduceMin", (node, graph) -> reduce(node, graph, ReduceMin::new));
        TABLE.put("Transpose", LiftingRules::transpose);
        TABLE.put("Reshape", LiftingRules::reshape);
        stored("Flatten", (node, graph) -> new Flatten((int) node.integer("axis", 1)));
        stored("Squeeze", (node, graph) -> new Squeeze(ints(graph.integers(node, 1, longs(node, "axes")))));
        stored("Unsqueeze", (node, graph) -> new Unsqueeze(ints(graph.integers(node, 1, longs(node, "axes")))));
        stored("Slice", LiftingRules::slice);
        stored("Pad", LiftingRules::pad);
        stored("Gather", LiftingRules::gather);
    }

    private LiftingRules() {}

    /** The rule of an operator, or null if it has none. */
    static Rule of(String opType) {
        return TABLE.get(opType);
    }

    /** Whether the outputs of an operator have the axes of its inputs, in the same order. */
    static boolean keepsAxes(String opType) {
        return KEEPS_AXES.contains(opType);
    }

    private static void keepsAxes(String opType, Rule rule) {
        TABLE.put(opType, rule);
        KEEPS_AXES.add(opType);
    }

    private static void activation(String opType, Function<ChipNode, Op> op) {
        keepsAxes(opType, (node, graph) -> unary(node, graph, axes -> op.apply(node)));
    }

    private static void stored(String opType, BiFunction<ChipNode, LiftedGraph, Op> op) {
        TABLE.put(opType, (node, graph) -> {
            String x = graph.asStored(graph.value(node, 0));
            String y = graph.add(node.name(), op.apply(node, graph), List.of(x), node.outputs().getFirst());
            graph.bind(node.outputs().getFirst(), y, Permutation.identity(graph.shape(y).rank()));
        });
    }

    private static void rename(ChipNode node, LiftedGraph graph) {
        Value x = graph.value(node, 0);
        graph.bind(node.outputs().getFirst(), x.tensor(), x.axes());
    }

    private static void unary(ChipNode node, LiftedGraph graph, Function<Permutation, Op> op) {
        Value x = graph.value(node, 0);
        String y = graph.add(node.name(), op.apply(x.axes()), List.of(x.tensor()), node.outputs().getFirst());
        graph.bind(node.outputs().getFirst(), y, x.axes());
    }

    private static void window(ChipNode node, LiftedGraph graph, Function<Integer, Op> op) {
        Value x = graph.value(node, 0);
        Permutation axes = Permutation.channelsLast(x.axes().rank());
        String y = graph.add(node.name(), op.apply(axes.rank()), List.of(graph.inOrder(x, axes)), node.outputs().getFirst());
        graph.bind(node.outputs().getFirst(), y, axes);
    }

    private static void resize(ChipNode node, LiftedGraph graph) {
        String mode = node.text("mode", "nearest");
        boolean corners = node.text("coordinate_transformation_mode", "half_pixel").equals("align_corners");
        if (!mode.equals("nearest") && !mode.equals("linear")) {
            throw graph.refused(node, "mode " + mode + " has no kernel on a chip");
        }
        // The chip's nearest neighbour is the floor of position / scale, whatever the node states.
        Resize.Mode kind = mode.equals("nearest") ? Resize.Mode.NEAREST : Resize.Mode.LINEAR;
        Resize.Coordinates coordinates = mode.equals("nearest") ? Resize.Coordinates.ASYMMETRIC
                : corners ? Resize.Coordinates.ALIGN_CORNERS : Resize.Coordinates.HALF_PIXEL;
        ChipTensor scales = graph.parameter(node, 2);
        List<Float> factors = new ArrayList<>();
        List<Long> sizes = new ArrayList<>();
        if (scales != null && scales.count() == 4) {
            for (float factor : scales.floats()) {
                factors.add(factor);
            }
        } else {
            Arrays.stream(graph.integers(node, 3, new long[0])).forEach(sizes::add);
        }
        window(node, graph, rank -> new Resize(kind, coordinates, Resize.Nearest.FLOOR, -0.75f, factors, sizes));
    }

    private static void table(ChipNode node, LiftedGraph graph) {
        ChipTensor table = graph.table(node);
        if (table == null) {
            throw graph.refused(node, "has no lookup table");
        }
        Op op = TableFunction.of(table, graph.exponent(node.inputs().getFirst())).orElseThrow(() -> graph.refused(node,
                "its lookup table holds no known function"));
        unary(node, graph, axes -> op);
    }

    private static void clip(ChipNode node, LiftedGraph graph) {
        float min = bound(node, graph, 1, Float.NEGATIVE_INFINITY);
        float max = bound(node, graph, 2, Float.POSITIVE_INFINITY);
        unary(node, graph, axes -> new Clip(min, max));
    }

    private static float bound(ChipNode node, LiftedGraph graph, int index, float otherwise) {
        ChipTensor bound = graph.parameter(node, index);
        return bound == null ? otherwise : LiftedGraph.reals(bound)[0];
    }

    /** A power of a constant that other operators give. */
    private static void power(ChipNode node, LiftedGraph graph) {
        ChipTensor exponent = graph.parameter(node, 1);
        float[] powers = exponent == null ? new float[0] : LiftedGraph.reals(exponent);
        for (float power : powers) {
            if (power != powers[0]) {
                powers = new float[0];
            }
        }
        if (powers.length == 0) {
            throw graph.refused(node, "its power is computed or differs by element");
        }
        if (powers[0] == 1) {
            rename(node, graph);
        } else if (powers[0] == 2) {
            Value x = graph.value(node, 0);
            String y = graph.add(node.name(), new Mul(), List.of(x.tensor(), x.tensor()), node.outputs().getFirst());
            graph.bind(node.outputs().getFirst(), y, x.axes());
        } else if (powers[0] == 0.5f) {
            unary(node, graph, axes -> new Sqrt());
        } else if (powers[0] == -1) {
            unary(node, graph, axes -> new Reciprocal());
        } else {
            throw graph.refused(node, "its power " + powers[0] + " is not 2, 1, 0.5 or -1");
        }
    }

    /** The chip's order of channels, in which the pixels of a channel stay together, is not ONNX's: Reshape, Transpose, Reshape. */
    private static void spaceToDepth(ChipNode node, LiftedGraph graph) {
        int block = Math.toIntExact(node.integer("blocksize", 1));
        Value x = graph.value(node, 0);
        Permutation axes = Permutation.channelsLast(x.axes().rank());
        String tensor = graph.inOrder(x, axes);
        int[] d = graph.shape(tensor).dims();
        String blocks = graph.add(node.name() + "/blocks", new Reshape(List.of((long) d[0], (long) d[1], (long) d[2] / block, (long) block,
                (long) d[3] / block, (long) block), false), List.of(tensor), node.outputs().getFirst() + "_blocks");
        String turned = graph.add(node.name() + "/transpose", new Transpose(List.of(0, 1, 3, 5, 2, 4)), List.of(blocks),
                node.outputs().getFirst() + "_turned");
        String y = graph.add(node.name(), new Reshape(List.of((long) d[0], (long) d[1] * block * block, (long) d[2] / block, (long) d[3] / block),
                false), List.of(turned), node.outputs().getFirst());
        graph.bind(node.outputs().getFirst(), y, axes);
    }

    private static void prelu(ChipNode node, LiftedGraph graph) {
        ChipTensor slope = graph.parameter(node, 1);
        if (slope == null) {
            throw graph.refused(node, "its slope is computed");
        }
        Value x = graph.value(node, 0);
        // Channels are the last stored axis; slopes are one per channel, or one for all.
        int[] dims = new int[x.axes().rank()];
        Arrays.fill(dims, 1);
        dims[x.axes().toArray()[dims.length - 1]] = slope.count();
        String name = graph.constant(slope.name(), new Tensor(Shape.of(dims), LiftedGraph.reals(slope)));
        String y = graph.add(node.name(), new PRelu(), List.of(x.tensor(), name), node.outputs().getFirst());
        graph.bind(node.outputs().getFirst(), y, x.axes());
    }

    private static void elementwise(ChipNode node, LiftedGraph graph, Op op) {
        List<String> operands = new ArrayList<>();
        Permutation axes = axes(node, graph);
        for (int i = 0; i < 2; i++) {
            ChipTensor constant = graph.parameter(node, i);
            operands.add(constant != null ? constant(constant, graph, axes)
                    : axes == null ? graph.asStored(graph.value(node, i)) : graph.inOrder(graph.value(node, i), axes));
        }
        String y = graph.add(node.name(), op, operands, node.outputs().getFirst());
        graph.bind(node.outputs().getFirst(), y, axes == null ? Permutation.identity(graph.shape(y).rank()) : axes);
    }

    /** The order of axes that both operands get: of the first value; null if their ranks differ, then as stored. */
    private static Permutation axes(ChipNode node, LiftedGraph graph) {
        Permutation axes = null;
        for (int i = 0; i < 2; i++) {
            ChipTensor constant = graph.parameter(node, i);
            int rank = constant != null ? constant.dims().size() : graph.value(node, i).axes().rank();
            if (constant == null && axes == null) {
                axes = graph.value(node, i).axes();
            }
            if (axes != null && (constant == null ? rank != axes.rank() : rank > axes.rank())) {
                return null;
            }
        }
        return axes;
    }

    /** A constant that broadcasts against stored axes, in the order of the tensor's axes. */
    private static String constant(ChipTensor constant, LiftedGraph graph, Permutation axes) {
        float[] stored = LiftedGraph.reals(constant);
        List<Integer> dims = new ArrayList<>(constant.dims());
        if (axes == null || stored.length == 1) {
            return graph.constant(constant.name(), new Tensor(stored.length == 1 && dims.isEmpty() ? Shape.of(1) : shape(dims), stored));
        }
        while (dims.size() < axes.rank()) {
            dims.addFirst(1);
        }
        int[] shape = axes.inverse().apply(dims.stream().mapToInt(Integer::intValue).toArray());
        int[] sources = axes.sources(shape);
        float[] values = new float[stored.length];
        for (int i = 0; i < values.length; i++) {
            values[sources[i]] = stored[i];
        }
        return graph.constant(constant.name(), new Tensor(Shape.of(shape), values));
    }

    private static Shape shape(List<Integer> dims) {
        return Shape.of(dims.stream().mapToInt(Integer::intValue).toArray());
    }

    /** The axis attribute, which counts stored axes, as an axis of the tensor. */
    private static int axis(ChipNode node, Permutation axes, int otherwise) {
        int axis = (int) node.integer("axis", otherwise);
        return axes.toArray()[axis < 0 ? axis + axes.rank() : axis];
    }

    private static void concat(ChipNode node, LiftedGraph graph) {
        Permutation axes = graph.value(node, 0).axes();
        List<String> operands = new ArrayList<>();
        for (int i = 0; i < node.inputs().size(); i++) {
            operands.add(graph.inOrder(graph.value(node, i), axes));
        }
        String y = graph.add(node.name(), new Concat(axis(node, axes, 0)), operands, node.outputs().getFirst());
        graph.bind(node.outputs().getFirst(), y, axes);
    }

    private static void split(ChipNode node, LiftedGraph graph) {
        Value x = graph.value(node, 0);
        int axis = axis(node, x.axes(), 0);
        int extent = graph.shape(x.tensor()).dim(axis);
        int parts = node.outputs().size();
        long[] given = graph.integers(node, 1, longs(node, "split"));
        List<Integer> sizes = new ArrayList<>();
        for (int i = 0; i < parts; i++) {
            int each = Math.ceilDiv(extent, parts);
            sizes.add(given.length > 0 ? (int) given[i] : Math.min(each, extent - i * each));
        }
        List<String> made = graph.add(node.name(), new Split(axis, sizes), List.of(x.tensor()), node.outputs());
        for (int i = 0; i < parts; i++) {
            graph.bind(node.outputs().get(i), made.get(i), x.axes());
        }
    }

    private static void reduce(ChipNode node, LiftedGraph graph, BiFunction<List<Integer>, Boolean, Op> op) {
        Value x = graph.value(node, 0);
        int rank = x.axes().rank();
        boolean keep = node.integer("keepdims", 1) != 0;
        List<Integer> stored = new ArrayList<>();
        for (long axis : graph.integers(node, 1, longs(node, "axes"))) {
            stored.add((int) (axis < 0 ? axis + rank : axis));
        }
        if (stored.isEmpty()) {
            if (node.integer("noop_with_empty_axes", 0) != 0) {
                rename(node, graph);
                return;
            }
            for (int axis = 0; axis < rank; axis++) {
                stored.add(axis);
            }
        }
        int[] order = x.axes().toArray();
        List<Integer> axes = stored.stream().map(axis -> order[axis]).sorted().toList();
        String y = graph.add(node.name(), op.apply(axes, keep), List.of(x.tensor()), node.outputs().getFirst());
        graph.bind(node.outputs().getFirst(), y, keep ? x.axes() : x.axes().without(stored));
    }

    private static void transpose(ChipNode node, LiftedGraph graph) {
        Value x = graph.value(node, 0);
        int rank = x.axes().rank();
        int[] turn = new int[rank];
        List<Long> perm = node.integers("perm", List.of());
        for (int i = 0; i < rank; i++) {
            int axis = perm.isEmpty() ? rank - 1 - i : perm.get(i).intValue();
            turn[i] = axis < 0 ? axis + rank : axis;
        }
        if (Arrays.stream(turn).distinct().filter(axis -> axis >= 0 && axis < rank).count() != rank) {
            throw graph.refused(node, "perm " + perm + " is no order of " + rank + " axes");
        }
        graph.bind(node.outputs().getFirst(), x.tensor(), x.axes().then(Permutation.of(turn)));
    }

    private static void reshape(ChipNode node, LiftedGraph graph) {
        String x = graph.asStored(graph.value(node, 0));
        Shape from = graph.shape(x);
        long[] wanted = graph.integers(node, 1, new long[0]);
        int[] dims = new int[wanted.length];
        int open = -1;
        int known = 1;
        for (int i = 0; i < dims.length; i++) {
            dims[i] = wanted[i] == 0 && node.integer("allowzero", 0) == 0 ? from.dim(i) : (int) wanted[i];
            open = dims[i] == -1 ? i : open;
            known *= dims[i] == -1 ? 1 : dims[i];
        }
        if (open >= 0) {
            dims[open] = from.size() / known;
        }
        Value y = graph.reshape(node.name(), x, dims, node.outputs().getFirst());
        graph.bind(node.outputs().getFirst(), y.tensor(), y.axes());
    }

    private static Op slice(ChipNode node, LiftedGraph graph) {
        long[] starts = graph.integers(node, 1, new long[0]);
        long[] all = new long[starts.length];
        Arrays.setAll(all, i -> i);
        long[] ones = new long[starts.length];
        Arrays.fill(ones, 1);
        return new Slice(ints(graph.integers(node, 3, all)), list(starts), list(graph.integers(node, 2, new long[0])),
                list(graph.integers(node, 4, ones)));
    }

    private static Op pad(ChipNode node, LiftedGraph graph) {
        List<Integer> pads = ints(graph.integers(node, 1, new long[0]));
        Pad.Mode mode = switch (node.text("mode", "constant")) {
            case "constant" -> Pad.Mode.CONSTANT;
            case "edge" -> Pad.Mode.EDGE;
            case "reflect" -> Pad.Mode.REFLECT;
            default -> throw graph.refused(node, "mode " + node.text("mode", "") + " has no kernel on a chip");
        };
        int half = pads.size() / 2;
        return new Pad(mode, pads.subList(0, half), pads.subList(half, pads.size()), bound(node, graph, 2, 0));
    }

    private static Op gather(ChipNode node, LiftedGraph graph) {
        ChipTensor indices = graph.parameter(node, 1);
        if (indices == null) {
            throw graph.refused(node, "its indices are computed");
        }
        return new Gather((int) node.integer("axis", 0), ints(indices.longs()), shape(indices.dims()));
    }

    private static long[] longs(ChipNode node, String attribute) {
        return node.integers(attribute, List.of()).stream().mapToLong(Long::longValue).toArray();
    }

    private static List<Integer> ints(long[] values) {
        return Arrays.stream(values).mapToObj(Math::toIntExact).toList();
    }

    private static List<Long> list(long[] values) {
        return Arrays.stream(values).boxed().toList();
    }
}
