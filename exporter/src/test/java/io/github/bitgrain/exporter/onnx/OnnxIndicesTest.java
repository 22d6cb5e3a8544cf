package io.github.bitgrain.exporter.onnx;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import io.github.bitgrain.core.BitgrainException;
import io.github.bitgrain.core.exec.Executor;
import io.github.bitgrain.core.graph.Graph;
import io.github.bitgrain.core.graph.Model;
import io.github.bitgrain.core.graph.Node;
import io.github.bitgrain.core.graph.Parameters;
import io.github.bitgrain.core.op.*;
import io.github.bitgrain.core.tensor.Shape;
import io.github.bitgrain.core.tensor.Tensor;
import io.github.bitgrain.exporter.onnx.proto.AttributeProto;
import io.github.bitgrain.exporter.onnx.proto.GraphProto;
import io.github.bitgrain.exporter.onnx.proto.ModelProto;
import io.github.bitgrain.exporter.onnx.proto.NodeProto;
import io.github.bitgrain.exporter.onnx.proto.TensorProto.DataType;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class OnnxIndicesTest {
    /** Rows of x [1, 6, 2], the 3 with the largest sums first, and what their numbers are by 4. */
    private static Model rows() {
        Parameters parameters = new Parameters().put("four", Tensor.vector(4));
        Graph graph = Graph.builder("net").input("x", Shape.of(1, 6, 2))
                .node("sum", new ReduceSum(List.of(-1), false), List.of("x"), "s")
                .node(new Node("best", new TopK(3, 1, true, true), List.of("s"), List.of("v", "i")))
                .node("wide", new Unsqueeze(List.of(-1)), List.of("i"), "u")
                .node("twice", new Tile(List.of(1L, 1L, 2L)), List.of("u"), "t")
                .node("pick", new GatherElements(1), List.of("x", "t"), "y")
                .node("quotient", new IntegerDiv(), List.of("i", "four"), "q")
                .node("rest", new Mod(false), List.of("i", "four"), "r")
                .node("number", new Cast(false), List.of("r"), "n")
                .output("y", "q", "n").build();
        return new Model(graph, parameters);
    }

    private static Map<String, Tensor> run(Model model) {
        Tensor x = new Tensor(Shape.of(1, 6, 2), new float[] {1, 2, 9, 0, 3, 3, 7, 7, 8, 8, 0, 1});
        try (Executor executor = new Executor(model)) {
            return executor.run(Map.of("x", x));
        }
    }

    @Test
    void integersOfAFileAreWrittenAsTheyWereRead() throws IOException {
        byte[] written = OnnxWriter.write(rows());
        ModelProto file = ModelProto.parseFrom(written);
        assertEquals(List.of(DataType.FLOAT_VALUE, DataType.INT64_VALUE, DataType.FLOAT_VALUE),
                file.getGraph().getOutputList().stream().map(output -> output.getType().getTensorType().getElemType()).toList());
        assertEquals(List.of("number"), names(file, "Cast"));
        Model read = OnnxReader.read("rows.onnx", null, written);
        assertEquals(rows().graph().nodes().stream().map(Node::op).toList(), read.graph().nodes().stream().map(Node::op).toList());
        assertArrayEquals(written, OnnxWriter.write(read));
        assertArrayEquals(new float[] {8, 8, 7, 7, 9, 0}, run(read).get("y").data());
        assertArrayEquals(new float[] {1, 0, 0}, run(read).get("q").data());
        assertArrayEquals(new float[] {0, 3, 1}, run(read).get("n").data());
    }

    private static List<String> names(ModelProto file, String type) {
        return file.getGraph().getNodeList().stream().filter(node -> node.getOpType().equals(type)).map(NodeProto::getName).toList();
    }

    /** In a graph all are floats: where a reader wants what the maker does not give, the file has a Cast. */
    @Test
    void floatsAndIntegersMeetInCasts() throws IOException {
        Parameters parameters = new Parameters().put("two", Tensor.vector(2)).put("half", Tensor.vector(0.5f));
        Graph graph = Graph.builder("net").input("x", Shape.of(1, 6, 2))
                .node("sum", new ReduceSum(List.of(-1), false), List.of("x"), "s")
                .node("place", new ArgMax(1, true), List.of("s"), "i")
                .node("scaled", new Mul(), List.of("i", "half"), "m")
                .node("sigmoid", new Sigmoid(), List.of("i"), "g")
                .node("row", new IndexedGather(1), List.of("x", "m"), "y")
                .node("twice", new Mul(), List.of("i", "two"), "d")
                .node("double", new Mul(), List.of("s", "two"), "e")
                .node("even", new IntegerDiv(), List.of("e", "two"), "h")
                .output("y", "g", "d", "e", "h").build();
        Model model = new Model(graph, parameters);
        Map<String, Tensor> expected = run(model);
        byte[] written = OnnxWriter.write(model);
        assertEquals(List.of("i_floats_Cast", "m_integers_Cast", "e_integers_Cast"), names(ModelProto.parseFrom(written), "Cast"));
        Set<String> initializers = ModelProto.parseFrom(written).getGraph().getInitializerList().stream()
                .map(tensor -> tensor.getName() + " " + tensor.getDataType()).collect(Collectors.toSet());
        assertTrue(initializers.containsAll(Set.of("two 1", "two_integers 7", "half 1")), initializers.toString());
        Model read = OnnxReader.read("mixed.onnx", null, written);
        run(read).forEach((name, tensor) -> assertArrayEquals(expected.get(name).data(), tensor.data(), name));
        assertArrayEquals(OnnxWriter.write(read), OnnxWriter.write(OnnxReader.read("mixed.onnx", null, OnnxWriter.write(read))));
    }

    private static String refusal(Consumer<GraphProto.Builder> change) throws IOException {
        ModelProto.Builder file = ModelProto.parseFrom(OnnxWriter.write(rows())).toBuilder();
        change.accept(file.getGraphBuilder());
        byte[] bytes = file.build().toByteArray();
        return assertThrows(BitgrainException.class, () -> OnnxReader.read("rows.onnx", null, bytes)).getMessage();
    }

    private static NodeProto.Builder node(GraphProto.Builder graph, String name) {
        return graph.getNodeBuilderList().stream().filter(node -> node.getName().equals(name)).findFirst().orElseThrow();
    }

    @Test
    void whatCannotBeReadIsRefusedByName() throws IOException {
        assertEquals("rows.onnx: node \"best\" (TopK): k (input 1) is computed at run time; only constants are supported: simplify the model first",
                refusal(graph -> node(graph, "best").setInput(1, "s")));
        assertEquals("rows.onnx: node \"pick\" (NonMaxSuppression): how many boxes are left is known at run time only; export the network without it"
                + " (nms=False) and let the application suppress them", refusal(graph -> node(graph, "pick").setOpType("NonMaxSuppression")));
        assertEquals("rows.onnx: node \"pick\" (GatherElements): reads \"x\", which holds floats, as integers; cast it to int64 before",
                refusal(graph -> node(graph, "pick").setInput(1, "x")));
        assertEquals("rows.onnx: node \"number\" (Sigmoid): reads \"r\", which holds integers; only indices are computed with integers here:"
                + " cast it to float before", refusal(graph -> node(graph, "number").setOpType("Sigmoid").clearAttribute()));
        assertEquals("rows.onnx: node \"number\" (Cast): a cast to UINT8 is not supported; float, double, int32 and int64 are",
                refusal(graph -> node(graph, "number").getAttributeBuilder(0).setI(DataType.UINT8_VALUE)));
        assertEquals("rows.onnx: node \"rest\" (Mod): fmod = 0 is for integers; use fmod = 1, or x - y * Floor(x / y)",
                refusal(graph -> node(graph, "rest").setInput(0, "s")));
        assertEquals("rows.onnx: node \"quotient\" (ArgMax): attribute select_last_index = 1 is not supported: the first of equals is taken",
                refusal(graph -> node(graph, "quotient").setOpType("ArgMax").addAttribute(AttributeProto.newBuilder().setName("select_last_index").setI(1))));
    }

    @Test
    void indicesBeyondWhatFloatsHoldAreRefusedByName() throws IOException {
        assertEquals("rows.onnx: node \"quotient\" (Div): \"four\" holds 16777217; integers are held as floats, which are exact up to 16777216",
                refusal(graph -> graph.getInitializerBuilderList().stream().filter(tensor -> tensor.getName().equals("four")).findFirst().orElseThrow()
                        .setRawData(ByteString.copyFrom(new byte[] {1, 0, 0, 1, 0, 0, 0, 0}))));
        String message = refusal(graph -> graph.getInputBuilder(0).getTypeBuilder().getTensorTypeBuilder().getShapeBuilder().getDimBuilder(1).setDimValue(1 << 25));
        assertEquals("rows.onnx: node \"best\" (TopK): its operands do not fit together: axis 1 of [1, 33554432] is too long: indices are exact up to 16777216",
                message);
    }

    /** Operator set 9 has k as an attribute and no choice of order. */
    @Test
    void oldTopKHasItsKAsAttribute() throws IOException {
        ModelProto.Builder file = ModelProto.parseFrom(OnnxWriter.write(rows())).toBuilder();
        file.getOpsetImportBuilder(0).setVersion(9);
        GraphProto.Builder graph = file.getGraphBuilder();
        node(graph, "best").clearInput().addInput("s").clearAttribute()
                .addAttribute(AttributeProto.newBuilder().setName("k").setType(AttributeProto.AttributeType.INT).setI(3));
        Model read = OnnxReader.read("old.onnx", null, file.build().toByteArray());
        assertEquals(new TopK(3, -1, true, true), read.graph().node("best").op());
    }

    /** Values that nobody reads are left out of a graph, not of a file. */
    @Test
    void bothResultsOfTopKHaveNames() throws IOException {
        Graph graph = Graph.builder("net").input("x", Shape.of(1, 6)).node(new Node("best", new TopK(2, 1, true, true), List.of("x"), List.of("", "i")))
                .output("i").build();
        ModelProto file = ModelProto.parseFrom(OnnxWriter.write(new Model(graph, new Parameters())));
        assertEquals(List.of("best_values", "i"), file.getGraph().getNode(0).getOutputList());
    }
}
