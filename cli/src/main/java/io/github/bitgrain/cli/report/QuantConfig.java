package io.github.bitgrain.cli.report;

import io.github.bitgrain.core.graph.Graph;
import io.github.bitgrain.core.graph.Node;
import io.github.bitgrain.core.op.Conv;
import io.github.bitgrain.core.op.Gemm;
import io.github.bitgrain.core.op.MatMul;
import io.github.bitgrain.core.op.Relu;
import io.github.bitgrain.core.quant.Exponents;
import io.github.bitgrain.core.quant.QuantPlan;
import io.github.bitgrain.core.quant.Slot;
import io.github.bitgrain.core.quant.SlotConfig;
import io.github.bitgrain.core.quant.SlotState;
import io.github.bitgrain.core.quant.Target;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * A plan as the {@code .json} that ESP-PPQ writes beside its exports: operator → value → configuration, scales by the number of the
 * configuration that holds them. A Relu that the layer before it takes over is not an operator of its own, as there. Numbers count the
 * configurations of this plan; ESP-PPQ's are hashes that mean nothing beyond its file.
 */
public final class QuantConfig {
    private final Graph graph;
    private final QuantPlan plan;
    private final Map<Slot, Integer> numbers = new HashMap<>();
    private final Map<String, Object> values = new TreeMap<>();

    private QuantConfig(Graph graph, QuantPlan plan) {
        this.graph = graph;
        this.plan = plan;
        plan.slots().forEach(slot -> numbers.put(slot, numbers.size() + 1));
    }

    /** The tree, ready to be written as JSON. */
    public static Map<String, Object> of(Graph graph, QuantPlan plan) {
        return new QuantConfig(graph, plan).tree();
    }

    private Map<String, Object> tree() {
        Map<String, Object> configs = new LinkedHashMap<>();
        Map<String, Object> dispatchings = new LinkedHashMap<>();
        for (Node node : graph.nodes()) {
            if (isFused(node)) {
                continue;
            }
            dispatchings.put(node.name(), platform(node));
            if (plan.isQuantized(node.name())) {
                configs.put(node.name(), operator(node));
            }
        }
        Map<String, Object> tree = new LinkedHashMap<>();
        tree.put("configs", configs);
        tree.put("dispatchings", dispatchings);
        tree.put("values", values);
        return tree;
    }

    private Map<String, Object> operator(Node node) {
        Map<String, Object> slots = new LinkedHashMap<>();
        for (int i = 0; i < node.inputs().size(); i++) {
            add(slots, node.input(i), Slot.input(node.name(), i));
        }
        Node activation = activation(node);
        for (int i = 0; i < node.outputs().size(); i++) {
            if (activation == null) {
                add(slots, node.outputs().get(i), Slot.output(node.name(), i));
            } else {
                add(slots, activation.output(), Slot.output(activation.name(), 0));
            }
        }
        return slots;
    }

    private void add(Map<String, Object> slots, String value, Slot slot) {
        if (value.isEmpty() || !plan.has(slot) || plan.config(slot).state() == SlotState.FP32) {
            return;
        }
        SlotConfig config = plan.config(slot);
        Slot root = plan.root(slot);
        Map<String, Object> policy = new LinkedHashMap<>();
        policy.put("PER_TENSOR", !config.perChannel());
        policy.put("PER_CHANNEL", config.perChannel());
        policy.put("LINEAR", true);
        policy.put("FLOATING", false);
        policy.put("SYMMETRICAL", true);
        policy.put("ASYMMETRICAL", false);
        policy.put("POWER_OF_2", true);
        policy.put("DYNAMIC", false);
        Map<String, Object> entry = new LinkedHashMap<>();
        entry.put("bit_width", config.bits());
        entry.put("policy", policy);
        entry.put("state", config.state().name());
        entry.put("quant_min", config.qmin());
        entry.put("quant_max", config.qmax());
        entry.put("hash", numbers.get(slot));
        entry.put("dominator", numbers.get(root));
        slots.put(value, entry);
        values.put(String.valueOf(numbers.get(root)), scales(plan.exponents(root), plan.config(root).perChannel()));
    }

    private static Map<String, Object> scales(Exponents exponents, boolean perChannel) {
        List<Double> scales = new ArrayList<>();
        List<Double> zeros = new ArrayList<>();
        for (int exponent : exponents.toArray()) {
            scales.add(Math.scalb(1.0, exponent));
            zeros.add(0.0);
        }
        Map<String, Object> entry = new LinkedHashMap<>();
        entry.put("scale", perChannel ? scales : scales.getFirst());
        entry.put("zero_point", perChannel ? zeros : zeros.getFirst());
        return entry;
    }

    /** The Relu that the layer takes over, or null. */
    private Node activation(Node node) {
        if (!(node.op() instanceof Conv || node.op() instanceof Gemm || node.op() instanceof MatMul) || graph.isOutput(node.output())) {
            return null;
        }
        List<Node> readers = graph.consumers(node.output());
        boolean fused = readers.size() == 1 && readers.getFirst().op() instanceof Relu
                && plan.bits(readers.getFirst().name()) == plan.bits(node.name());
        return fused ? readers.getFirst() : null;
    }

    private boolean isFused(Node node) {
        Node maker = node.op() instanceof Relu ? graph.producer(node.input(0)) : null;
        return maker != null && activation(maker) == node;
    }

    private String platform(Node node) {
        int bits = plan.bits(node.name());
        String chip = plan.target() == Target.ESP32S3 ? "S3_" : plan.target() == Target.C ? "C_" : "";
        return bits == QuantPlan.FLOAT ? "FP32" : "ESPDL_" + chip + "INT" + bits;
    }
}
