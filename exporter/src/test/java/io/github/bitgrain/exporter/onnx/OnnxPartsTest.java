package io.github.bitgrain.exporter.onnx;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.bitgrain.core.exec.Executor;
import io.github.bitgrain.core.graph.Graph;
import io.github.bitgrain.core.graph.Model;
import io.github.bitgrain.core.graph.Parameters;
import io.github.bitgrain.core.op.ReduceMean;
import io.github.bitgrain.core.op.ReduceSum;
import io.github.bitgrain.core.tensor.Shape;
import io.github.bitgrain.core.tensor.Tensor;
import io.github.bitgrain.exporter.onnx.proto.ModelProto;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class OnnxPartsTest {
    /** Axes as an operand, and as an attribute. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aNormIsTheRootOfTheSumOfSquares(boolean operand) throws IOException {
        for (boolean keep : new boolean[] {true, false}) {
            Graph graph = Graph.builder("net").input("x", Shape.of(2, 2))
                    .node("norm", operand ? new ReduceSum(List.of(1), keep) : new ReduceMean(List.of(1), keep), List.of("x"), "y").output("y").build();
            ModelProto.Builder file = ModelProto.parseFrom(OnnxWriter.write(new Model(graph, new Parameters()))).toBuilder();
            file.getGraphBuilder().getNodeBuilder(0).setOpType("ReduceL2");
            Model model = OnnxReader.read("norm.onnx", null, file.build().toByteArray());
            assertEquals("norm", model.graph().nodes().getLast().name());
            try (Executor executor = new Executor(model)) {
                Tensor y = executor.run(Map.of("x", new Tensor(Shape.of(2, 2), new float[] {3, -4, 0, 2}))).get("y");
                assertEquals(keep ? Shape.of(2, 1) : Shape.of(2), y.shape());
                assertArrayEquals(new float[] {5, 2}, y.data(), 1e-6f);
            }
        }
        assertTrue(OnnxReader.operators().contains("ReduceL2"));
    }
}
