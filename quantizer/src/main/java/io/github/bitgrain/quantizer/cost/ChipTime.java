package io.github.bitgrain.quantizer.cost;

import io.github.bitgrain.core.graph.Model;
import io.github.bitgrain.core.graph.Node;
import io.github.bitgrain.core.quant.QuantPlan;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.OptionalDouble;

/** Estimated time of a quantized network on one core of its chip, node by node ({@link LatencyModel}). */
public final class ChipTime {
    private final Map<String, Double> operations = new LinkedHashMap<>();
    private final double whole;
    private final OptionalDouble unit;

    private ChipTime(Model model, QuantPlan plan) {
        LatencyModel latency = new LatencyModel(model, plan.target());
        for (Node node : model.graph().nodes()) {
            operations.put(node.name(), latency.operations(node, plan::bits));
        }
        whole = operations.values().stream().mapToDouble(Double::doubleValue).sum();
        unit = latency.millisecondsPerOperation();
    }

    /** The time of a network after the graph passes, at the bits of a plan. */
    public static ChipTime of(Model model, QuantPlan plan) {
        return new ChipTime(model, plan);
    }

    /** Vector operations of the whole network. */
    public double operations() {
        return whole;
    }

    /** Milliseconds of a share of the network; null where no latency is published that would set a scale. */
    public Double milliseconds(double share) {
        return unit.isPresent() ? share * whole * unit.getAsDouble() : null;
    }

    /** The share of a node, 0 to 1; NaN if the network has no such node. */
    public double share(String node) {
        Double own = operations.get(node);
        return own == null ? Double.NaN : whole == 0 ? 0 : own / whole;
    }
}
