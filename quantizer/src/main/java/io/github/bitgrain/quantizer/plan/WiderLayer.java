package io.github.bitgrain.quantizer.plan;

import io.github.bitgrain.core.graph.Graph;
import io.github.bitgrain.core.graph.Node;
import io.github.bitgrain.core.quant.Exponents;
import io.github.bitgrain.core.quant.QuantPlan;
import io.github.bitgrain.core.quant.Slot;
import io.github.bitgrain.core.quant.SlotState;
import io.github.bitgrain.quantizer.Profile;
import io.github.bitgrain.quantizer.observe.Observers;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * A calibrated plan with one layer at 16 bits, without samples: the layer covers the ranges that it covered at 8 bits in steps that are
 * 256 times finer, and its 8-bit readers requantize as they would.
 */
public final class WiderLayer {
    private static final int WIDE = 16;

    private WiderLayer() {}

    /** The plan with {@code layer} at 16 bits, and a Relu that is fused into it. */
    public static QuantPlan apply(Graph graph, QuantPlan plan, Node layer, Profile profile) {
        Map<String, Integer> bits = new LinkedHashMap<>();
        graph.nodes().forEach(node -> bits.put(node.name(), plan.bits(node.name())));
        bits.put(layer.name(), WIDE);
        QuantPlan wide = Fusion.apply(graph, PlanCreation.create(graph, plan.target(), Byte.SIZE, bits, Observers.MINMAX));
        QuantPlan.Builder edit = wide.edit();
        for (Slot slot : wide.slots()) {
            if (wide.config(slot).state() == SlotState.INITIAL) {
                Exponents old = plan.exponents(slot);
                edit.exponents(slot, old.plus(plan.config(slot).bits() - wide.config(slot).bits())).state(slot, SlotState.ACTIVATED);
            }
        }
        QuantPlan aligned = Alignment.apply(graph, edit.build(), profile);
        return PassiveScales.apply(graph, profile.isParity() ? aligned : ExponentRepair.apply(graph, aligned));
    }
}
