package io.github.bitgrain.quantizer.analyze;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.bitgrain.core.graph.Graph;
import io.github.bitgrain.core.graph.Model;
import io.github.bitgrain.core.graph.Parameters;
import io.github.bitgrain.core.graph.ShapeInference;
import io.github.bitgrain.core.op.Gemm;
import io.github.bitgrain.core.op.Relu;
import io.github.bitgrain.core.tensor.Shape;
import io.github.bitgrain.core.tensor.Tensor;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class OutputSensitivityTest {
    private static final Gemm GEMM = new Gemm(1, 1, false, true);

    /** x → h = x I → relu → y: one result that hangs on the three channels of h by 1, 2 and 0. */
    private static Model network() {
        Graph graph = Graph.builder("g").input("x", Shape.of(1, 3)).node("a", GEMM, List.of("x", "wa"), "h")
                .node("r", new Relu(), List.of("h"), "p").node("b", GEMM, List.of("p", "wb"), "y").node("u", new Relu(), List.of("x"), "unused")
                .output("y").build();
        return new Model(graph, new Parameters().put("wa", new Tensor(Shape.of(3, 3), new float[] {1, 0, 0, 0, 1, 0, 0, 0, 1}))
                .put("wb", new Tensor(Shape.of(1, 3), new float[] {1, 2, 0})));
    }

    private static Map<String, float[]> weights(Model model, float... x) {
        return OutputSensitivity.ofChannels(model, ShapeInference.infer(model.graph(), model.parameters()), List.of("y"),
                List.of("h", "p", "y", "unused"), OutputSensitivity.ofBatches(List.of(Map.of("x", new Tensor(Shape.of(x.length / 3, 3), x)))), 1);
    }

    @Test
    void channelsWeighAsTheSquareOfTheirEffect() {
        Map<String, float[]> weights = weights(network(), 1, 1, 1);
        // 1² : 2² : 0² with a mean of 1 is 0.6 : 2.4 : 0; the last is kept at a fiftieth of the mean before all are scaled again.
        float scale = 3 / (0.6f + 2.4f + 0.02f);
        assertArrayEquals(new float[] {0.6f * scale, 2.4f * scale, 0.02f * scale}, weights.get("p"), 1e-6f);
        assertArrayEquals(weights.get("p"), weights.get("h"), 1e-6f);
        assertArrayEquals(new float[] {1}, weights.get("y"));
        assertEquals(Set.of("h", "p", "y"), weights.keySet());
    }

    @Test
    void samplesThatAClosedReluHidesCountNothing() {
        // The second channel is open in one sample of two: 1² · 2 : 2² · 1.
        float[] h = weights(network(), 1, 1, 1, 1, -1, 1).get("h");
        assertEquals(2, h[1] / h[0], 1e-5);
    }
}
