package io.github.bitgrain.core.quant;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.bitgrain.core.exec.Executor;
import io.github.bitgrain.core.graph.Graph;
import io.github.bitgrain.core.graph.Model;
import io.github.bitgrain.core.graph.Node;
import io.github.bitgrain.core.graph.Parameters;
import io.github.bitgrain.core.op.Clip;
import io.github.bitgrain.core.op.Gemm;
import io.github.bitgrain.core.tensor.Shape;
import io.github.bitgrain.core.tensor.Tensor;
import io.github.bitgrain.kernels.Rounding;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class FakeQuantizationTest {
    private static final Slot X = Slot.input("fc", 0);
    private static final Slot W = Slot.input("fc", 1);
    private static final Slot Y = Slot.output("clip", 0);

    private static SlotConfig config(int bits, int axis, SlotState state, int... exponents) {
        return new SlotConfig(bits, Rounding.HALF_EVEN, axis, "minmax", state, Exponents.of(exponents));
    }

    @Test
    void valuesAreRoundedWhereSlotsQuantizeAndKeepTheirNames() {
        Graph graph = Graph.builder("g")
                .input("x", Shape.of(1, 2))
                .node("fc", new Gemm(1, 1, false, true), List.of("x", "w"), "h")
                .node(new Node("clip", new Clip(0, 6), List.of("h", "lo", "hi"), List.of("y")))
                .output("y")
                .build();
        Parameters parameters = new Parameters().put("w", new Tensor(Shape.of(2, 2), new float[] {0.6f, 0.3f, 1.1f, 0.2f}));
        QuantPlan plan = QuantPlan.builder(Target.ESP32P4)
                .bits("fc", 8).bits("clip", 8)
                .put(X, config(8, -1, SlotState.ACTIVATED, -1))
                .put(W, config(8, 0, SlotState.ACTIVATED, -1, -2))
                .put(Y, config(8, -1, SlotState.ACTIVATED, -4))
                .put(Slot.input("clip", 2), config(8, -1, SlotState.PASSIVE, -5))
                .build();
        Model quantized = FakeQuantization.insert(new Model(graph, parameters), plan);
        assertEquals(List.of("x", "w", "fc:in0#alpha", "fc:in1#alpha", "clip:out0#alpha"),
                List.of("x", "w", "fc:in0#alpha", "fc:in1#alpha", "clip:out0#alpha").stream()
                        .filter(name -> name.equals("x") || quantized.parameters().contains(name)).toList());
        try (Executor executor = new Executor(quantized)) {
            Tensor y = executor.run(Map.of("x", new Tensor(Shape.of(1, 2), new float[] {1.2f, 3.9f}))).get("y");
            // x → 1, 4; w → 0.5, 0.5 and 1, 0.25: 2.5 and 2; the bound 6 saturates to 127/32.
            assertArrayEquals(new float[] {2.5f, 2}, y.data());
            Tensor far = executor.run(Map.of("x", new Tensor(Shape.of(1, 2), new float[] {4, 8}))).get("y");
            assertArrayEquals(new float[] {4, 4}, far.data(), "127/32 on the grid of 1/16");
        }
    }
}
