package io.github.bitgrain.core.reference;

import io.github.bitgrain.core.graph.Graph;
import io.github.bitgrain.core.graph.Node;
import io.github.bitgrain.core.graph.Parameters;
import io.github.bitgrain.core.op.*;
import io.github.bitgrain.core.tensor.Shape;
import io.github.bitgrain.core.tensor.Tensor;
import io.github.bitgrain.kernels.Rounding;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/**
 * One operator with operands.
 *
 * @param name says what is special
 * @param op operator
 * @param operands operand tensors, null for omitted ones
 * @param results number of results
 */
public record OperatorCase(String name, Op op, List<Tensor> operands, int results) {
    /** A graph of the operator alone; operand i is called x0, x1, …; result i y0, y1, …. */
    public Graph graph() {
        Graph.Builder builder = Graph.builder(name);
        List<String> inputs = new ArrayList<>();
        for (int i = 0; i < operands.size(); i++) {
            inputs.add(operands.get(i) == null ? Node.OMITTED : "x" + i);
        }
        if (operands.getFirst() != null) {
            builder.input("x0", operands.getFirst().shape());
        }
        List<String> outputs = new ArrayList<>();
        for (int i = 0; i < results; i++) {
            outputs.add("y" + i);
        }
        return builder.node(new Node("node", op, inputs, outputs)).outputs(outputs).build();
    }

    /** All operands but the first. */
    public Parameters parameters() {
        Parameters parameters = new Parameters();
        for (int i = 1; i < operands.size(); i++) {
            if (operands.get(i) != null) {
                parameters.put("x" + i, operands.get(i).copy());
            }
        }
        return parameters;
    }

    /** All operands by name. */
    public Map<String, Tensor> named() {
        Map<String, Tensor> named = new LinkedHashMap<>();
        for (int i = 0; i < operands.size(); i++) {
            if (operands.get(i) != null) {
                named.put("x" + i, operands.get(i));
            }
        }
        return named;
    }

    @Override
    public String toString() {
        return name;
    }

    static Tensor random(long seed, int... dims) {
        Random random = new Random(seed);
        Tensor tensor = Tensor.zeros(Shape.of(dims));
        for (int i = 0; i < tensor.size(); i++) {
            tensor.data()[i] = (float) random.nextGaussian();
        }
        return tensor;
    }

    static Tensor positive(long seed, int... dims) {
        Tensor tensor = random(seed, dims);
        for (int i = 0; i < tensor.size(); i++) {
            tensor.data()[i] = Math.abs(tensor.data()[i]) + 0.3f;
        }
        return tensor;
    }

    /** Cases that together touch every operator and its special forms. */
    public static List<OperatorCase> all() {
        List<OperatorCase> cases = new ArrayList<>();
        Size one = Size.ONE;
        Pads none = Pads.NONE;
        add(cases, "conv 3x3", new Conv(one, Pads.all(1), one, 1), random(1, 3, 5, 7, 6), random(2, 20, 5, 3, 3), random(3, 20));
        add(cases, "conv asymmetric", new Conv(new Size(2, 1), new Pads(0, 1, 2, 0), new Size(1, 2), 1),
                random(1, 2, 4, 9, 8), random(2, 3, 4, 3, 2), random(3, 3));
        add(cases, "conv pointwise no bias", new Conv(one, none, one, 1), random(1, 4, 17, 3, 3), random(2, 33, 17, 1, 1));
        add(cases, "conv depthwise", new Conv(new Size(2, 2), new Pads(0, 0, 1, 1), one, 19), random(1, 2, 19, 8, 8), random(2, 19, 1, 3, 3), random(3, 19));
        add(cases, "conv grouped", new Conv(one, Pads.all(1), one, 2), random(1, 2, 6, 5, 5), random(2, 8, 3, 3, 3), random(3, 8));
        add(cases, "conv 1-D", new Conv(new Size(1, 2), new Pads(0, 2, 0, 1), new Size(1, 2), 1), random(1, 3, 5, 14), random(2, 6, 5, 3), random(3, 6));
        add(cases, "conv transpose", new ConvTranspose(new Size(2, 2), Pads.all(1), one, 1, new Size(1, 1)),
                random(1, 2, 5, 4, 5), random(2, 5, 3, 3, 3), random(3, 3));
        add(cases, "conv transpose grouped", new ConvTranspose(new Size(1, 2), new Pads(0, 1, 1, 0), new Size(2, 1), 2, Size.ZERO),
                random(1, 2, 4, 4, 4), random(2, 4, 3, 2, 3));
        add(cases, "gemm", new Gemm(1f, 1f, false, true), random(1, 5, 20), random(2, 7, 20), random(3, 7));
        add(cases, "gemm all options", new Gemm(0.5f, 2f, true, false), random(1, 6, 5), random(2, 6, 4), random(3, 5, 1));
        add(cases, "gemm without c", new Gemm(1f, 1f, false, false), random(1, 3, 6), random(2, 6, 16));
        add(cases, "gemm scalar c", new Gemm(1f, 0.5f, false, true), random(1, 3, 6), random(2, 5, 6), random(3, 1));
        add(cases, "matmul", new MatMul(), random(1, 2, 3, 4, 5), random(2, 2, 3, 5, 6));
        add(cases, "matmul broadcast", new MatMul(), random(1, 2, 3, 4, 5), random(2, 3, 5, 6));
        add(cases, "matmul one matrix", new MatMul(), random(1, 2, 4, 5), random(2, 5, 6));
        for (boolean training : new boolean[] {false, true}) {
            add(cases, "batch norm " + training, new BatchNorm(1e-3f, 0.9f, training), random(1, 3, 5, 4, 4), random(2, 5), random(3, 5),
                    random(4, 5), positive(5, 5));
            add(cases, "batch norm rank 2 " + training, new BatchNorm(1e-3f, 0.9f, training), random(1, 6, 20), random(2, 20),
                    random(3, 20), random(4, 20), positive(5, 20));
        }
        for (Direction direction : Direction.values()) {
            int walks = direction.count();
            for (boolean linearBeforeReset : new boolean[] {false, true}) {
                cases.add(new OperatorCase("gru " + direction + " " + linearBeforeReset, new Gru(4, direction, linearBeforeReset, null),
                        Arrays.asList(random(1, 5, 2, 3), random(2, walks, 12, 3), random(3, walks, 12, 4), random(4, walks, 24), null,
                                random(5, walks, 2, 4)), 2));
            }
            cases.add(new OperatorCase("lstm " + direction, new Lstm(4, direction, null),
                    Arrays.asList(random(1, 5, 2, 3), random(2, walks, 16, 3), random(3, walks, 16, 4), random(4, walks, 32), null,
                            random(5, walks, 2, 4), random(6, walks, 2, 4)), 3));
        }
        add(cases, "gru states alone", new Gru(4, Direction.FORWARD, true, null), random(1, 5, 2, 3), random(2, 1, 12, 3), random(3, 1, 12, 4));
        add(cases, "lstm states alone", new Lstm(4, Direction.FORWARD, null), random(1, 5, 2, 3), random(2, 1, 16, 3), random(3, 1, 16, 4));
        add(cases, "layer norm", new LayerNorm(-1, 1e-3f), random(1, 3, 4, 7), random(2, 7), random(3, 7));
        add(cases, "layer norm two axes, no bias", new LayerNorm(1, 1e-3f), random(1, 2, 5, 3, 3), random(2, 5, 3, 3));
        add(cases, "rms norm", new RmsNorm(-1, 1e-3f), random(1, 3, 4, 7), random(2, 7));
        add(cases, "rms norm two axes", new RmsNorm(2, 1e-3f), random(1, 2, 5, 3, 3), random(2, 3, 3));
        add(cases, "depth to space rows first", new DepthToSpace(2, false), random(1, 2, 12, 3, 2));
        add(cases, "depth to space channels first", new DepthToSpace(2, true), random(1, 2, 12, 3, 2));
        add(cases, "space to depth", new SpaceToDepth(2, false), random(1, 2, 3, 4, 6));
        add(cases, "space to depth channels first", new SpaceToDepth(3, true), random(1, 2, 3, 6, 9));
        for (Op op : List.of(new Max(), new Min())) {
            String n = op.onnxType();
            add(cases, n + " same", op, random(1, 2, 5, 3, 3), random(2, 2, 5, 3, 3));
            add(cases, n + " channel", op, random(1, 2, 5, 3, 3), random(12, 5, 1, 1));
            add(cases, n + " both", op, random(1, 2, 1, 4), random(2, 3, 1));
        }
        for (Op op : List.of(new Add(), new Sub(), new Mul(), new Div())) {
            String n = op.onnxType();
            add(cases, n + " same", op, random(1, 2, 5, 3, 3), positive(2, 2, 5, 3, 3));
            add(cases, n + " channel", op, random(1, 2, 5, 3, 3), positive(2, 5, 1, 1));
            add(cases, n + " scalar", op, random(1, 2, 5, 3, 3), positive(2, 1));
            add(cases, n + " rank 0", op, random(1, 2, 5), positive(2));
            add(cases, n + " image", op, random(1, 2, 5, 3, 3), positive(2, 1, 5, 3, 3));
            add(cases, n + " both", op, random(1, 2, 1, 4), positive(2, 3, 1));
        }
        for (Op op : List.of(new Relu(), new LeakyRelu(0.1f), new Clip(-0.5f, 0.75f), new Sigmoid(), new Tanh(), new HardSigmoid(0.2f, 0.5f),
                new HardSwish(), new Swish(), new Elu(0.7f), new Gelu(false), new Gelu(true), new Exp(), new Erf(), new Neg(), new Abs(), new Identity())) {
            add(cases, op.toString(), op, random(1, 2, 5, 4, 3));
        }
        for (Op op : List.of(new Log(), new Sqrt(), new Reciprocal())) {
            add(cases, op.toString(), op, positive(1, 2, 5, 4, 3));
        }
        add(cases, "prelu channel", new PRelu(), random(1, 2, 5, 3, 3), random(2, 5, 1, 1));
        add(cases, "prelu scalar", new PRelu(), random(1, 2, 5, 3), random(2, 1));
        add(cases, "max pool", new MaxPool(new Size(3, 2), new Size(2, 2), new Pads(1, 0, 1, 1), one, false), random(1, 2, 5, 7, 6));
        add(cases, "max pool ceil", new MaxPool(new Size(2, 2), new Size(2, 2), none, one, true), random(1, 2, 5, 5, 7));
        add(cases, "average pool", new AveragePool(new Size(3, 3), new Size(2, 2), Pads.all(1), false, false), random(1, 2, 5, 7, 6));
        add(cases, "average pool counting pads", new AveragePool(new Size(3, 3), new Size(2, 2), Pads.all(1), true, true), random(1, 2, 5, 6, 6));
        add(cases, "average pool 1-D", new AveragePool(new Size(1, 3), new Size(1, 2), none, false, false), random(1, 2, 5, 9));
        add(cases, "global average pool", new GlobalAveragePool(), random(1, 3, 18, 4, 5));
        add(cases, "global max pool", new GlobalMaxPool(), random(1, 3, 18, 4, 5));
        add(cases, "concat channels", new Concat(1), random(1, 2, 3, 4, 4), random(2, 2, 5, 4, 4), random(3, 2, 1, 4, 4));
        add(cases, "concat last", new Concat(-1), random(1, 2, 3, 4), random(2, 2, 3, 2));
        cases.add(new OperatorCase("split", new Split(1, List.of(2, 3)), List.of(random(1, 2, 5, 3, 3)), 2));
        add(cases, "reshape", new Reshape(List.of(0L, -1L), false), random(1, 2, 3, 4, 5));
        add(cases, "flatten", new Flatten(1), random(1, 2, 3, 4, 5));
        add(cases, "flatten of pixels", new Flatten(1), random(1, 2, 18, 1, 1));
        add(cases, "transpose", new Transpose(List.of(0, 2, 3, 1)), random(1, 2, 3, 4, 5));
        add(cases, "transpose matrix", new Transpose(List.of(1, 0)), random(1, 4, 5));
        add(cases, "squeeze", new Squeeze(List.of(2, -1)), random(1, 2, 3, 1, 1));
        add(cases, "unsqueeze", new Unsqueeze(List.of(2, -1)), random(1, 2, 3));
        add(cases, "slice", new Slice(List.of(1, -1), List.of(1L, -1L), List.of(100L, -100L), List.of(2L, -2L)), random(1, 2, 6, 3, 5));
        add(cases, "pad constant", new Pad(Pad.Mode.CONSTANT, List.of(0, 0, 1, 2), List.of(0, 0, 3, -1), 0.5f), random(1, 2, 3, 4, 5));
        add(cases, "pad reflect", new Pad(Pad.Mode.REFLECT, List.of(0, 0, 1, 2), List.of(0, 0, 3, 1), 0f), random(1, 2, 3, 4, 5));
        add(cases, "pad edge", new Pad(Pad.Mode.EDGE, List.of(0, 1, 1, 2), List.of(0, 0, 3, 1), 0f), random(1, 2, 3, 4, 5));
        add(cases, "pad wrap", new Pad(Pad.Mode.WRAP, List.of(0, 0, 1, 2), List.of(0, 0, 3, 1), 0f), random(1, 2, 3, 4, 5));
        for (Resize.Mode mode : Resize.Mode.values()) {
            for (Resize.Coordinates coordinates : Resize.Coordinates.values()) {
                add(cases, "resize " + mode + " " + coordinates, new Resize(mode, coordinates, Resize.Nearest.ROUND_PREFER_FLOOR, -0.75f,
                        List.of(), List.of(2L, 3L, 7L, 4L)), random(1, 2, 3, 4, 6));
            }
        }
        add(cases, "resize doubling", new Resize(Resize.Mode.NEAREST, Resize.Coordinates.ASYMMETRIC, Resize.Nearest.FLOOR, -0.75f,
                List.of(1f, 1f, 2f, 2f), List.of()), random(1, 2, 3, 4, 5));
        add(cases, "gather", new Gather(1, List.of(2, 0, -1, 2), Shape.of(2, 2)), random(1, 2, 4, 3));
        add(cases, "gather one", new Gather(0, List.of(1), Shape.of()), random(1, 2, 4, 3));
        add(cases, "streaming cache", new StreamingCache(3), random(1, 2, 3, 4));
        add(cases, "streaming cache of images", new StreamingCache(2), random(1, 2, 3, 4, 5));
        add(cases, "embedding", new Embedding(), new Tensor(Shape.of(2, 3), new float[] {3, 0, 4, 3, 1, 0}), random(2, 5, 7));
        add(cases, "expand", new Expand(List.of(2L, 4L, 3L)), random(1, 2, 1, 3));
        for (int axis : new int[] {-1, 1, 2}) {
            add(cases, "softmax " + axis, new Softmax(axis), random(1, 2, 5, 3, 4));
            add(cases, "log softmax " + axis, new LogSoftmax(axis), random(1, 2, 5, 3, 4));
        }
        add(cases, "softmax rank 2", new Softmax(1), random(1, 4, 10));
        for (boolean keep : new boolean[] {false, true}) {
            add(cases, "reduce mean " + keep, new ReduceMean(List.of(2, 3), keep), random(1, 2, 5, 3, 4));
            add(cases, "reduce sum " + keep, new ReduceSum(List.of(-1), keep), random(1, 2, 5, 3, 4));
            add(cases, "reduce max " + keep, new ReduceMax(List.of(1), keep), random(1, 2, 5, 3, 4));
            add(cases, "reduce min " + keep, new ReduceMin(List.of(), keep), random(1, 2, 5, 3));
        }
        add(cases, "insert zeros", new InsertZeros(new Size(2, 3), new Size(1, 0)), random(1, 2, 5, 3, 4));
        add(cases, "fake quant", new FakeQuant(8, Rounding.HALF_EVEN, FakeQuant.PER_TENSOR), random(1, 2, 5, 3, 4), Tensor.vector(-5.2f));
        add(cases, "fake quant per channel", new FakeQuant(4, Rounding.HALF_UP, 1), random(1, 2, 3, 4, 4), Tensor.vector(-2f, -3.4f, -1.3f));
        add(cases, "linear quant", LinearQuant.ofScale(0, 255, LinearQuant.PER_TENSOR), random(1, 2, 5, 3, 4), Tensor.vector(0.013f), Tensor.vector(117f));
        add(cases, "linear quant per channel", LinearQuant.ofScale(-8, 7, 1), random(1, 2, 3, 4, 4), Tensor.vector(0.11f, 0.3f, 0f));
        add(cases, "linear quant by range", new LinearQuant(-7, 7, 0, LinearQuant.Range.AMAX, 0.75f, false), random(1, 2, 3, 4, 4), Tensor.vector(1.7f, 0.4f));
        add(cases, "linear quant dynamic", new LinearQuant(-8, 7, 1, LinearQuant.Range.DYNAMIC, 1f, false), random(1, 2, 3, 4, 4));
        add(cases, "linear quant learned", new LinearQuant(-8, 7, LinearQuant.PER_TENSOR, LinearQuant.Range.LEARNED, 1f, false),
                random(1, 2, 5, 3, 4), Tensor.vector(-0.8f), Tensor.vector(1.1f));
        add(cases, "linear quant by logarithm", new LinearQuant(0, 15, LinearQuant.PER_TENSOR, LinearQuant.Range.LOG2, 1f, false),
                random(1, 2, 5, 3, 4), Tensor.vector(-0.3f));
        add(cases, "linear quant by logarithm, powers of two", new LinearQuant(-8, 7, 1, LinearQuant.Range.LOG2_POWER, 1f, false),
                random(1, 2, 3, 4, 4), Tensor.vector(0.2f, -0.7f, 1.1f));
        add(cases, "cross entropy", new CrossEntropy(), random(1, 4, 5), Tensor.vector(1, 0, 4, 2));
        add(cases, "cross entropy of probabilities", new CrossEntropy(), random(1, 2, 3),
                new Tensor(Shape.of(2, 3), new float[] {0.2f, 0.5f, 0.3f, 0f, 1f, 0f}));
        cases.addAll(IndexCases.all());
        add(cases, "mean squared error", new MeanSquaredError(), random(1, 2, 5, 3, 3), random(2, 2, 5, 3, 3));
        return cases;
    }

    private static void add(List<OperatorCase> cases, String name, Op op, Tensor... operands) {
        cases.add(new OperatorCase(name, op, List.of(operands), 1));
    }
}
