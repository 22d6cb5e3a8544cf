package io.github.bitgrain.quantizer.tqt;

import io.github.bitgrain.core.graph.Graph;
import io.github.bitgrain.core.graph.Model;
import io.github.bitgrain.core.graph.Node;
import io.github.bitgrain.core.graph.Parameters;
import io.github.bitgrain.core.op.Clip;
import io.github.bitgrain.core.quant.Exponents;
import io.github.bitgrain.core.quant.FakeQuantization;
import io.github.bitgrain.core.quant.QuantPlan;
import io.github.bitgrain.core.quant.Slot;
import io.github.bitgrain.core.quant.SlotConfig;
import io.github.bitgrain.core.quant.SlotState;
import io.github.bitgrain.core.tensor.Tensor;
import io.github.bitgrain.kernels.Kernels;
import io.github.bitgrain.kernels.Rounding;
import io.github.bitgrain.quantizer.analyze.JudgedValues;
import io.github.bitgrain.quantizer.lanes.LaneRoom;
import io.github.bitgrain.quantizer.plan.OperatorTraits;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * A float network and its quantized twin, whose weights and exponents change while the float one stays. Keeps plan, scale
 * parameters and derived bias scales in step.
 */
final class QuantizedTwin {
    private final Model original;
    private final Parameters parameters;
    private final Map<String, List<Node>> expansions = new LinkedHashMap<>();
    private QuantPlan plan;
    private LaneRoom room = LaneRoom.UNLIMITED;

    QuantizedTwin(Model original, QuantPlan plan) {
        this(original, plan, false);
    }

    /**
     * A twin.
     *
     * @param roundBounds whether the bounds of a Clip are rounded to its input's grid as it is now
     */
    QuantizedTwin(Model original, QuantPlan plan, boolean roundBounds) {
        this.original = original;
        this.plan = plan;
        this.parameters = original.parameters().copy();
        FakeQuantization.putAlphas(plan, parameters);
        original.graph().nodes().forEach(node -> expansions.put(node.name(), roundBounds ? FakeQuantization.expand(node, plan) : expand(node, plan)));
    }

    /**
     * A Clip keeps its exact bounds: rounding is monotone, so that the slot behind it rounds them just the same, at whatever
     * exponent it comes to have.
     */
    private static List<Node> expand(Node node, QuantPlan plan) {
        if (!(node.op() instanceof Clip) || !plan.quantizes(Slot.output(node.name(), 0))) {
            return FakeQuantization.expand(node, plan);
        }
        return FakeQuantization.expand(node, plan).stream().map(part -> part.name().equals(node.name()) ? part.withOp(node.op()) : part).toList();
    }

    /** The float network: what the quantized one should give. */
    Model original() {
        return original;
    }

    /** The structure that plan and blocks speak of. */
    Graph graph() {
        return original.graph();
    }

    /** Weights under training and scales of all slots. */
    Parameters parameters() {
        return parameters;
    }

    /** The plan as it stands. */
    QuantPlan plan() {
        return plan;
    }

    /** A node with its quantizers. */
    List<Node> expansion(Node node) {
        return expansions.get(node.name());
    }

    /** The whole quantized network; it sees later changes of weights and exponents. */
    Model quantized() {
        List<Node> nodes = new ArrayList<>();
        original.graph().nodes().forEach(node -> nodes.addAll(expansion(node)));
        return new Model(original.graph().edit().nodes(nodes).build(), parameters);
    }

    /** The values whose error decides. */
    List<String> judged() {
        return JudgedValues.of(graph());
    }

    /** What a node computes, before its own slot rounds and saturates it. */
    String raw(Node node) {
        return FakeQuantization.raw(node, plan);
    }

    /** The value that a slot stands at. */
    String value(Slot slot) {
        Node node = graph().node(slot.node());
        return slot.side() == Slot.Side.INPUT ? node.input(slot.index()) : node.outputs().get(slot.index());
    }

    /** Whether the slot is a tensor's; a bound of a Clip is a number in the graph. */
    private boolean isTensor(Slot slot) {
        return slot.side() == Slot.Side.OUTPUT || graph().node(slot.node()).isTensorInput(slot.index());
    }

    /** Whether the slot is a parameter's. */
    boolean isParameter(Slot slot) {
        return slot.side() == Slot.Side.INPUT && graph().isParameter(value(slot));
    }

    /** Whether the slot is a bias, whose exponents follow from its operator's other operands. */
    boolean isBias(Slot slot) {
        return slot.side() == Slot.Side.INPUT && OperatorTraits.isBias(graph().node(slot.node()).op(), slot.index());
    }

    /** Roots with an exponent of their own that quantize, or that others quantize with. */
    List<Slot> roots() {
        List<Slot> roots = new ArrayList<>();
        for (Slot slot : plan.slots()) {
            if (!plan.isLinked(slot) && plan.quantizes(slot) && plan.config(slot).state() == SlotState.ACTIVATED) {
                roots.add(slot);
            }
        }
        return roots;
    }

    /** The root itself, if it quantizes, and all followers that quantize. */
    List<Slot> quantizingWith(Slot root) {
        List<Slot> slots = new ArrayList<>();
        if (plan.quantizes(root)) {
            slots.add(root);
        }
        for (Slot follower : plan.followers(root)) {
            if (plan.quantizes(follower) && isTensor(follower)) {
                slots.add(follower);
            }
        }
        return slots;
    }

    /** Copies of the weights and biases as they are. */
    Parameters weights() {
        Parameters weights = new Parameters();
        original.parameters().names().forEach(name -> weights.put(name, parameters.get(name).copy()));
        return weights;
    }

    /** The float form of the network as it is: its graph with copies of the weights under training. */
    Model current() {
        return new Model(graph(), weights());
    }

    /** What exponents have to leave room for from now on; the present ones need not. */
    void limit(LaneRoom newRoom) {
        room = newRoom;
    }

    /** Whether lanes limit the exponents: some of them saturate, or did, and what the chip computes then shows in the chip's results alone. */
    boolean isLimited() {
        return room.isLimited();
    }

    /** Raises thresholds of weights in training to where the lanes have room for the products. */
    void keepRoom() {
        room.forEach((node, least) -> {
            Slot x = plan.root(Slot.input(node, 0));
            Slot w = plan.root(Slot.input(node, 1));
            if (!plan.quantizes(x) || !isParameter(w)) {
                return;
            }
            float input = Rounding.HALF_EVEN.round(parameters.get(FakeQuantization.alpha(x)).data()[0]);
            float[] weight = parameters.get(FakeQuantization.alpha(w)).data();
            for (int c = 0; c < weight.length; c++) {
                if (input + Rounding.HALF_EVEN.round(weight[c]) < least[c]) {
                    weight[c] = least[c] - input;
                }
            }
        });
    }

    /**
     * Moves every quantized weight to the middle of its step, which changes nothing in what the network computes. Training with
     * rounding leaves many weights beside a rounding threshold (Nagel et al., Overcoming oscillations in quantization-aware
     * training, 2022), where the slightest further step turns all of them over at once.
     */
    void settleWeights() {
        for (Slot root : roots()) {
            if (!isParameter(root) || isBias(root)) {
                continue;
            }
            SlotConfig config = plan.config(root);
            Tensor weights = parameters.get(value(root));
            int count = plan.exponents(root).count();
            int outer = count == 1 ? 1 : weights.shape().size(0, config.axis());
            int inner = weights.size() / (outer * count);
            for (int i = 0; i < outer * count; i++) {
                Kernels.floats().fakeQuantize(inner, weights.data(), i * inner, weights.data(), i * inner, plan.exponents(root).get(i % count),
                        config.qmin(), config.qmax(), config.rounding());
            }
        }
    }

    /** What training changes, as it is now. */
    State state() {
        return new State();
    }

    /** A state to go back to. */
    final class State {
        private final Parameters.Snapshot weights = parameters.snapshot();
        private final QuantPlan exponents = plan;

        void restore() {
            weights.restore();
            takeOver(exponents);
        }
    }

    /** Takes another plan of the same structure as it is. */
    void takeOver(QuantPlan changed) {
        plan = changed;
        FakeQuantization.putAlphas(plan, parameters);
    }

    /** Sets the exponents of a root and of all that follow from it. */
    void setExponents(Slot root, Exponents exponents) {
        QuantPlan.Builder edit = plan.edit().exponents(root, exponents);
        setPlan(edit.build());
    }

    /** Takes another plan of the same structure; derives the bias exponents. */
    void setPlan(QuantPlan changed) {
        QuantPlan.Builder edit = changed.edit();
        for (Node node : graph().nodes()) {
            Slot bias = Slot.input(node.name(), 2);
            if (BlockBuilder.isComputing(node) && changed.quantizes(bias)) {
                edit.exponents(bias, biasExponents(node, changed));
            }
        }
        plan = edit.build();
        FakeQuantization.putAlphas(plan, parameters);
    }

    /** Sets the scale parameters of biases from the thresholds in training: the sum of the rounded ones of input and weight. */
    void deriveBiasAlphas() {
        for (Node node : graph().nodes()) {
            Slot bias = Slot.input(node.name(), 2);
            if (!BlockBuilder.isComputing(node) || !plan.quantizes(bias)) {
                continue;
            }
            Slot x = plan.root(Slot.input(node.name(), 0));
            Slot w = plan.root(Slot.input(node.name(), 1));
            float input = plan.quantizes(x)
                    ? Rounding.HALF_EVEN.round(parameters.get(FakeQuantization.alpha(x)).data()[0])
                    : plan.exponents(x).single();
            float[] weight = parameters.get(FakeQuantization.alpha(w)).data();
            float[] sum = parameters.get(FakeQuantization.alpha(bias)).data();
            for (int c = 0; c < sum.length; c++) {
                sum[c] = input + Rounding.HALF_EVEN.round(weight[weight.length == 1 ? 0 : c]);
            }
        }
    }

    /** e_b = e_x + e_w, for every channel. */
    private static Exponents biasExponents(Node node, QuantPlan plan) {
        return plan.exponents(Slot.input(node.name(), 1)).plus(plan.exponents(Slot.input(node.name(), 0)).single());
    }

    /** Whether the chip can compute with these exponents: shift its sums, hold the biases, and, where that is limited, the sums. */
    boolean isComputable(QuantPlan candidate) {
        return isShiftable(candidate) && biasFits(candidate) && room.holds(candidate);
    }

    /**
     * Whether the chip can shift the products of every computing or multiplying node to its output: e_out ≥ e_x + e_w for
     * every channel.
     */
    boolean isShiftable(QuantPlan candidate) {
        for (Node node : graph().nodes()) {
            if (BlockBuilder.isComputing(node) && candidate.isQuantized(node.name())) {
                Slot x = Slot.input(node.name(), 0);
                Slot w = Slot.input(node.name(), 1);
                Slot y = Slot.output(node.name(), 0);
                if (candidate.has(y) && candidate.exponents(y) != null && candidate.exponents(w) != null && candidate.exponents(x) != null
                        && candidate.exponents(y).min() < candidate.exponents(x).single() + candidate.exponents(w).max()) {
                    return false;
                }
            }
        }
        return true;
    }

    /** Whether the bias of every node fits its integers. */
    boolean biasFits(QuantPlan candidate) {
        return graph().nodes().stream().allMatch(node -> biasFits(node, candidate));
    }

    /** Whether the bias of a node fits its integers; true if it has none. */
    boolean biasFits(Node node, QuantPlan candidate) {
        Slot slot = Slot.input(node.name(), 2);
        if (!BlockBuilder.isComputing(node) || !candidate.quantizes(slot)) {
            return true;
        }
        SlotConfig config = candidate.config(slot);
        Exponents exponents = biasExponents(node, candidate);
        float[] bias = parameters.get(node.input(2)).data();
        return IntStream.range(0, bias.length).allMatch(c -> Math.abs(bias[c]) <= Math.scalb((double) config.qmax(), exponents.get(c)));
    }
}
