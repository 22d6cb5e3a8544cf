package io.github.bitgrain.exporter.onnx;

import com.google.protobuf.ByteString;
import io.github.bitgrain.core.BitgrainException;
import io.github.bitgrain.core.graph.Graph;
import io.github.bitgrain.core.graph.Model;
import io.github.bitgrain.core.graph.Node;
import io.github.bitgrain.core.graph.ShapeInference;
import io.github.bitgrain.core.op.Embedding;
import io.github.bitgrain.core.op.LayerNorm;
import io.github.bitgrain.core.op.TopK;
import io.github.bitgrain.core.tensor.Shape;
import io.github.bitgrain.core.tensor.Tensor;
import io.github.bitgrain.exporter.WholeFile;
import io.github.bitgrain.exporter.onnx.proto.AttributeProto;
import io.github.bitgrain.exporter.onnx.proto.GraphProto;
import io.github.bitgrain.exporter.onnx.proto.ModelProto;
import io.github.bitgrain.exporter.onnx.proto.NodeProto;
import io.github.bitgrain.exporter.onnx.proto.OperatorSetIdProto;
import io.github.bitgrain.exporter.onnx.proto.StringStringEntryProto;
import io.github.bitgrain.exporter.onnx.proto.TensorProto;
import io.github.bitgrain.exporter.onnx.proto.TensorShapeProto;
import io.github.bitgrain.exporter.onnx.proto.TypeProto;
import io.github.bitgrain.exporter.onnx.proto.ValueInfoProto;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Writes models as ONNX files: float ones with operator set {@value #OPSET}, or {@value OnnxAttributes#LAYER_NORM} where a
 * LayerNormalization needs it, ones with quantizers ({@code FakeQuant},
 * {@code LinearQuant}) with QuantizeLinear and DequantizeLinear. The same model gives the same bytes.
 */
public final class OnnxWriter {
    /** The newest operator set that every exporter and chip tool understands; Gelu and Swish are written as patterns there. */
    public static final int OPSET = 13;

    private static final int LARGEST_HALF = 65504;
    private static final int IR_VERSION = 8;
    private static final int IR_VERSION_OF_21 = 10;

    private final Model model;
    private final GraphProto.Builder graph = GraphProto.newBuilder();
    private final Set<String> written = new HashSet<>();
    private final QdqNodes quantizers;
    private final int opset;
    private final Map<String, Shape> shapes;
    private final OnnxIntegers integers;
    private final boolean half;

    private OnnxWriter(Model model, QdqOptions options) {
        this(model, options, false);
    }

    private OnnxWriter(Model model, QdqOptions options, boolean half) {
        this.model = model;
        this.half = half;
        quantizers = options == null ? null : new QdqNodes(model, options, graph);
        opset = quantizers != null ? quantizers.opset()
                : model.graph().nodes().stream().anyMatch(node -> node.op() instanceof LayerNorm) ? OnnxAttributes.LAYER_NORM : OPSET;
        shapes = new HashMap<>(ShapeInference.infer(model.graph(), model.parameters()));
        integers = new OnnxIntegers(model, model.graph().inputs().keySet().stream().filter(this::isIndex).collect(Collectors.toSet()), graph, shapes);
    }

    /**
     * Writes a file: to a temporary name first, then moved, so that no half-written file is left.
     *
     * @throws BitgrainException (bad input) for an operator that ONNX does not have; (cannot write) if the file cannot be written
     */
    public static void write(Model model, Path file) {
        WholeFile.write(file, write(model));
    }

    /** The bytes of the file. */
    public static byte[] write(Model model) {
        return new OnnxWriter(model, null).build().toByteArray();
    }

    /**
     * The bytes of a file whose parameters are stored in half precision, each followed by a Cast to single: half the size, computed in
     * single precision. Parameters are rounded to even.
     *
     * @throws BitgrainException (bad input) for a parameter beyond the largest half, {@value #LARGEST_HALF}
     */
    public static byte[] writeHalf(Model model) {
        return new OnnxWriter(model, null, true).build().toByteArray();
    }

    /** {@link #writeHalf(Model)} to a file, as {@link #write(Model, Path)} does. */
    public static void writeHalf(Model model, Path file) {
        WholeFile.write(file, writeHalf(model));
    }

    /**
     * Writes a network with quantizers as QDQ file, as {@link #write(Model, Path)} does.
     *
     * @param model for example from {@code FakeQuantization.insert}; ONNX rounds ties to even, whatever the quantizer does
     * @throws BitgrainException (bad input) for an operator or a quantizer that ONNX or the profile does not have
     */
    public static void write(Model model, QdqOptions options, Path file) {
        WholeFile.write(file, write(model, options));
    }

    /** The bytes of the QDQ file. */
    public static byte[] write(Model model, QdqOptions options) {
        return new OnnxWriter(model, options).build().toByteArray();
    }

    private ModelProto build() {
        Graph source = model.graph();
        graph.setName(source.name());
        source.inputs().forEach((name, shape) -> graph.addInput(
                value(name, shape, type(name))));
        for (Node each : source.nodes()) {
            Node node = integers.typed(each);
            if (quantizers != null && QuantizationGrid.isQuantizer(node)) {
                quantizers.emit(node);
            } else {
                add(node);
            }
        }
        Set<String> read = read();
        List<NodeProto> casts = new ArrayList<>();
        for (String name : source.parameterNames()) {
            if (read.contains(name) && !integers.isStoredAsInteger(name) && written.add(name)) {
                graph.addInitializer(half ? halves(name, model.parameters().get(name), casts) : floats(name, model.parameters().get(name)));
            }
        }
        if (!casts.isEmpty()) {
            List<NodeProto> nodes = List.copyOf(graph.getNodeList());
            graph.clearNode().addAllNode(casts).addAllNode(nodes);
        }
        source.outputs().forEach(name -> graph.addOutput(value(name, shapes.get(name), type(name))));
        ModelProto.Builder file = ModelProto.newBuilder().setIrVersion(opset < QdqOptions.WORDS_OPSET ? IR_VERSION : IR_VERSION_OF_21).setProducerName("bitgrain").setGraph(graph)
                .addOpsetImport(OperatorSetIdProto.newBuilder().setVersion(opset));
        source.metadata().forEach((key, text) ->
                file.addMetadataProps(StringStringEntryProto.newBuilder().setKey(key).setValue(text)));
        return file.build();
    }

    /** What the nodes written so far read: a quantizer's operands and its integers have initializers of their own. */
    private Set<String> read() {
        Set<String> read = new HashSet<>(model.graph().outputs());
        graph.getNodeList().forEach(node -> read.addAll(node.getInputList()));
        return read;
    }

    private void add(Node node) {
        QuantizationGrid early = quantizers == null ? null : quantizers.early(node);
        if (early != null) {
            String raw = node.output() + "_raw";
            addPlain(node.withOutputs(List.of(raw)), node);
            quantizers.early(raw, node.output(), early);
        } else {
            addPlain(node, node);
        }
    }

    /**
     * Adds a node as ONNX has it.
     *
     * @param source the node of the graph, whose name the messages say
     */
    private void addPlain(Node node, Node source) {
        if (OnnxPatterns.add(node, shapes.get(node.input(0)), graph, opset)) {
            return;
        }
        NodeProto.Builder proto = NodeProto.newBuilder().setName(node.name()).setOpType(node.op().onnxType());
        OnnxAttributes.Written form = OnnxAttributes.of(node.op(), opset);
        if (form == null) {
            throw BitgrainException.badInput("node \"" + node.name() + "\" (" + node.op().onnxType()
                    + "): operator set " + opset + " has no such operator; it cannot be written to an ONNX file");
        }
        proto.addAllAttribute(form.attributes(shapes.get(node.input(0))));
        List<String> operands = quantizers == null ? node.inputs() : quantizers.operands(source);
        List<String> inputs = new ArrayList<>();
        for (int i = 0; i < node.inputs().size(); i++) {
            if (!node.op().isStructural(i)) {
                inputs.add(operands.get(i));
            } else if (hasTensorBehind(node, i)) {
                inputs.add("");
            }
        }
        if (node.op() instanceof Embedding) {
            // ONNX's Gather has the table first.
            Collections.reverse(inputs);
        }
        for (Map.Entry<Integer, OnnxConstant> structural : form.operands().entrySet()) {
            while (inputs.size() < structural.getKey()) {
                inputs.add("");
            }
            inputs.add(label(node, structural.getKey(), structural.getValue()));
        }
        graph.addNode(proto.addAllInput(inputs).addAllOutput(node.op() instanceof TopK ? both(node) : node.outputs()));
    }

    /** ONNX lets nobody leave out a result of TopK. */
    private static List<String> both(Node node) {
        String values = node.output().isEmpty() ? node.name() + "_values" : node.output();
        boolean hasIndices = node.outputs().size() > TopK.INDICES && !node.outputs().get(TopK.INDICES).isEmpty();
        return List.of(values, hasIndices ? node.outputs().get(TopK.INDICES) : node.name() + "_indices");
    }

    private int type(String value) {
        return integers.isInteger(value) ? TensorProto.DataType.INT64_VALUE : TensorProto.DataType.FLOAT_VALUE;
    }

    private static boolean hasTensorBehind(Node node, int operand) {
        for (int i = operand + 1; i < node.inputs().size(); i++) {
            if (node.isTensorInput(i)) {
                return true;
            }
        }
        return false;
    }

    /** The constant of a structural operand, under the name that the node gives it. */
    private String label(Node node, int operand, OnnxConstant constant) {
        boolean labelled = operand < node.inputs().size() && !node.input(operand).isEmpty() && !written.contains(node.input(operand));
        String name = labelled ? node.input(operand) : node.name() + "_operand_" + operand;
        written.add(name);
        graph.addInitializer(constant.isFloat() ? floats(name, constant.tensor()) : longs(name, constant));
        return name;
    }

    /** Whether an input chooses rows of tables: it is a tensor of integers then. */
    private boolean isIndex(String input) {
        List<Node> readers = model.graph().consumers(input);
        return !readers.isEmpty() && readers.stream().allMatch(node -> node.op() instanceof Embedding && node.input(Embedding.INDICES).equals(input));
    }

    private static ValueInfoProto value(String name, Shape shape, int type) {
        TensorShapeProto.Builder dims = TensorShapeProto.newBuilder();
        for (int extent : shape.dims()) {
            dims.addDim(TensorShapeProto.Dimension.newBuilder().setDimValue(extent));
        }
        TypeProto.Tensor tensor = TypeProto.Tensor.newBuilder().setElemType(type).setShape(dims).build();
        return ValueInfoProto.newBuilder().setName(name).setType(TypeProto.newBuilder().setTensorType(tensor)).build();
    }

    /** An initializer in half precision, and the node that widens it. */
    private static TensorProto halves(String name, Tensor tensor, List<NodeProto> casts) {
        ByteBuffer bytes = ByteBuffer.allocate(tensor.size() * Short.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < tensor.size(); i++) {
            short value = Float.floatToFloat16(tensor.data()[i]);
            if (Float.isInfinite(Float.float16ToFloat(value))) {
                throw BitgrainException.badInput("parameter \"" + name + "\" holds " + tensor.data()[i] + "; half precision ends at " + LARGEST_HALF);
            }
            bytes.putShort(value);
        }
        String stored = name + "_half";
        casts.add(NodeProto.newBuilder().setName(name + "_cast").setOpType("Cast").addInput(stored).addOutput(name).addAttribute(
                AttributeProto.newBuilder().setName("to").setType(AttributeProto.AttributeType.INT).setI(TensorProto.DataType.FLOAT_VALUE)).build());
        return tensor(stored, tensor.shape(), TensorProto.DataType.FLOAT16, bytes);
    }

    /** A float initializer. */
    static TensorProto floats(String name, Tensor tensor) {
        ByteBuffer bytes = ByteBuffer.allocate(tensor.size() * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        bytes.asFloatBuffer().put(tensor.data(), 0, tensor.size());
        return tensor(name, tensor.shape(), TensorProto.DataType.FLOAT, bytes);
    }

    /** An integer initializer of a narrow type. */
    static TensorProto integers(String name, Shape shape, TensorProto.DataType type, long[] values) {
        int width = switch (type) {
            case INT8, UINT8 -> Byte.BYTES;
            case INT16, UINT16 -> Short.BYTES;
            default -> Integer.BYTES;
        };
        ByteBuffer bytes = ByteBuffer.allocate(values.length * width).order(ByteOrder.LITTLE_ENDIAN);
        for (long value : values) {
            switch (width) {
                case Byte.BYTES -> bytes.put((byte) value);
                case Short.BYTES -> bytes.putShort((short) value);
                default -> bytes.putInt((int) value);
            }
        }
        return tensor(name, shape, type, bytes);
    }

    /** An initializer of indices or extents. */
    static TensorProto longs(String name, OnnxConstant constant) {
        ByteBuffer bytes = ByteBuffer.allocate(constant.size() * Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        bytes.asLongBuffer().put(constant.longs());
        return tensor(name, constant.shape(), TensorProto.DataType.INT64, bytes);
    }

    private static TensorProto tensor(String name, Shape shape, TensorProto.DataType type, ByteBuffer bytes) {
        TensorProto.Builder tensor = TensorProto.newBuilder().setName(name).setDataType(type.getNumber());
        for (int extent : shape.dims()) {
            tensor.addDims(extent);
        }
        return tensor.setRawData(ByteString.copyFrom(bytes.array())).build();
    }
}
