package io.github.bitgrain.quantizer.cost;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.bitgrain.core.graph.Graph;
import io.github.bitgrain.core.graph.Model;
import io.github.bitgrain.core.graph.Parameters;
import io.github.bitgrain.core.op.Gemm;
import io.github.bitgrain.core.op.Relu;
import io.github.bitgrain.core.quant.Target;
import io.github.bitgrain.core.tensor.Shape;
import io.github.bitgrain.core.tensor.Tensor;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Two layers, worked out by hand: 32 → 64 (2048 products, 2144 elements), 64 → 16 (1024 products, 1104 elements). */
class LatencyModelTest {
    private static Model network() {
        Gemm gemm = new Gemm(1, 1, false, true);
        Graph graph = Graph.builder("g")
                .input("x", Shape.of(1, 32))
                .node("fc1", gemm, List.of("x", "w1"), "h")
                .node("relu", new Relu(), List.of("h"), "r")
                .node("fc2", gemm, List.of("r", "w2"), "y")
                .output("y")
                .build();
        return new Model(graph, new Parameters()
                .put("w1", new Tensor(Shape.of(64, 32), new float[64 * 32]))
                .put("w2", new Tensor(Shape.of(16, 64), new float[16 * 64])));
    }

    @Test
    void vectorOperationsAreProductsAndBytesBySixteen() {
        LatencyModel model = new LatencyModel(network(), Target.ESP32S3);
        assertEquals(3072, model.workload().macs());
        assertEquals((2048 + 2144 + 1024 + 1104) / 16.0, model.operations(node -> 8), 1e-9);
        assertEquals(2 * 395, model.operations(node -> 16), 1e-9);
    }

    @Test
    void aBorderBetweenWidthsCostsAPassOverTheValue() {
        LatencyModel model = new LatencyModel(network(), Target.ESP32P4);
        double conversion = 64 * (2 + 1) / 16.0;
        assertEquals(2 * (128 + 134) + conversion + 64 + 69, model.operations(node -> node.equals("fc2") ? 8 : 16), 1e-9);
        assertEquals(128 + 134 + conversion + 2 * (64 + 69), model.operations(node -> node.equals("fc2") ? 16 : 8), 1e-9);
    }

    @Test
    void withoutVectorUnitProductsCostTheSameAtBothWidths() {
        LatencyModel model = new LatencyModel(network(), Target.C);
        assertEquals(3072 + 203, model.operations(node -> 8), 1e-9);
        assertEquals(3072 + 406, model.operations(node -> 16), 1e-9);
    }

    @Test
    void mobileNetTakesThePublishedTime() {
        double operations = (300.8e6 + 17.5e6) / 16;
        assertEquals(1309.5, operations * new LatencyModel(network(), Target.ESP32S3).millisecondsPerOperation().orElseThrow(), 1e-6);
        assertEquals(326.6, operations * new LatencyModel(network(), Target.ESP32P4).millisecondsPerOperation().orElseThrow(), 1e-6);
    }
}
