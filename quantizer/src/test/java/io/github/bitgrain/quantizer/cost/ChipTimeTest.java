package io.github.bitgrain.quantizer.cost;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.bitgrain.core.graph.Graph;
import io.github.bitgrain.core.graph.Model;
import io.github.bitgrain.core.graph.Parameters;
import io.github.bitgrain.core.op.Concat;
import io.github.bitgrain.core.op.Gemm;
import io.github.bitgrain.core.quant.QuantPlan;
import io.github.bitgrain.core.quant.Target;
import io.github.bitgrain.core.tensor.Shape;
import io.github.bitgrain.core.tensor.Tensor;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A layer 32 → 64 (2048 products, 2144 elements) and a Concat of its result with itself (256 elements). */
class ChipTimeTest {
    private static ChipTime time(Target target, int bits) {
        Graph graph = Graph.builder("g")
                .input("x", Shape.of(1, 32))
                .node("fc", new Gemm(1, 1, false, true), List.of("x", "w"), "h")
                .node("join", new Concat(1), List.of("h", "h"), "y")
                .output("y")
                .build();
        QuantPlan plan = QuantPlan.builder(target).bits("fc", bits).bits("join", bits).build();
        return ChipTime.of(new Model(graph, new Parameters().put("w", new Tensor(Shape.of(64, 32), new float[64 * 32]))), plan);
    }

    @Test
    void nodesShareTheTimeOfTheNetwork() {
        ChipTime time = time(Target.ESP32S3, 8);
        assertEquals((2048 + 2144 + 256) / 16.0, time.operations(), 1e-9);
        assertEquals(256.0 / (2048 + 2144 + 256), time.share("join"), 1e-12);
        assertEquals(1, time.share("fc") + time.share("join"), 1e-12);
        assertEquals(278 * 1309.5 / ((300.8e6 + 17.5e6) / 16), time.milliseconds(1), 1e-12);
        assertEquals(time.milliseconds(1) / 2, time.milliseconds(0.5), 1e-15);
        assertTrue(Double.isNaN(time.share("missing")));
    }

    @Test
    void timeFollowsTheBitsOfThePlan() {
        assertEquals(2 * time(Target.ESP32P4, 8).operations(), time(Target.ESP32P4, 16).operations(), 1e-9);
    }

    @Test
    void withoutPublishedLatencyThereAreNoMilliseconds() {
        assertNull(time(Target.C, 8).milliseconds(1));
    }
}
