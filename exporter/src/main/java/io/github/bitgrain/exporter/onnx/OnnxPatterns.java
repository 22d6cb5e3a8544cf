package io.github.bitgrain.exporter.onnx;

import io.github.bitgrain.core.graph.Node;
import io.github.bitgrain.core.op.Gelu;
import io.github.bitgrain.core.op.HardSwish;
import io.github.bitgrain.core.op.InsertZeros;
import io.github.bitgrain.core.op.RmsNorm;
import io.github.bitgrain.core.op.Size;
import io.github.bitgrain.core.op.Swish;
import io.github.bitgrain.core.tensor.Shape;
import io.github.bitgrain.core.tensor.Tensor;
import io.github.bitgrain.exporter.onnx.proto.AttributeProto;
import io.github.bitgrain.exporter.onnx.proto.GraphProto;
import io.github.bitgrain.exporter.onnx.proto.NodeProto;
import java.util.ArrayList;
import java.util.List;

/** Operators that ONNX has as several nodes, or had so before some operator set. */
final class OnnxPatterns {
    private static final int HARD_SWISH = 14;

    private final Node node;
    private final GraphProto.Builder graph;

    private OnnxPatterns(Node node, GraphProto.Builder graph) {
        this.node = node;
        this.graph = graph;
    }

    /**
     * Adds the pattern of a node, if its operator has one; tells whether it has.
     *
     * @param x shape of its first operand
     */
    static boolean add(Node node, Shape x, GraphProto.Builder graph, int opset) {
        OnnxPatterns pattern = new OnnxPatterns(node, graph);
        switch (node.op()) {
            case Swish o -> {
                pattern.node("Sigmoid", List.of(node.input(0)), pattern.inner("sigmoid"));
                pattern.node("Mul", List.of(node.input(0), pattern.inner("sigmoid")), node.output());
            }
            case Gelu o when !o.tanh() -> pattern.gelu();
            case RmsNorm o -> pattern.rmsNorm(o, x, opset);
            case InsertZeros o -> pattern.insertZeros(o, x);
            case HardSwish o when opset < HARD_SWISH -> {
                pattern.node("HardSigmoid", List.of(node.input(0)), pattern.inner("gate"), real("alpha", 1f / 6), real("beta", 0.5f));
                pattern.node("Mul", List.of(node.input(0), pattern.inner("gate")), node.output());
            }
            default -> {
                return false;
            }
        }
        return true;
    }

    /** A transposed convolution of each channel with the number 1. */
    private void insertZeros(InsertZeros op, Shape x) {
        boolean flat = x.rank() == 3;
        int channels = x.dim(1);
        String ones = inner("ones");
        Shape shape = flat ? Shape.of(channels, 1, 1) : Shape.of(channels, 1, 1, 1);
        graph.addInitializer(OnnxWriter.floats(ones, Tensor.filled(shape, 1f)));
        node("ConvTranspose", List.of(node.input(0), ones), node.output(), size("strides", op.stride(), flat),
                size("output_padding", op.outputPadding(), flat),
                AttributeProto.newBuilder().setName("group").setType(AttributeProto.AttributeType.INT).setI(channels).build());
    }

    private static AttributeProto size(String name, Size size, boolean flat) {
        AttributeProto.Builder attribute = AttributeProto.newBuilder().setName(name).setType(AttributeProto.AttributeType.INTS);
        if (!flat) {
            attribute.addInts(size.h());
        }
        return attribute.addInts(size.w()).build();
    }

    /** x / sqrt(mean(x²) + epsilon) · scale. */
    private void rmsNorm(RmsNorm op, Shape x, int opset) {
        String input = node.input(0);
        List<Long> axes = new ArrayList<>();
        for (int axis = x.axis(op.axis()); axis < x.rank(); axis++) {
            axes.add((long) axis);
        }
        node("Mul", List.of(input, input), inner("square"));
        if (opset < OnnxAttributes.AXES_AS_OPERAND) {
            node("ReduceMean", List.of(inner("square")), inner("mean"), AttributeProto.newBuilder().setName("axes")
                    .setType(AttributeProto.AttributeType.INTS).addAllInts(axes).build());
        } else {
            long[] operand = axes.stream().mapToLong(Long::longValue).toArray();
            graph.addInitializer(OnnxWriter.longs(inner("axes"), OnnxConstant.of(Shape.of(operand.length), operand)));
            node("ReduceMean", List.of(inner("square"), inner("axes")), inner("mean"));
        }
        node("Add", List.of(inner("mean"), constant("epsilon", op.epsilon())), inner("positive"));
        node("Sqrt", List.of(inner("positive")), inner("root"));
        node("Div", List.of(input, inner("root")), inner("normal"));
        node("Mul", List.of(inner("normal"), node.input(1)), node.output());
    }

    /** x / 2 · (1 + erf(x / √2)). */
    private void gelu() {
        String x = node.input(0);
        node("Mul", List.of(x, constant("inverse_root", (float) Math.sqrt(0.5))), inner("scaled"));
        node("Erf", List.of(inner("scaled")), inner("erf"));
        node("Add", List.of(inner("erf"), constant("one", 1f)), inner("sum"));
        node("Mul", List.of(x, inner("sum")), inner("product"));
        node("Mul", List.of(inner("product"), constant("half", 0.5f)), node.output());
    }

    private String inner(String part) {
        return node.output() + "_" + part;
    }

    private String constant(String part, float value) {
        graph.addInitializer(OnnxWriter.floats(inner(part), new Tensor(Shape.of(), new float[] {value})));
        return inner(part);
    }

    private void node(String type, List<String> inputs, String output, AttributeProto... attributes) {
        String name = output.equals(node.output()) ? node.name() : node.name() + output.substring(node.output().length());
        graph.addNode(NodeProto.newBuilder().setName(name).setOpType(type).addAllInput(inputs).addOutput(output)
                .addAllAttribute(List.of(attributes)));
    }

    private static AttributeProto real(String name, float value) {
        return AttributeProto.newBuilder().setName(name).setType(AttributeProto.AttributeType.FLOAT).setF(value).build();
    }
}
