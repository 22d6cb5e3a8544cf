package io.github.bitgrain.exporter.onnx;

import com.google.protobuf.InvalidProtocolBufferException;
import io.github.bitgrain.core.BitgrainException;
import io.github.bitgrain.core.graph.Graph;
import io.github.bitgrain.core.graph.Model;
import io.github.bitgrain.core.graph.Node;
import io.github.bitgrain.core.graph.Parameters;
import io.github.bitgrain.core.graph.ShapeInference;
import io.github.bitgrain.core.op.Embedding;
import io.github.bitgrain.core.op.Gather;
import io.github.bitgrain.core.op.IndexedGather;
import io.github.bitgrain.core.op.Op;
import io.github.bitgrain.core.tensor.Shape;
import io.github.bitgrain.exporter.onnx.proto.AttributeProto;
import io.github.bitgrain.exporter.onnx.proto.FunctionProto;
import io.github.bitgrain.exporter.onnx.proto.GraphProto;
import io.github.bitgrain.exporter.onnx.proto.ModelProto;
import io.github.bitgrain.exporter.onnx.proto.NodeProto;
import io.github.bitgrain.exporter.onnx.proto.OperatorSetIdProto;
import io.github.bitgrain.exporter.onnx.proto.TensorProto;
import io.github.bitgrain.exporter.onnx.proto.TypeProto;
import io.github.bitgrain.exporter.onnx.proto.ValueInfoProto;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * Reads float ONNX models (operator sets 7 to 27) into the graph: names and node order stay as in the file, structural
 * operands become values of the operator records, shape computations are folded, a dynamic batch becomes 1.
 */
public final class OnnxReader {
    private static final int OLDEST_OPSET = 7;
    private static final int NEWEST_OPSET = 27;
    private static final Set<String> DOMAINS = Set.of("", "ai.onnx");

    private final String file;
    private final GraphProto proto;
    private final TensorReader tensors;
    private final InputShapes given;
    private final int opset;
    private final Map<String, OnnxConstant> constants = new HashMap<>();
    private final Map<String, Shape> shapes = new HashMap<>();
    private final Parameters parameters = new Parameters();
    /** Graph inputs that hold integers. */
    private final Set<String> indices = new HashSet<>();
    /** These and the integers that nodes make. */
    private final Set<String> integers = new HashSet<>();
    private final QuantizedValues quantized = new QuantizedValues(constants);
    /** Domains of functions that the file defines. */
    private final Set<String> functions;
    private final Set<String> nodeNames = new HashSet<>();
    private final Graph.Builder graph;

    private OnnxReader(String file, Path folder, ModelProto model, InputShapes given) {
        this.file = file;
        this.given = given;
        proto = model.getGraph();
        tensors = new TensorReader(file, folder);
        opset = opset(model);
        functions = model.getFunctionsList().stream().map(FunctionProto::getDomain).collect(Collectors.toSet());
        graph = Graph.builder(proto.getName().isEmpty() ? "graph" : proto.getName());
        graph.versions(Math.clamp(model.getIrVersion(), 1, Integer.MAX_VALUE), opset);
        model.getMetadataPropsList().forEach(entry -> graph.metadata(entry.getKey(), entry.getValue()));
    }

    /**
     * Reads a file; external data must lie in its folder.
     *
     * @throws BitgrainException (bad input), one line: file, place, reason, way out
     */
    public static Model read(Path file) {
        return read(file, InputShapes.NONE);
    }

    /**
     * Reads a file whose inputs may have open axes; external data must lie in its folder.
     *
     * @param given shapes of such inputs
     * @throws BitgrainException (bad input), one line: file, place, reason, way out
     */
    public static Model read(Path file, InputShapes given) {
        String name = file.getFileName() == null ? file.toString() : file.getFileName().toString();
        try {
            if (Files.isDirectory(file)) {
                throw BitgrainException.badInput(name + ": is a folder, not an ONNX file");
            }
            if (Files.size(file) > Integer.MAX_VALUE) {
                throw BitgrainException.badInput(name + ": is larger than 2 GiB; store the weights as external data");
            }
            Path folder = file.toAbsolutePath().getParent();
            return read(name, folder, Files.readAllBytes(file), given);
        } catch (NoSuchFileException e) {
            throw BitgrainException.badInput(name + ": no such file");
        } catch (IOException e) {
            throw BitgrainException.badInput(name + ": cannot be read: " + e.getMessage());
        }
    }

    /**
     * Reads a model in memory.
     *
     * @param name how errors call it
     * @param folder where external data may lie; null for nowhere
     */
    public static Model read(String name, Path folder, byte[] content) {
        return read(name, folder, content, InputShapes.NONE);
    }

    /**
     * Reads a model in memory whose inputs may have open axes.
     *
     * @param name how errors call it
     * @param folder where external data may lie; null for nowhere
     * @param given shapes of such inputs
     */
    public static Model read(String name, Path folder, byte[] content, InputShapes given) {
        if (content.length == 0) {
            throw BitgrainException.badInput(name + ": the file is empty");
        }
        ModelProto model;
        try {
            model = ModelProto.parseFrom(content);
        } catch (InvalidProtocolBufferException e) {
            throw BitgrainException.badInput(name + ": is no ONNX file or is cut short (" + firstLine(e.getMessage()) + ")");
        }
        if (!model.hasGraph() || model.getGraph().getNodeCount() == 0 && model.getGraph().getOutputCount() == 0) {
            throw BitgrainException.badInput(name + ": is no ONNX file or is cut short (it has no graph)");
        }
        OnnxReader reader = new OnnxReader(name, folder, model, given);
        try {
            return reader.build();
        } catch (IllegalArgumentException | ArithmeticException | IndexOutOfBoundsException e) {
            throw BitgrainException.badInput(name + ": the model is not consistent: " + firstLine(e.getMessage()));
        }
    }

    /** The ONNX operator types that can be read, sorted. */
    public static Set<String> operators() {
        Set<String> types = new TreeSet<>(OnnxOperators.types());
        types.addAll(OnnxParts.types());
        return types;
    }

    private static String firstLine(String message) {
        return message == null ? "no reason given" : message.lines().findFirst().orElse("");
    }

    private int opset(ModelProto model) {
        long found = 0;
        for (OperatorSetIdProto set : model.getOpsetImportList()) {
            if (DOMAINS.contains(set.getDomain())) {
                found = set.getVersion();
            }
        }
        if (found < OLDEST_OPSET || found > NEWEST_OPSET) {
            throw BitgrainException.badInput(file + ": operator set " + found + " is not supported; export with one from "
                    + OLDEST_OPSET + " to " + NEWEST_OPSET);
        }
        return (int) found;
    }

    private Model build() {
        if (proto.getSparseInitializerCount() > 0) {
            throw BitgrainException.badInput(file + ": sparse initializers are not supported; store them densely");
        }
        addInitializers(proto);
        List<ValueInfoProto> inputs = proto.getInputList().stream().filter(input -> !constants.containsKey(input.getName())).toList();
        given.check(file, inputs.stream().map(ValueInfoProto::getName).toList());
        for (ValueInfoProto input : inputs) {
            Shape shape = inputShape(input);
            graph.input(input.getName(), shape);
            shapes.put(input.getName(), shape);
        }
        addNodes(proto, "");
        for (ValueInfoProto output : proto.getOutputList()) {
            if (!shapes.containsKey(output.getName())) {
                throw BitgrainException.badInput(file + ": output \"" + output.getName() + "\" is computed by no node");
            }
            if (quantized.isInteger(output.getName())) {
                throw BitgrainException.badInput(file + ": output \"" + output.getName() + "\" is made of integers; add a DequantizeLinear");
            }
            keep(output.getName());
            graph.output(output.getName());
        }
        Model model = new Model(graph.build(), parameters);
        ShapeInference.infer(model.graph(), parameters);
        return model;
    }

    private Shape inputShape(ValueInfoProto input) {
        TypeProto.Tensor type = input.getType().getTensorType();
        switch (TensorProto.DataType.forNumber(type.getElemType())) {
            case FLOAT, DOUBLE, FLOAT16 -> { }
            case INT32, INT64 -> {
                indices.add(input.getName());
                integers.add(input.getName());
            }
            case null, default -> throw BitgrainException.badInput(file + ": input \"" + input.getName()
                    + "\" is neither a float tensor nor made of indices (int32, int64); export with one of these");
        }
        int[] dims = type.hasShape() ? type.getShape().getDimList().stream().mapToInt(dimension -> Math.toIntExact(
                Math.clamp(dimension.getDimValue(), 0, Integer.MAX_VALUE))).toArray() : null;
        return given.of(file, input.getName(), dims);
    }

    private void addNodes(GraphProto from, String prefix) {
        new OnnxNodes(from.getNodeList(), prefix, nodeNames).forEach(value -> value.isEmpty() || shapes.containsKey(value), this::add,
                (node, missing) -> BitgrainException.badInput(file + ": node " + node + ": input \"" + missing
                        + "\" is no initializer, no graph input and no output of another node, or the graph has a cycle"));
    }

    private void addInitializers(GraphProto from) {
        for (TensorProto tensor : from.getInitializerList()) {
            OnnxConstant constant = tensors.read(tensor);
            if (constants.put(tensor.getName(), constant) != null) {
                throw BitgrainException.badInput(file + ": two initializers have the name \"" + tensor.getName() + "\"");
            }
            shapes.put(tensor.getName(), constant.shape());
            quantized.type(tensor.getName(), TensorProto.DataType.forNumber(tensor.getDataType()));
        }
    }

    /** The branch that a constant condition takes, in place of an If: exporters write one where a rule depends on a shape. */
    private void addBranch(OnnxNode node, NodeProto proto, String name) {
        String side = node.requireConstant(0, "the condition").real(0) != 0 ? "then_branch" : "else_branch";
        AttributeProto attribute = node.attribute(side);
        if (attribute == null || attribute.getG().getOutputCount() != proto.getOutputCount()) {
            throw node.fail(side + " does not make what the node does");
        }
        GraphProto branch = attribute.getG();
        addInitializers(branch);
        addNodes(branch, name + "/");
        GraphProto.Builder results = GraphProto.newBuilder();
        for (int i = 0; i < proto.getOutputCount(); i++) {
            results.addNode(NodeProto.newBuilder().setOpType("Identity").addInput(branch.getOutput(i).getName()).addOutput(proto.getOutput(i)));
        }
        addNodes(results.build(), name + "/");
    }

    private void add(NodeProto written, String name) {
        // Old exporters declare results, such as the mask of a Dropout, that nothing reads.
        NodeProto proto = written.getOpType().equals("Dropout") && written.getOutputCount() > 1 && !isRead(written.getOutput(1))
                ? written.toBuilder().clearOutput().addOutput(written.getOutput(0)).build() : written;
        OnnxNode node = new OnnxNode(file, name, proto.getOpType(), opset, proto.getInputList(), proto.getOutputCount(),
                proto.getAttributeList(), constants, shapes, integers::contains);
        if (QuantizedValues.handles(proto.getOpType()) && QuantizedValues.DOMAINS.contains(proto.getDomain())) {
            addQuantizer(node, proto, name);
            return;
        }
        quantized.requireNoIntegers(node, proto.getInputList());
        if (!DOMAINS.contains(proto.getDomain())) {
            throw node.fail(functions.contains(proto.getDomain())
                    ? "is a function of the file; write the file with functions inlined (onnx.inliner.inline_local_functions)"
                    : "domain \"" + proto.getDomain() + "\" is not supported; only standard ONNX operators are");
        }
        for (String output : proto.getOutputList()) {
            if (shapes.containsKey(output)) {
                throw node.fail("output \"" + output + "\" is made twice");
            }
        }
        OnnxConstant folded = ConstantFolding.fold(node, tensors);
        if (folded != null) {
            String output = proto.getOutput(0);
            constants.put(output, folded);
            shapes.put(output, folded.shape());
            if (proto.getOpType().equals("Constant")) {
                proto.getAttributeList().forEach(attribute -> quantized.type(output, TensorProto.DataType.forNumber(attribute.getT().getDataType())));
            }
            return;
        }
        if (proto.getOpType().equals("If")) {
            addBranch(node, proto, name);
            return;
        }
        List<NodeProto> parts = OnnxParts.of(node, proto, name);
        if (parts != null) {
            parts.forEach(part -> add(part, part.getName()));
            return;
        }
        Op op = forTables(forMatrices(OnnxOperators.convert(node), node, proto), node, proto);
        List<String> given = operands(op, node, proto);
        List<Shape> operands = new ArrayList<>();
        for (int i = 0; i < given.size(); i++) {
            String input = given.get(i);
            operands.add(input.isEmpty() || op.isStructural(i) ? null : shapes.get(input));
            if (!op.isStructural(i)) {
                keep(input);
            }
        }
        List<String> outputs = new ArrayList<>(proto.getOutputList());
        while (outputs.size() > 1 && outputs.getLast().isEmpty()) {
            outputs.removeLast();
        }
        List<Shape> results;
        try {
            results = ShapeInference.of(op, operands, outputs.size());
        } catch (BitgrainException | IllegalArgumentException | ArithmeticException | IndexOutOfBoundsException | NullPointerException e) {
            throw node.fail("its operands do not fit together: " + firstLine(e.getMessage()));
        }
        if (results.stream().anyMatch(result -> result.size() == 0)) {
            throw node.fail("its result " + results + " has no elements; remove the node");
        }
        List<Boolean> whole = OnnxTypes.read(op, given, outputs.size(), node, integers);
        for (int i = 0; i < outputs.size(); i++) {
            if (!outputs.get(i).isEmpty()) {
                shapes.put(outputs.get(i), results.get(i));
                if (whole.get(i)) {
                    integers.add(outputs.get(i));
                }
            }
        }
        graph.node(new Node(name, op, given, outputs));
    }

    /**
     * The operands as the operator names them. Integer inputs of the network look rows up and do nothing else: chips compute with
     * quantized numbers.
     */
    private List<String> operands(Op op, OnnxNode node, NodeProto proto) {
        boolean lookup = op instanceof Embedding;
        for (int i = 0; i < proto.getInputCount(); i++) {
            String input = proto.getInput(i);
            if (indices.contains(input) && !(lookup && i == 1)) {
                throw node.fail("input \"" + input + "\" holds integers, which may only choose the rows of a constant table (Gather with axis 0);"
                        + " give the network floats, or cut this part off and let the application compute it");
            }
        }
        return lookup ? List.of(proto.getInput(1), proto.getInput(0)) : proto.getInputList();
    }

    /**
     * Exports of recurrent networks pick a step by an index with one element and give the result, which keeps the axis, to a
     * Gemm: ONNX allows matrices only. Without the axis the network is valid and computes the same.
     */
    private Op forMatrices(Op op, OnnxNode node, NodeProto proto) {
        if (!(op instanceof Gather gather) || gather.indices().size() != 1 || gather.indicesShape().rank() != 1 || node.shape(0).rank() != 3) {
            return op;
        }
        String result = proto.getOutput(0);
        boolean output = this.proto.getOutputList().stream().anyMatch(value -> value.getName().equals(result));
        List<NodeProto> readers = this.proto.getNodeList().stream().filter(reader -> reader.getInputList().contains(result)).toList();
        boolean matrices = !readers.isEmpty() && readers.stream().allMatch(reader -> reader.getOpType().equals("Gemm"));
        return matrices && !output ? new Gather(gather.axis(), gather.indices(), Shape.of()) : op;
    }

    /** Rows of a constant table by an input of the network. */
    private Op forTables(Op op, OnnxNode node, NodeProto proto) {
        boolean rows = op instanceof IndexedGather gather && gather.axis() == 0 && node.constant(0) != null && node.shape(0).rank() == 2;
        return rows && indices.contains(proto.getInput(1)) ? new Embedding() : op;
    }

    private void addQuantizer(OnnxNode node, NodeProto proto, String name) {
        String output = proto.getOutput(0);
        if (shapes.containsKey(output)) {
            throw node.fail("output \"" + output + "\" is made twice");
        }
        shapes.put(output, node.shape(0));
        if (proto.getOpType().equals("QuantizeLinear")) {
            quantized.quantize(node, proto.getInputList(), output);
        } else {
            Node quantizer = quantized.dequantize(node, name, proto.getInputList(), output);
            if (quantizer != null) {
                quantizer.inputs().forEach(this::keep);
                graph.node(quantizer);
            }
        }
        node.requireAllRead();
    }

    private boolean isRead(String value) {
        return proto.getOutputList().stream().anyMatch(output -> output.getName().equals(value))
                || proto.getNodeList().stream().anyMatch(node -> OnnxNodes.reads(node).contains(value));
    }

    /** A constant that is read as a tensor becomes a parameter. */
    private void keep(String value) {
        OnnxConstant constant = constants.get(value);
        if (constant == null || parameters.contains(value)) {
            return;
        }
        if (!constant.isFloat()) {
            float[] floats = new float[constant.size()];
            for (int i = 0; i < floats.length; i++) {
                floats[i] = constant.longs()[i];
            }
            constant = OnnxConstant.of(constant.shape(), floats);
        }
        parameters.put(value, constant.tensor());
    }
}
