package io.github.bitgrain.quantizer.lanes;

import io.github.bitgrain.core.graph.Graph;
import io.github.bitgrain.core.graph.Node;
import io.github.bitgrain.core.quant.Exponents;
import io.github.bitgrain.core.quant.QuantPlan;
import io.github.bitgrain.core.quant.Slot;
import io.github.bitgrain.quantizer.plan.OperatorTraits;
import io.github.bitgrain.simulator.Headroom;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;

/**
 * How coarse the products of each layer must be, at least, so that no partial sum leaves its lane: a sum that reaches v in real units needs
 * {@code v ≤ 2^(bits − 1 + e_x + e_w)}. A layer that saturates as it is may not become finer.
 */
public final class LaneRoom {
    /** Any exponents will do. */
    public static final LaneRoom UNLIMITED = new LaneRoom(Map.of());

    private final Map<String, int[]> least;

    private LaneRoom(Map<String, int[]> least) {
        this.least = least;
    }

    /**
     * The room that measured sums leave.
     *
     * @param plan exponents that the sums were measured under
     * @param seen what was measured, of all layers that exponents are to be limited for
     */
    static LaneRoom of(Graph graph, QuantPlan plan, List<Headroom.Layer> seen) {
        Map<String, int[]> least = new LinkedHashMap<>();
        for (Headroom.Layer layer : seen) {
            Node node = graph.node(layer.node());
            if (node != null && OperatorTraits.isComputing(node.op()) && products(plan, layer.node()) != null) {
                int[] exponents = products(plan, layer.node()).toArray();
                for (int c = 0; c < exponents.length; c++) {
                    int left = exponents.length == 1 ? layer.bitsLeft() : layer.channels().get(c).bitsLeft();
                    exponents[c] -= Math.max(0, left);
                }
                least.put(layer.node(), exponents);
            }
        }
        return new LaneRoom(least);
    }

    /** e_x + e_w of a layer, one or one for each channel; null where an operand has none. */
    private static Exponents products(QuantPlan plan, String node) {
        Slot x = Slot.input(node, 0);
        Slot w = Slot.input(node, 1);
        return plan.has(x) && plan.has(w) && plan.exponents(x) != null && plan.exponents(w) != null
                ? plan.exponents(w).plus(plan.exponents(x).single()) : null;
    }

    /** Whether anything is limited. */
    public boolean isLimited() {
        return !least.isEmpty();
    }

    /** Whether every layer is as coarse as it must be. */
    public boolean holds(QuantPlan plan) {
        for (Map.Entry<String, int[]> layer : least.entrySet()) {
            Exponents products = products(plan, layer.getKey());
            for (int c = 0; c < products.count(); c++) {
                if (products.get(c) < layer.getValue()[c]) {
                    return false;
                }
            }
        }
        return true;
    }

    /** Shows the least e_x + e_w of every layer, one or one for each channel, under the name of its node. */
    public void forEach(BiConsumer<String, int[]> consumer) {
        least.forEach((node, exponents) -> consumer.accept(node, exponents.clone()));
    }
}
