package io.github.bitgrain.quantizer.plan;

import io.github.bitgrain.core.BitgrainException;
import io.github.bitgrain.core.graph.Graph;
import io.github.bitgrain.core.graph.Node;
import io.github.bitgrain.core.op.Clip;
import io.github.bitgrain.core.op.GateQuantization;
import io.github.bitgrain.core.op.Pad;
import io.github.bitgrain.core.quant.QuantPlan;
import io.github.bitgrain.core.quant.Slot;
import io.github.bitgrain.core.quant.SlotConfig;
import io.github.bitgrain.core.quant.SlotState;
import io.github.bitgrain.core.quant.Target;
import io.github.bitgrain.quantizer.observe.Observers;
import java.util.Map;

/** The first plan of a network: one configuration per operand, before any scale is known. */
public final class PlanCreation {
    private final Graph graph;
    private final Target target;
    private final String activationObserver;
    private final QuantPlan.Builder plan;

    private PlanCreation(Graph graph, Target target, String activationObserver) {
        this.graph = graph;
        this.target = target;
        this.activationObserver = activationObserver;
        plan = QuantPlan.builder(target);
    }

    /**
     * A plan in which nothing is calibrated yet.
     *
     * @param bits bits of operators without an entry in {@code overrides}: 8 or 16
     * @param overrides bits by node name: 8, 16, or {@link QuantPlan#FLOAT}
     * @param activationObserver calibration algorithm of activations
     * @throws BitgrainException (usage) for an override of an unknown node
     */
    public static QuantPlan create(Graph graph, Target target, int bits, Map<String, Integer> overrides, String activationObserver) {
        overrides.keySet().forEach(name -> {
            if (graph.node(name) == null) {
                throw BitgrainException.usage("dispatching_table: there is no node \"" + name + "\" in " + graph.name());
            }
        });
        PlanCreation creation = new PlanCreation(graph, target, activationObserver);
        for (Node node : graph.nodes()) {
            int nodeBits = OperatorTraits.isQuantizable(node.op()) ? overrides.getOrDefault(node.name(), bits) : QuantPlan.FLOAT;
            creation.plan.bits(node.name(), nodeBits);
            if (nodeBits != QuantPlan.FLOAT) {
                creation.addSlots(node, nodeBits);
            }
        }
        return creation.plan.build();
    }

    private void addSlots(Node node, int bits) {
        for (int i = 0; i < node.inputs().size(); i++) {
            plan.put(Slot.input(node.name(), i), input(node, i, bits));
        }
        for (int i = 0; i < node.outputs().size(); i++) {
            boolean gate = OperatorTraits.isGate(node.op(), false, i);
            SlotState state = OperatorTraits.hasFloatOutput(node.op()) ? SlotState.FP32 : gate ? SlotState.PASSIVE_INIT : SlotState.INITIAL;
            plan.put(Slot.output(node.name(), i),
                    config(gate ? GateQuantization.GATE_BITS : bits, SlotConfig.PER_TENSOR, activationObserver, state));
        }
    }

    private SlotConfig input(Node node, int operand, int bits) {
        boolean labelled = !node.input(operand).isEmpty();
        if (!node.isTensorInput(operand) || OperatorTraits.isIndex(node.op(), operand)) {
            return config(bits, SlotConfig.PER_TENSOR, labelled ? Observers.PERCENTILE : activationObserver, SlotState.FP32);
        }
        if (OperatorTraits.isGate(node.op(), true, operand)) {
            return config(GateQuantization.GATE_BITS, SlotConfig.PER_TENSOR, Observers.MINMAX, SlotState.PASSIVE_INIT);
        }
        if (!graph.isParameter(node.input(operand))) {
            return config(bits, SlotConfig.PER_TENSOR, activationObserver, SlotState.INITIAL);
        }
        int axis = target.perChannelWeights() ? OperatorTraits.weightAxis(node.op()) : SlotConfig.PER_TENSOR;
        if (operand == 1 && axis >= 0) {
            return config(bits, axis, Observers.MINMAX, SlotState.INITIAL);
        }
        if (OperatorTraits.isBias(node.op(), operand)) {
            return config(target.biasBits(bits), axis >= 0 ? 0 : SlotConfig.PER_TENSOR, Observers.MINMAX, SlotState.PASSIVE_INIT);
        }
        SlotState state = OperatorTraits.isFloatParameter(node.op(), operand) ? SlotState.FP32 : SlotState.INITIAL;
        return config(bits, SlotConfig.PER_TENSOR, Observers.PERCENTILE, state);
    }

    private SlotConfig config(int bits, int axis, String observer, SlotState state) {
        return new SlotConfig(bits, target.rounding(), axis, observer, state, null);
    }

    /** Whether the operand is a bound or padding value that the chip holds on the input's grid. */
    static boolean followsInput(Node node, int operand) {
        return node.op() instanceof Clip && operand > 0 || node.op() instanceof Pad && operand == 2;
    }
}
