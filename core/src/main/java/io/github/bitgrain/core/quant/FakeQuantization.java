package io.github.bitgrain.core.quant;

import io.github.bitgrain.core.graph.Graph;
import io.github.bitgrain.core.graph.Model;
import io.github.bitgrain.core.graph.Node;
import io.github.bitgrain.core.graph.Parameters;
import io.github.bitgrain.core.op.Clip;
import io.github.bitgrain.core.op.FakeQuant;
import io.github.bitgrain.core.op.GateQuantization;
import io.github.bitgrain.core.op.Gru;
import io.github.bitgrain.core.op.Lstm;
import io.github.bitgrain.core.op.Op;
import io.github.bitgrain.core.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/**
 * Writes a plan into a graph: every slot that quantizes becomes a {@link FakeQuant} node, so that the float executor computes
 * what the integers would and training reaches the scales. Values keep their names and carry what their makers' output slots
 * leave of them; the unrounded result of a node is called {@link #raw}. The scale of a slot is a parameter, {@link #alpha}.
 */
public final class FakeQuantization {
    private FakeQuantization() {}

    /** Name of the parameter log2(scale) of a slot: one element, or one per channel. Each slot has its own. */
    public static String alpha(Slot slot) {
        return slot + "#alpha";
    }

    /** Name of a node's result before its output slot quantizes it. */
    public static String raw(String value) {
        return value + "#raw";
    }

    /** The value that holds what a node computes, before its own slot rounds and saturates it. */
    public static String raw(Node node, QuantPlan plan) {
        boolean rounded = plan.isQuantized(node.name()) && plan.quantizes(Slot.output(node.name(), 0));
        return rounded ? raw(node.output()) : node.output();
    }

    /** Name of a parameter or value after an input slot quantized it. */
    public static String quantized(Slot slot) {
        return slot + "#quantized";
    }

    /** The whole network with fake quantization; weights are shared with {@code model}, scales are new parameters. */
    public static Model insert(Model model, QuantPlan plan) {
        List<Node> nodes = new ArrayList<>();
        for (Node node : model.graph().nodes()) {
            nodes.addAll(expand(node, plan));
        }
        Parameters parameters = model.parameters().shallowCopy();
        putAlphas(plan, parameters);
        return new Model(model.graph().edit().nodes(nodes).build(), parameters);
    }

    /** Adds or sets the parameter {@link #alpha} of every slot that quantizes; existing tensors are changed in place. */
    public static void putAlphas(QuantPlan plan, Parameters parameters) {
        for (Slot slot : plan.slots()) {
            if (!plan.quantizes(slot)) {
                continue;
            }
            Exponents exponents = plan.exponents(slot);
            if (exponents == null) {
                throw new IllegalStateException(slot + " quantizes, but its exponent is not known yet");
            }
            String name = alpha(slot);
            if (!parameters.contains(name) || parameters.get(name).size() != exponents.count()) {
                parameters.put(name, Tensor.vector(new float[exponents.count()]));
            }
            float[] alphas = parameters.get(name).data();
            for (int i = 0; i < alphas.length; i++) {
                alphas[i] = exponents.get(i);
            }
        }
    }

    /** One node with its fake quantization: inputs, the node, outputs. */
    public static List<Node> expand(Node node, QuantPlan plan) {
        if (!plan.isQuantized(node.name())) {
            return List.of(node);
        }
        List<Node> nodes = new ArrayList<>();
        List<String> inputs = new ArrayList<>(node.inputs());
        for (int i = 0; i < inputs.size(); i++) {
            Slot slot = Slot.input(node.name(), i);
            if (node.isTensorInput(i) && plan.quantizes(slot)) {
                nodes.add(quantizer(slot, plan, inputs.get(i), quantized(slot)));
                inputs.set(i, quantized(slot));
            }
        }
        List<String> outputs = new ArrayList<>(node.outputs());
        List<Node> after = new ArrayList<>();
        for (int i = 0; i < outputs.size(); i++) {
            Slot slot = Slot.output(node.name(), i);
            if (!outputs.get(i).isEmpty() && plan.quantizes(slot)) {
                after.add(quantizer(slot, plan, raw(outputs.get(i)), outputs.get(i)));
                outputs.set(i, raw(outputs.get(i)));
            }
        }
        nodes.add(asOnChip(node.withInputs(inputs).withOutputs(outputs), plan));
        nodes.addAll(after);
        return nodes;
    }

    /** The node with what the chip rounds inside it. */
    private static Node asOnChip(Node node, QuantPlan plan) {
        return switch (node.op()) {
            case Gru gru -> withRoundedStates(node, plan, gru.gateExponent(), gates -> new Gru(gru.hidden(), gru.direction(), gru.linearBeforeReset(), gates, gru.gateExponent()));
            case Lstm lstm -> withRoundedStates(node, plan, lstm.gateExponent(), gates -> new Lstm(lstm.hidden(), lstm.direction(), gates, lstm.gateExponent()));
            default -> withRoundedBounds(node, plan);
        };
    }

    /** As it is while the state's scale is being calibrated: the operator then sees rounded weights and is float inside. */
    private static Node withRoundedStates(Node node, QuantPlan plan, int gateExponent, Function<GateQuantization, Op> operator) {
        Slot state = Slot.output(node.name(), 0);
        if (plan.exponents(state) == null || !plan.quantizes(state) && plan.config(state).state() == SlotState.INITIAL) {
            return node;
        }
        List<String> inputs = new ArrayList<>(node.inputs());
        while (inputs.size() < GateQuantization.STATE_SCALE) {
            inputs.add(Node.OMITTED);
        }
        inputs.add(alpha(plan.quantizes(state) ? state : plan.root(state)));
        return node.withOp(operator.apply(new GateQuantization(plan.config(state).rounding(), plan.config(state).bits(), gateExponent))).withInputs(inputs);
    }

    /** The chip holds the bounds of a Clip on its input's grid: operands 1 and 2, whose values are in the record. */
    private static Node withRoundedBounds(Node node, QuantPlan plan) {
        if (!(node.op() instanceof Clip clip)) {
            return node;
        }
        return node.withOp(new Clip(rounded(clip.min(), Slot.input(node.name(), 1), plan), rounded(clip.max(), Slot.input(node.name(), 2), plan)));
    }

    private static float rounded(float value, Slot slot, QuantPlan plan) {
        if (!plan.quantizes(slot)) {
            return value;
        }
        SlotConfig config = plan.config(slot);
        float scale = Math.scalb(1f, plan.exponents(slot).single());
        return Math.clamp(config.rounding().round(value / scale), config.qmin(), config.qmax()) * scale;
    }

    private static Node quantizer(Slot slot, QuantPlan plan, String from, String to) {
        SlotConfig config = plan.config(slot);
        FakeQuant op = new FakeQuant(config.bits(), config.rounding(), config.perChannel() ? config.axis() : FakeQuant.PER_TENSOR);
        return new Node(slot + "#quantizer", op, List.of(from, alpha(slot)), List.of(to));
    }
}
