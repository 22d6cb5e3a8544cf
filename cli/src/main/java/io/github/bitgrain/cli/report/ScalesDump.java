package io.github.bitgrain.cli.report;

import io.github.bitgrain.core.graph.Graph;
import io.github.bitgrain.core.graph.Node;
import io.github.bitgrain.core.quant.Exponents;
import io.github.bitgrain.core.quant.QuantPlan;
import io.github.bitgrain.core.quant.Slot;
import io.github.bitgrain.core.quant.SlotConfig;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The scales of a plan as a list with one entry per operand and result of each quantized operator, in topological order.
 * Field names and meaning are those of scale dumps made with ESP-PPQ, so that the two can be compared entry by entry.
 */
public final class ScalesDump {
    private ScalesDump() {}

    /** The entries, ready to be written as JSON. */
    public static List<Map<String, Object>> of(Graph graph, QuantPlan plan) {
        List<Map<String, Object>> entries = new ArrayList<>();
        for (Node node : graph.nodes()) {
            if (!plan.isQuantized(node.name())) {
                continue;
            }
            for (int i = 0; i < node.inputs().size(); i++) {
                add(entries, graph, plan, node, Slot.input(node.name(), i), node.inputs().get(i));
            }
            for (int i = 0; i < node.outputs().size(); i++) {
                add(entries, graph, plan, node, Slot.output(node.name(), i), node.outputs().get(i));
            }
        }
        return entries;
    }

    private static void add(
            List<Map<String, Object>> entries, Graph graph, QuantPlan plan, Node node, Slot slot, String value) {
        if (!plan.has(slot)) {
            return;
        }
        SlotConfig config = plan.config(slot);
        Exponents exponents = plan.exponents(slot);
        Map<String, Object> entry = new LinkedHashMap<>();
        entry.put("op", node.name());
        entry.put("type", node.op().onnxType());
        entry.put("io", slot.io());
        entry.put("var", value);
        entry.put("param", graph.producer(value) == null && !graph.inputs().containsKey(value));
        entry.put("bits", config.bits());
        entry.put("state", config.state().name());
        entry.put("qmin", config.qmin());
        entry.put("qmax", config.qmax());
        entry.put("rounding", "ROUND_" + config.rounding().name());
        entry.put("per_channel", config.perChannel());
        entry.put("axis", config.perChannel() ? config.axis() : null);
        entry.put("observer", config.observer());
        entry.put("dominated", plan.isLinked(slot));
        entry.put("exponent", exponents == null ? null : Arrays.stream(exponents.toArray()).boxed().toList());
        entry.put("pow2", exponents == null ? null : true);
        entry.put("scale", exponents == null || config.perChannel() ? null : List.of(Math.scalb(1.0, exponents.get(0))));
        entries.add(entry);
    }
}
