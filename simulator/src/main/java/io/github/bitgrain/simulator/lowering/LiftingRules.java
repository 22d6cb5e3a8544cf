package io.github.bitgrain.simulator.lowering;

import io.github.bitgrain.core.op.Add;
import io.github.bitgrain.core.op.AveragePool;
import io.github.bitgrain.core.op.Clip;
import io.github.bitgrain.core.op.DepthToSpace;
import io.github.bitgrain.core.op.Div;
import io.github.bitgrain.core.op.Elu;
import io.github.bitgrain.core.op.Erf;
import io.github.bitgrain.core.op.Exp;
import io.github.bitgrain.core.op.Flatten;
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
import io.github.bitgrain.core.op.Reciprocal;
import io.github.bitgrain.core.op.ReduceMax;
import io.github.bitgrain.core.op.ReduceMean;
import io.github.bitgrain.core.op.ReduceMin;
import io.github.bitgrain.core.op.ReduceSum;
import io.github.bitgrain.core.op.Relu;
import io.github.bitgrain.core.op.Reshape;
import io.github.bitgrain.core.op.Resize;
import io.github.bitgrain.core.op.Sigmoid;
import io.github.bitgrain.core.op.Softmax;
import io.github.bitgrain.core.op.Sqrt;
import io.github.bitgrain.core.op.Sub;
import io.github.bitgrain.core.op.Swish;
import io.github.bitgrain.core.op.Tanh;
import io.github.bitgrain.core.op.Transpose;
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
        keepsAxes("Concat", MovementLifting::concat);
        keepsAxes("Split", MovementLifting::split);
        keepsAxes("Slice", (node, graph) -> unary(node, graph, axes -> MovementLifting.slice(node, graph, axes)));
        keepsAxes("Pad", (node, graph) -> unary(node, graph, axes -> MovementLifting.pad(node, graph, axes)));
        TABLE.put("ReduceMean", (node, graph) -> MovementLifting.reduce(node, graph, ReduceMean::new));
        TABLE.put("ReduceSum", (node, graph) -> MovementLifting.reduce(node, graph, ReduceSum::new));
        TABLE.put("ReduceMax", (node, graph) -> MovementLifting.reduce(node, graph, ReduceMax::new));
        TABLE.put("ReduceMin", (node, graph) -> MovementLifting.reduce(node, graph, ReduceMin::new));
        TABLE.put("Transpose", MovementLifting::transpose);
        TABLE.put("Reshape", MovementLifting::reshape);
        stored("Flatten", (node, graph) -> new Flatten((int) node.integer("axis", 1)));
        stored("Squeeze", MovementLifting::squeeze);
        stored("Unsqueeze", MovementLifting::unsqueeze);
        stored("Gather", MovementLifting::gather);
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

    static void rename(ChipNode node, LiftedGraph graph) {
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

    static float bound(ChipNode node, LiftedGraph graph, int index, float otherwise) {
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
            return graph.constant(constant.name(), new Tensor(stored.length == 1 && dims.isEmpty() ? Shape.of(1) : Shape.of(dims), stored));
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

    /** The axis attribute, which counts stored axes, as an axis of the tensor. */
    static int axis(ChipNode node, Permutation axes, int otherwise) {
        int axis = (int) node.integer("axis", otherwise);
        return axes.toArray()[axis < 0 ? axis + axes.rank() : axis];
    }
}
