package io.github.bitgrain.quantizer.tqt;

import io.github.bitgrain.core.graph.Graph;
import io.github.bitgrain.core.graph.Model;
import io.github.bitgrain.core.graph.Parameters;
import io.github.bitgrain.core.op.Gemm;
import io.github.bitgrain.core.quant.Exponents;
import io.github.bitgrain.core.quant.QuantPlan;
import io.github.bitgrain.core.quant.Slot;
import io.github.bitgrain.core.quant.SlotConfig;
import io.github.bitgrain.core.quant.SlotState;
import io.github.bitgrain.core.quant.Target;
import io.github.bitgrain.core.tensor.Shape;
import io.github.bitgrain.core.tensor.Tensor;
import io.github.bitgrain.kernels.Rounding;
import java.util.List;

/** y = x Wᵀ with x, W and y quantized to 8 bits. */
final class TinyNetwork {
    private TinyNetwork() {}

    /** The network; W is [outputs, inputs]. */
    static Model model(Tensor weights) {
        Graph graph = Graph.builder("g").input("x", Shape.of(1, weights.shape().dim(1)))
                .node("fc", new Gemm(1, 1, false, true), List.of("x", "w"), "y").output("y").build();
        return new Model(graph, new Parameters().put("w", weights));
    }

    /** Its plan; several weight exponents are one per output. */
    static QuantPlan plan(int x, int y, int... w) {
        return QuantPlan.builder(Target.ESP32P4).bits("fc", 8)
                .put(Slot.input("fc", 0), config(-1, Exponents.of(x)))
                .put(Slot.input("fc", 1), config(w.length == 1 ? -1 : 0, Exponents.of(w)))
                .put(Slot.output("fc", 0), config(-1, Exponents.of(y)))
                .build();
    }

    private static SlotConfig config(int axis, Exponents exponents) {
        return new SlotConfig(8, Rounding.HALF_EVEN, axis, "minmax", SlotState.ACTIVATED, exponents);
    }
}
