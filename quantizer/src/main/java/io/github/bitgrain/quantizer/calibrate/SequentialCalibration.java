package io.github.bitgrain.quantizer.calibrate;

import io.github.bitgrain.core.graph.Graph;
import io.github.bitgrain.core.graph.Model;
import io.github.bitgrain.core.graph.Node;
import io.github.bitgrain.core.graph.Parameters;
import io.github.bitgrain.core.graph.ShapeInference;
import io.github.bitgrain.core.quant.FakeQuantization;
import io.github.bitgrain.core.quant.QuantPlan;
import io.github.bitgrain.core.quant.Slot;
import io.github.bitgrain.core.quant.SlotState;
import io.github.bitgrain.core.tensor.Tensor;
import io.github.bitgrain.quantizer.Profile;
import io.github.bitgrain.quantizer.plan.PassiveScales;
import io.github.bitgrain.quantizer.walk.ActivationCache;
import io.github.bitgrain.quantizer.walk.Frontier;
import java.util.AbstractList;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.IntConsumer;
import java.util.stream.IntStream;

/**
 * Scales of activations, node after node, each observed with everything before it quantized already: weights and biases rounded,
 * activations rounded and saturated at the exponents just chosen (defect D23). Every part of the network runs once per batch and once
 * per look of an observer; activations between the parts are kept, and spill to files beyond {@link ActivationCache#LIMIT}.
 *
 * <p>Operands that share the exponent of a result (Add, Concat, …) must be linked to it before. They are seen unrounded until the
 * result has its exponent, and then run again: the range of a sum does not depend on how its operands are held.
 */
public final class SequentialCalibration {
    private final Graph graph;
    private final Profile profile;
    private final Parameters parameters;
    private final List<Integer> order;
    private QuantPlan plan;

    private SequentialCalibration(Model model, QuantPlan plan, Batches batches, Profile profile) {
        this.graph = model.graph();
        this.profile = profile;
        this.parameters = model.parameters().shallowCopy();
        int distinct = Math.min(batches.count(), batches.distinct());
        this.order = IntStream.range(0, batches.count()).mapToObj(i -> i % distinct).toList();
        setPlan(plan);
    }

    /**
     * The plan with the exponents of all activations that wait for calibration.
     *
     * @param plan with links between operands and results; exponents that are known already stay
     * @param progress hears after each node how much is done, of {@code 2 * batches.count()}
     */
    public static QuantPlan apply(Model model, QuantPlan plan, Batches batches, Profile profile, int threads, IntConsumer progress) {
        SequentialCalibration calibration = new SequentialCalibration(model, plan, batches, profile);
        calibration.run(model, batches, threads, progress);
        return calibration.plan;
    }

    private void run(Model model, Batches batches, int threads, IntConsumer progress) {
        ActivationCache cache = new ActivationCache(false, ActivationCache.LIMIT);
        try (Frontier frontier = new Frontier(graph, ShapeInference.infer(graph, parameters), node -> FakeQuantization.expand(node, plan), parameters,
                different(batches), cache, List.of(), threads)) {
            int done = 0;
            for (Node node : graph.nodes()) {
                calibrate(node, Slot.Side.INPUT, frontier);
                setPlan(PassiveScales.biasOf(node, plan));
                calibrate(node, Slot.Side.OUTPUT, frontier);
                done++;
                progress.accept((int) (2L * batches.count() * done / graph.nodes().size()));
            }
        }
    }

    /** The different batches, each read when it is asked for. */
    private static List<Map<String, Tensor>> different(Batches batches) {
        return new AbstractList<>() {
            @Override
            public Map<String, Tensor> get(int index) {
                return batches.get(index);
            }

            @Override
            public int size() {
                return Math.min(batches.count(), batches.distinct());
            }
        };
    }

    /** Finds the exponents of what a node reads or makes, and runs again what they change. */
    private void calibrate(Node node, Slot.Side side, Frontier frontier) {
        List<Slot> slots = Observations.waiting(plan).stream().filter(slot -> slot.node().equals(node.name()) && slot.side() == side).toList();
        if (slots.isEmpty()) {
            return;
        }
        Set<Node> open = open();
        frontier.advanceTo(reads(node), open);
        List<Node> part = new ArrayList<>(frontier.missing(reads(node)));
        part.add(node);
        List<String> results = node.outputs().stream().filter(value -> !value.isEmpty()).toList();
        Observations observations = new Observations(graph, plan, slots, profile);
        frontier.observe(part, results, observations.values(), order, observations::observe);
        if (observations.startSecondPhase()) {
            frontier.observe(part, results, observations.values(), order, observations::observe);
        }
        QuantPlan.Builder edit = plan.edit();
        observations.write(edit);
        slots.forEach(root -> plan.followers(root).forEach(follower -> roundWith(edit, follower)));
        setPlan(edit.build());
        runAgain(open, slots, frontier);
    }

    private static void roundWith(QuantPlan.Builder edit, Slot follower) {
        if (edit.config(follower).state() == SlotState.PASSIVE_INIT) {
            edit.state(follower, SlotState.PASSIVE);
        }
    }

    /** Nodes that ran without these exponents, and what read their results. */
    private void runAgain(Set<Node> open, List<Slot> roots, Frontier frontier) {
        Set<String> changed = new HashSet<>();
        List<Node> again = new ArrayList<>();
        for (Node node : graph.nodes()) {
            boolean concerned = open.contains(node) && (reads(node).stream().anyMatch(changed::contains)
                    || plan.slots().stream().anyMatch(slot -> slot.node().equals(node.name()) && roots.contains(plan.root(slot))));
            if (concerned && frontier.hasRun(node)) {
                changed.addAll(node.outputs());
                again.add(node);
            }
        }
        if (!again.isEmpty()) {
            List<String> values = again.stream().flatMap(node -> reads(node).stream()).toList();
            Set<Node> part = new LinkedHashSet<>(frontier.missing(values));
            part.addAll(again);
            frontier.run(graph.nodes().stream().filter(part::contains).toList(), open());
        }
    }

    /** Nodes that do not round yet as they will, and everything behind them. */
    private Set<Node> open() {
        Set<String> unsettled = new HashSet<>();
        for (Slot slot : plan.slots()) {
            SlotState state = plan.config(plan.root(slot)).state();
            if (state == SlotState.INITIAL) {
                unsettled.add(slot.node());
            }
        }
        Set<Node> open = new HashSet<>();
        Set<String> values = new HashSet<>();
        for (Node node : graph.nodes()) {
            if (unsettled.contains(node.name()) || reads(node).stream().anyMatch(values::contains)) {
                open.add(node);
                values.addAll(node.outputs());
            }
        }
        return open;
    }

    /** What a node reads that is computed. */
    private List<String> reads(Node node) {
        return IntStream.range(0, node.inputs().size()).filter(i -> node.isTensorInput(i) && node.hasInput(i)).mapToObj(node::input)
                .filter(value -> !graph.isParameter(value)).toList();
    }

    private void setPlan(QuantPlan changed) {
        plan = changed;
        FakeQuantization.putAlphas(plan, parameters);
    }
}
