package io.github.bitgrain.quantizer.tqt;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import io.github.bitgrain.core.exec.Executor;
import io.github.bitgrain.core.graph.Graph;
import io.github.bitgrain.core.graph.Model;
import io.github.bitgrain.core.graph.Node;
import io.github.bitgrain.core.graph.Parameters;
import io.github.bitgrain.core.op.Clip;
import io.github.bitgrain.core.op.Gemm;
import io.github.bitgrain.core.quant.Exponents;
import io.github.bitgrain.core.quant.FakeQuantization;
import io.github.bitgrain.core.quant.QuantPlan;
import io.github.bitgrain.core.quant.Slot;
import io.github.bitgrain.core.quant.SlotConfig;
import io.github.bitgrain.core.quant.SlotState;
import io.github.bitgrain.core.quant.Target;
import io.github.bitgrain.core.tensor.Shape;
import io.github.bitgrain.core.tensor.Tensor;
import io.github.bitgrain.kernels.Rounding;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class SaturatingClipsTest {
    private static SlotConfig config(SlotState state, Integer exponent) {
        return new SlotConfig(8, Rounding.HALF_EVEN, -1, "minmax", state, exponent == null ? null : Exponents.of(exponent));
    }

    @Test
    void saturationTakesThePlaceOfWideBoundsAndNarrowOnesStay() {
        Gemm gemm = new Gemm(1, 1, false, true);
        Graph graph = Graph.builder("g")
                .input("x", Shape.of(1, 1))
                .node("a", gemm, List.of("x", "wa"), "a")
                .node(new Node("wide", new Clip(-8, 7.9375f), List.of("a", "lo", "hi"), List.of("h")))
                .node("b", gemm, List.of("h", "wb"), "b")
                .node(new Node("narrow", new Clip(-2, 7.9375f), List.of("b", "lo", "hi"), List.of("y")))
                .output("y")
                .build();
        Parameters parameters = new Parameters()
                .put("wa", new Tensor(Shape.of(1, 1), new float[] {1}))
                .put("wb", new Tensor(Shape.of(1, 1), new float[] {0.5f}));
        QuantPlan.Builder plan = QuantPlan.builder(Target.ESP32P4);
        for (String node : List.of("a", "wide", "b", "narrow")) {
            plan.bits(node, 8);
        }
        plan.put(Slot.input("a", 0), config(SlotState.ACTIVATED, -3)).put(Slot.input("a", 1), config(SlotState.ACTIVATED, -6))
                .put(Slot.output("a", 0), config(SlotState.INITIAL, null)).put(Slot.input("wide", 0), config(SlotState.INITIAL, null))
                .put(Slot.output("wide", 0), config(SlotState.ACTIVATED, -4))
                .put(Slot.input("b", 0), config(SlotState.INITIAL, null)).put(Slot.input("b", 1), config(SlotState.ACTIVATED, -6))
                .put(Slot.output("b", 0), config(SlotState.INITIAL, null)).put(Slot.input("narrow", 0), config(SlotState.INITIAL, null))
                .put(Slot.output("narrow", 0), config(SlotState.ACTIVATED, -4));
        for (String clip : List.of("wide", "narrow")) {
            plan.dominate(Slot.output(clip.equals("wide") ? "a" : "b", 0), Slot.output(clip, 0));
            plan.dominate(Slot.input(clip, 0), Slot.output(clip, 0));
        }
        plan.dominate(Slot.input("b", 0), Slot.output("wide", 0));
        Model model = new Model(graph, parameters);
        SaturatingClips.Result result = SaturatingClips.remove(model, plan.build());
        assertNull(result.model().graph().node("wide"));
        assertEquals("narrow", result.model().graph().nodes().getLast().name());
        assertEquals(Slot.output("a", 0), result.plan().root(Slot.input("b", 0)));
        assertEquals(-4, result.plan().exponents(Slot.input("b", 0)).single());
        Tensor x = new Tensor(Shape.of(6, 1), new float[] {-15, -8, -3.3f, 0.4f, 7.99f, 12});
        assertArrayEquals(run(FakeQuantization.insert(model, plan.build()), x), run(FakeQuantization.insert(result.model(), result.plan()), x));
    }

    private static float[] run(Model model, Tensor x) {
        try (Executor executor = new Executor(model)) {
            return executor.run(Map.of("x", x)).get("y").data();
        }
    }
}
