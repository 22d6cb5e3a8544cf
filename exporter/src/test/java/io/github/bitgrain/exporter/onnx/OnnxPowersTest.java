package io.github.bitgrain.exporter.onnx;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.bitgrain.core.BitgrainException;
import io.github.bitgrain.core.exec.Executor;
import io.github.bitgrain.core.graph.Graph;
import io.github.bitgrain.core.graph.Model;
import io.github.bitgrain.core.graph.Parameters;
import io.github.bitgrain.core.op.Mul;
import io.github.bitgrain.core.tensor.Shape;
import io.github.bitgrain.core.tensor.Tensor;
import io.github.bitgrain.exporter.onnx.proto.ModelProto;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class OnnxPowersTest {
    private static Model power(Tensor exponent) throws IOException {
        Parameters parameters = new Parameters();
        parameters.put("c", exponent);
        Graph graph = Graph.builder("net").input("x", Shape.of(1, 3)).node("power", new Mul(), List.of("x", "c"), "y").output("y").build();
        ModelProto.Builder file = ModelProto.parseFrom(OnnxWriter.write(new Model(graph, parameters))).toBuilder();
        file.getGraphBuilder().getNodeBuilder(0).setOpType("Pow");
        return OnnxReader.read("pow.onnx", null, file.build().toByteArray());
    }

    @Test
    void wholeAndHalfWholeExponentsAreProductsAndRoots() throws IOException {
        float[] x = {0.3f, 1.7f, 2.5f};
        for (int halves = -8; halves <= 8; halves++) {
            if (halves == 0) {
                continue;
            }
            Model model = power(Tensor.filled(Shape.of(1), halves / 2f));
            assertEquals("power", model.graph().nodes().getLast().name());
            try (Executor executor = new Executor(model)) {
                float[] y = executor.run(Map.of("x", new Tensor(Shape.of(1, 3), x))).get("y").data();
                for (int i = 0; i < x.length; i++) {
                    double expected = Math.pow(x[i], halves / 2.0);
                    assertEquals(expected, y[i], 1e-6 * expected, x[i] + " to the power " + halves / 2.0);
                }
            }
        }
        assertEquals(List.of(new Mul()), power(Tensor.filled(Shape.of(1, 3), 2)).graph().nodes().stream().map(node -> node.op()).toList());
    }

    @Test
    void otherExponentsAreRefusedByName() {
        refused(Tensor.filled(Shape.of(1), 2.2f), "pow.onnx: node \"power\" (Pow): the exponent 2.2 is not one of");
        refused(Tensor.filled(Shape.of(1), 0), "the exponent 0.0 is not one of");
        refused(Tensor.filled(Shape.of(1), Float.NaN), "the exponent NaN is not one of");
        refused(new Tensor(Shape.of(3), new float[] {1, 2, 2}), "the exponent differs by element");
    }

    private static void refused(Tensor exponent, String reason) {
        String message = assertThrows(BitgrainException.class, () -> power(exponent)).getMessage();
        assertTrue(message.contains(reason), message);
    }
}
