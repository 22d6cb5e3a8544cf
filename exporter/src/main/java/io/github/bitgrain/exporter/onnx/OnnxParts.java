package io.github.bitgrain.exporter.onnx;

import io.github.bitgrain.core.tensor.Shape;
import io.github.bitgrain.exporter.onnx.proto.AttributeProto;
import io.github.bitgrain.exporter.onnx.proto.NodeProto;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;

/** Operators that are read as several others which compute the same, as chips and gradients know only these. */
final class OnnxParts {
    private static final Map<String, Consumer<OnnxParts>> TABLE = new TreeMap<>();

    static {
        TABLE.put("Pow", OnnxPowers::of);
        TABLE.put("ReduceL1", parts -> parts.reduce(parts.part("Abs", "absolute", parts.x)));
        TABLE.put("ReduceSumSquare", parts -> parts.reduce(parts.square()));
        TABLE.put("ReduceL2", parts -> parts.part("Sqrt", "root", parts.reduce(parts.square())));
        TABLE.put("ReduceLogSum", parts -> parts.part("Log", "logarithm", parts.reduce(parts.x)));
        for (String type : List.of("ReduceMean", "ReduceMax", "ReduceMin", "ReduceSum")) {
            TABLE.put(type, OnnxParts::single);
        }
        TABLE.put("Sum", parts -> parts.chain("Add"));
        TABLE.put("Mean", OnnxParts::mean);
        TABLE.put("Max", parts -> parts.chain("Max"));
        TABLE.put("Min", parts -> parts.chain("Min"));
        TABLE.put("MatMul", OnnxParts::vectors);
    }

    private final OnnxNode node;
    private final NodeProto proto;
    private final String name;
    private final String x;
    private final List<NodeProto> nodes = new ArrayList<>();

    private OnnxParts(OnnxNode node, NodeProto proto, String name) {
        this.node = node;
        this.proto = proto;
        this.name = name;
        x = proto.getInputCount() == 0 ? "" : proto.getInput(0);
    }

    /** The types that are read so, or may be. */
    static Set<String> types() {
        return TABLE.keySet();
    }

    /** The nodes that stand for a node; the last one has its name and makes its result. Null: the node is read as it is. */
    static List<NodeProto> of(OnnxNode node, NodeProto proto, String name) {
        Consumer<OnnxParts> rule = TABLE.get(proto.getOpType());
        if (rule == null) {
            return null;
        }
        OnnxParts parts = new OnnxParts(node, proto, name);
        rule.accept(parts);
        if (parts.nodes.isEmpty()) {
            return null;
        }
        parts.nodes.set(parts.nodes.size() - 1, parts.nodes.getLast().toBuilder().setName(name).setOutput(0, proto.getOutput(0)).build());
        return parts.nodes;
    }

    OnnxNode node() {
        return node;
    }

    /** The first operand. */
    String x() {
        return x;
    }

    /** Adds a node; its result's name. */
    String part(String type, String purpose, String... inputs) {
        return add(NodeProto.newBuilder().setOpType(type).addAllInput(List.of(inputs)), purpose);
    }

    private String add(NodeProto.Builder part, String purpose) {
        String output = name + "/" + purpose;
        nodes.add(part.setName(output).clearOutput().addOutput(output).build());
        return output;
    }

    private String square() {
        return part("Mul", "square", x, x);
    }

    /** Axes and keepdims, as attributes or operands, mean the same to a sum. */
    private String reduce(String operand) {
        return add(proto.toBuilder().setOpType("ReduceSum").setInput(0, operand), "sum");
    }

    /**
     * A reduction of axes that have one element each leaves the numbers as they are. Exports for one sample have such along the axis of samples, where they
     * would mix those of a batch.
     */
    private void single() {
        Shape shape = node.shape(0);
        List<Integer> axes = OnnxOperators.axes(node);
        if (!axes.stream().allMatch(axis -> shape.dim(axis) == 1)) {
            return;
        }
        if (node.flag("keepdims", true)) {
            part("Identity", "same", x);
            return;
        }
        AttributeProto.Builder gone = AttributeProto.newBuilder().setName("axes").setType(AttributeProto.AttributeType.INTS);
        axes.forEach(gone::addInts);
        add(NodeProto.newBuilder().setOpType("Squeeze").addInput(x).addAttribute(gone), "same");
    }

    /** Operands one after the other. */
    private String chain(String type) {
        if (proto.getInputCount() == 2 && type.equals(proto.getOpType())) {
            return null;
        }
        if (proto.getInputCount() == 1) {
            return part("Identity", "same", x);
        }
        String result = x;
        for (int i = 1; i < proto.getInputCount(); i++) {
            result = part(type, "part_" + i, result, proto.getInput(i));
        }
        return result;
    }

    private void mean() {
        String sum = chain("Add");
        AttributeProto share = AttributeProto.newBuilder().setName("value_float").setType(AttributeProto.AttributeType.FLOAT)
                .setF(1f / proto.getInputCount()).build();
        String factor = add(NodeProto.newBuilder().setOpType("Constant").addAttribute(share), "share");
        part("Mul", "mean", sum, factor);
    }

    /** A vector is a row on the left, a column on the right; its axis is gone in the result. */
    private void vectors() {
        int left = node.shape(0).rank();
        int right = node.shape(1).rank();
        if (left != 1 && right != 1) {
            return;
        }
        String a = left == 1 ? reshaped("row", x, Shape.of(1, node.shape(0).dim(0))) : x;
        String b = right == 1 ? reshaped("column", proto.getInput(1), Shape.of(node.shape(1).dim(0), 1)) : proto.getInput(1);
        String product = part("MatMul", "product", a, b);
        List<Integer> dims = new ArrayList<>();
        Shape full = left > right ? node.shape(0) : node.shape(1);
        for (int i = 0; i < full.rank() - 2; i++) {
            dims.add(full.dim(i));
        }
        if (left != 1) {
            dims.add(node.shape(0).dim(left - 2));
        }
        if (right != 1) {
            dims.add(node.shape(1).dim(right - 1));
        }
        reshaped("result", product, Shape.of(dims));
    }

    private String reshaped(String purpose, String operand, Shape shape) {
        AttributeProto.Builder dims = AttributeProto.newBuilder().setName("value_ints").setType(AttributeProto.AttributeType.INTS);
        for (int extent : shape.dims()) {
            dims.addInts(extent);
        }
        String constant = add(NodeProto.newBuilder().setOpType("Constant").addAttribute(dims), purpose + "_shape");
        return part("Reshape", purpose, operand, constant);
    }
}
