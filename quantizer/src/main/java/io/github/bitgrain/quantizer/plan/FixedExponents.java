package io.github.bitgrain.quantizer.plan;

import io.github.bitgrain.core.BitgrainException;
import io.github.bitgrain.core.graph.Graph;
import io.github.bitgrain.core.graph.Node;
import io.github.bitgrain.core.quant.Exponents;
import io.github.bitgrain.core.quant.QuantPlan;
import io.github.bitgrain.core.quant.Slot;
import io.github.bitgrain.core.quant.SlotState;
import io.github.bitgrain.quantizer.Profile;
import java.util.Map;

/** Output scales that the user sets by hand, after calibration (ESP-PPQ's {@code quant_config_modify}). */
public final class FixedExponents {
    private FixedExponents() {}

    /**
     * The plan with the given scales. An output that takes its scale from a fused activation is skipped by ESP-PPQ; improved, the
     * activation gets the scale.
     *
     * @param scales node name → scale of its first output, a power of two
     * @throws BitgrainException (usage) for an unknown or unquantized node, or a scale that is no power of two (defect D19)
     */
    public static QuantPlan apply(Graph graph, QuantPlan plan, Map<String, Double> scales, Profile profile) {
        QuantPlan.Builder edit = plan.edit();
        scales.forEach((name, scale) -> {
            Node node = graph.node(name);
            if (node == null) {
                throw BitgrainException.usage("custom_config: there is no node \"" + name + "\" in " + graph.name());
            }
            Slot output = Slot.output(name, 0);
            if (!plan.isQuantized(name) || plan.config(output).state() == SlotState.FP32) {
                throw BitgrainException.usage("custom_config: the output of node \"" + name + "\" (" + node.op().onnxType() + ") is float");
            }
            Slot root = edit.root(output);
            if (root.equals(output) || !profile.isParity()) {
                edit.exponents(root, Exponents.of(exponent(name, scale))).state(root, SlotState.ACTIVATED);
            }
        });
        return edit.build();
    }

    private static int exponent(String name, double scale) {
        int exponent = Math.getExponent(scale);
        if (!(scale > 0) || Math.scalb(1.0, exponent) != scale) {
            throw BitgrainException.usage("custom_config: " + name + ": " + scale + " is no power of two, for example 0.0625");
        }
        return exponent;
    }
}
