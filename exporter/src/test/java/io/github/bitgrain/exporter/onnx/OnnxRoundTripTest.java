package io.github.bitgrain.exporter.onnx;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.bitgrain.core.BitgrainException;
import io.github.bitgrain.core.exec.Executor;
import io.github.bitgrain.core.graph.Graph;
import io.github.bitgrain.core.graph.Model;
import io.github.bitgrain.core.graph.Node;
import io.github.bitgrain.core.graph.Parameters;
import io.github.bitgrain.core.op.Embedding;
import io.github.bitgrain.core.tensor.Shape;
import io.github.bitgrain.core.tensor.Tensor;
import io.github.bitgrain.exporter.onnx.proto.ModelProto;
import io.github.bitgrain.exporter.onnx.proto.StringStringEntryProto;
import io.github.bitgrain.exporter.onnx.proto.TensorProto;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OnnxRoundTripTest {
    @TempDir
    Path folder;

    @Test
    void whatIsWrittenMeansTheSameWhenRead() {
        Model written = SmallNetwork.build();
        Model read = OnnxReader.read("small.onnx", null, OnnxWriter.write(written));
        assertEquals(written.graph().inputs(), read.graph().inputs());
        assertEquals(written.graph().outputs(), read.graph().outputs());
        assertEquals(written.graph().nodes().stream().map(Node::op).toList(), read.graph().nodes().stream().map(Node::op).toList());
        assertEquals(written.graph().nodes().stream().map(Node::name).toList(), read.graph().nodes().stream().map(Node::name).toList());
        Map<String, Tensor> x = Map.of("x", Tensor.filled(Shape.of(1, 2, 8, 8), 0.3f));
        try (Executor before = new Executor(written); Executor after = new Executor(read)) {
            Map<String, Tensor> results = after.run(x);
            before.run(x).forEach((name, tensor) -> assertArrayEquals(tensor.data(), results.get(name).data(), name));
        }
    }

    @Test
    void indicesStayIntegersAndChooseRowsOnly() {
        Parameters parameters = new Parameters();
        parameters.put("table", new Tensor(Shape.of(3, 2), new float[] {1, 2, 3, 4, 5, 6}));
        Graph graph = Graph.builder("lookup").input("tokens", Shape.of(1, 4)).node("rows", new Embedding(), List.of("tokens", "table"), "y")
                .output("y").build();
        byte[] written = OnnxWriter.write(new Model(graph, parameters));
        Model read = OnnxReader.read("lookup.onnx", null, written);
        assertEquals(graph.nodes(), read.graph().nodes());
        assertArrayEquals(written, OnnxWriter.write(read));
        try (Executor executor = new Executor(read)) {
            assertArrayEquals(new float[] {5, 6, 1, 2, 3, 4, 5, 6}, executor.run(Map.of("tokens", tokens(2, 0, 1, 2))).get("y").data());
            BitgrainException outside = assertThrows(BitgrainException.class, () -> executor.run(Map.of("tokens", tokens(0, 3, 0, 0))));
            assertEquals("node \"rows\" (Gather): index 3.0 is no row of a table of 3", outside.getMessage());
            assertThrows(BitgrainException.class, () -> executor.run(Map.of("tokens", tokens(0, -1, 0, 0))));
            assertThrows(BitgrainException.class, () -> executor.run(Map.of("tokens", tokens(0, 0.5f, 0, 0))));
        }
    }

    @Test
    void integersThatAreComputedWithAreRefused() throws Exception {
        Parameters parameters = new Parameters();
        parameters.put("table", new Tensor(Shape.of(3, 2), new float[6]));
        Graph graph = Graph.builder("lookup").input("tokens", Shape.of(1, 4)).node("rows", new Embedding(), List.of("tokens", "table"), "y")
                .output("y").build();
        ModelProto file = ModelProto.parseFrom(OnnxWriter.write(new Model(graph, parameters)));
        ModelProto.Builder sums = file.toBuilder();
        sums.getGraphBuilder().getNodeBuilder(0).setOpType("Add").clearAttribute();
        String message = assertThrows(BitgrainException.class, () -> OnnxReader.read("sum.onnx", null, sums.build().toByteArray())).getMessage();
        assertTrue(message.startsWith("sum.onnx: node \"rows\" (Add): input \"tokens\" holds integers, which may only choose the rows"), message);
    }

    private static Tensor tokens(float... values) {
        return new Tensor(Shape.of(1, values.length), values);
    }

    @Test
    void theSameModelGivesTheSameBytes() {
        byte[] first = OnnxWriter.write(SmallNetwork.build());
        assertArrayEquals(first, OnnxWriter.write(SmallNetwork.build()));
        assertArrayEquals(first, OnnxWriter.write(OnnxReader.read("small.onnx", null, first)));
    }

    @Test
    void aFileIsWrittenWholeOrNotAtAll() throws Exception {
        Path file = folder.resolve("small.onnx");
        OnnxWriter.write(SmallNetwork.build(), file);
        assertArrayEquals(OnnxWriter.write(SmallNetwork.build()), Files.readAllBytes(file));
        Path impossible = folder.resolve("missing/small.onnx");
        BitgrainException failure = assertThrows(BitgrainException.class, () -> OnnxWriter.write(SmallNetwork.build(), impossible));
        assertEquals(73, failure.kind().exitCode());
        try (var files = Files.list(folder)) {
            assertEquals(1, files.count());
        }
    }

    @Test
    void externalDataOutsideTheFolderIsRefused() throws Exception {
        Path data = Files.writeString(folder.resolve("secret.bin"), "x".repeat(16));
        Path inner = Files.createDirectory(folder.resolve("model"));
        var tensor = TensorProto.newBuilder().setName("w").setDataType(1).addDims(4)
                .setDataLocation(TensorProto.DataLocation.EXTERNAL);
        for (String location : new String[] {"../secret.bin", data.toString()}) {
            var external = tensor.clone().addExternalData(
                    StringStringEntryProto.newBuilder().setKey("location").setValue(location)).build();
            BitgrainException failure = assertThrows(BitgrainException.class, () -> new TensorReader("m.onnx", inner).read(external));
            assertTrue(failure.getMessage().contains("folder"), failure.getMessage());
        }
    }
}
