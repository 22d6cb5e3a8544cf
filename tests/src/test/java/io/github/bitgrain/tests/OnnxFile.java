package io.github.bitgrain.tests;

import com.google.protobuf.ByteString;
import io.github.bitgrain.exporter.onnx.proto.AttributeProto;
import io.github.bitgrain.exporter.onnx.proto.GraphProto;
import io.github.bitgrain.exporter.onnx.proto.ModelProto;
import io.github.bitgrain.exporter.onnx.proto.NodeProto;
import io.github.bitgrain.exporter.onnx.proto.OperatorSetIdProto;
import io.github.bitgrain.exporter.onnx.proto.TensorProto;
import io.github.bitgrain.exporter.onnx.proto.TensorProto.DataType;
import io.github.bitgrain.exporter.onnx.proto.TensorShapeProto;
import io.github.bitgrain.exporter.onnx.proto.TypeProto;
import io.github.bitgrain.exporter.onnx.proto.ValueInfoProto;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.stream.Stream;

/** An ONNX file as an exporter writes it, node by node. */
final class OnnxFile {
    private final GraphProto.Builder graph = GraphProto.newBuilder().setName("net");
    private final int opset;

    OnnxFile(int opset) {
        this.opset = opset;
    }

    private static ValueInfoProto value(String name, DataType type, int... dims) {
        TypeProto.Tensor.Builder tensor = TypeProto.Tensor.newBuilder().setElemType(type.getNumber());
        if (dims.length > 0) {
            TensorShapeProto.Builder shape = TensorShapeProto.newBuilder();
            for (int extent : dims) {
                shape.addDim(extent == 0 ? TensorShapeProto.Dimension.newBuilder().setDimParam("open")
                        : TensorShapeProto.Dimension.newBuilder().setDimValue(extent));
            }
            tensor.setShape(shape);
        }
        return ValueInfoProto.newBuilder().setName(name).setType(TypeProto.newBuilder().setTensorType(tensor)).build();
    }

    /** An input; an extent of 0 is open. */
    OnnxFile input(String name, int... dims) {
        graph.addInput(value(name, DataType.FLOAT, dims));
        return this;
    }

    /** An input without axes. */
    OnnxFile number(String name) {
        graph.addInput(value(name, DataType.FLOAT).toBuilder().setType(TypeProto.newBuilder().setTensorType(
                TypeProto.Tensor.newBuilder().setElemType(DataType.FLOAT_VALUE).setShape(TensorShapeProto.getDefaultInstance()))));
        return this;
    }

    OnnxFile output(String name, DataType type) {
        graph.addOutput(value(name, type));
        return this;
    }

    /** An initializer of 64-bit integers; a vector unless it has other extents. */
    OnnxFile integers(String name, List<Integer> dims, long... values) {
        ByteBuffer bytes = ByteBuffer.allocate(values.length * Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        bytes.asLongBuffer().put(values);
        return initializer(name, DataType.INT64, dims, bytes);
    }

    OnnxFile integers(String name, long... values) {
        return integers(name, List.of(values.length), values);
    }

    OnnxFile floats(String name, List<Integer> dims, float... values) {
        ByteBuffer bytes = ByteBuffer.allocate(values.length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        bytes.asFloatBuffer().put(values);
        return initializer(name, DataType.FLOAT, dims, bytes);
    }

    private OnnxFile initializer(String name, DataType type, List<Integer> dims, ByteBuffer bytes) {
        TensorProto.Builder tensor = TensorProto.newBuilder().setName(name).setDataType(type.getNumber()).setRawData(ByteString.copyFrom(bytes.array()));
        dims.forEach(tensor::addDims);
        graph.addInitializer(tensor);
        return this;
    }

    /**
     * A node, called as its first result.
     *
     * @param names operands, then "->", then results; separated by spaces
     */
    OnnxFile node(String type, String names, AttributeProto... attributes) {
        String[] sides = names.split(" -> ");
        NodeProto.Builder node = NodeProto.newBuilder().setOpType(type).setName(sides[1].split(" ")[0]).addAllAttribute(List.of(attributes));
        graph.addNode(node.addAllInput(List.of(sides[0].split(" "))).addAllOutput(List.of(sides[1].split(" "))));
        return this;
    }

    static AttributeProto of(String name, long value) {
        return AttributeProto.newBuilder().setName(name).setType(AttributeProto.AttributeType.INT).setI(value).build();
    }

    static AttributeProto of(String name, List<Long> values) {
        return AttributeProto.newBuilder().setName(name).setType(AttributeProto.AttributeType.INTS).addAllInts(values).build();
    }

    static AttributeProto of(String name, String... values) {
        return AttributeProto.newBuilder().setName(name).setType(AttributeProto.AttributeType.STRINGS)
                .addAllStrings(Stream.of(values).map(ByteString::copyFromUtf8).toList()).build();
    }

    /** What a node holds inside, such as the branch of an If. */
    static AttributeProto of(String name, OnnxFile inside) {
        return AttributeProto.newBuilder().setName(name).setType(AttributeProto.AttributeType.GRAPH).setG(inside.graph).build();
    }

    byte[] bytes() {
        return ModelProto.newBuilder().setIrVersion(opset < 21 ? 8 : opset < 24 ? 10 : 12).setGraph(graph).addOpsetImport(OperatorSetIdProto.newBuilder().setVersion(opset)).build()
                .toByteArray();
    }
}
