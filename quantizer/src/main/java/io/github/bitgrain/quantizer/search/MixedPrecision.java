package io.github.bitgrain.quantizer.search;

import io.github.bitgrain.core.data.DataSource;
import io.github.bitgrain.core.exec.Executor;
import io.github.bitgrain.core.graph.Graph;
import io.github.bitgrain.core.graph.Model;
import io.github.bitgrain.core.graph.Node;
import io.github.bitgrain.core.quant.FakeQuantization;
import io.github.bitgrain.core.quant.QuantPlan;
import io.github.bitgrain.core.tensor.Tensor;
import io.github.bitgrain.quantizer.analyze.JudgedValues;
import io.github.bitgrain.quantizer.analyze.OutputError;
import io.github.bitgrain.quantizer.cost.LatencyModel;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.IntConsumer;
import java.util.function.ToIntFunction;

/**
 * Which layers of an 8-bit network get 16 bits, so that the estimated latency stays within a budget.
 *
 * <p>Measured is the error at the outputs when one layer alone rounds. As long as errors are small they add up, so the sum over
 * the layers that stay at 8 bits stands for the error of the mixture; the layer that takes most error away for its time comes
 * first, with times taken anew after every choice, since neighbours at 16 bits share their conversions (a greedy knapsack, as
 * HAWQ's with measured errors in place of curvature).
 */
public final class MixedPrecision {
    private static final int WIDE = 16;
    /** Layers whose error is below this share of all are not worth a conversion. */
    private static final double NEGLIGIBLE = 1e-3;

    private final Model model;
    private final Graph graph;
    private final QuantPlan plan;
    private final LatencyModel latency;
    private final List<List<Node>> groups;

    /**
     * @param model calibrated network after the graph passes
     * @param plan its plan; layers at 8 bits are the candidates
     */
    public MixedPrecision(Model model, QuantPlan plan) {
        this.model = model;
        this.graph = model.graph();
        this.plan = plan;
        this.latency = new LatencyModel(model, plan.target());
        this.groups = LayerGroups.of(graph, plan);
    }

    /**
     * A candidate.
     *
     * @param node name of its first node
     * @param type operator of that node
     * @param macs products for a sample
     * @param error noise ÷ signal at the outputs when the layer alone rounds to 8 bits, mean over samples
     * @param cost what 16 bits of the layer alone add to the latency, as a share of it
     * @param wide whether it gets 16 bits
     */
    public record Layer(String node, String type, long macs, double error, double cost, boolean wide) {}

    /**
     * A choice.
     *
     * @param layers all candidates, the largest error first
     * @param nodes names of the nodes that get 16 bits, in graph order
     * @param latency estimated latency ÷ that of the network as it was
     * @param wideMacs share of the products that are at 16 bits
     * @param milliseconds estimated latency on one core; null where no latency of the chip is published
     */
    public record Choice(List<Layer> layers, List<String> nodes, double latency, double wideMacs, Double milliseconds) {}

    /** Number of candidates. */
    public int candidates() {
        return groups.size();
    }

    /**
     * The error of each candidate by its name, in graph order.
     *
     * @param samples samples to run, one at a time
     * @param progress hears how many candidates are done
     */
    public Map<String, Double> errors(DataSource samples, int threads, IntConsumer progress) {
        Executor.Options options = Executor.Options.defaults().threads(threads).outputs(JudgedValues.of(graph));
        List<Map<String, Tensor>> inputs = new ArrayList<>();
        List<Map<String, Tensor>> real = new ArrayList<>();
        try (Executor executor = new Executor(graph, model.parameters(), options)) {
            samples.batches(1).forEach(sample -> {
                inputs.add(sample);
                real.add(executor.run(sample));
            });
        }
        Map<String, Double> errors = new LinkedHashMap<>();
        for (List<Node> group : groups) {
            Model alone = FakeQuantization.insert(model, only(group));
            try (Executor executor = new Executor(alone.graph(), alone.parameters(), options)) {
                errors.put(group.getFirst().name(), OutputError.noiseToSignal(executor, inputs, real));
            }
            progress.accept(errors.size());
        }
        return errors;
    }

    private QuantPlan only(List<Node> group) {
        QuantPlan.Builder alone = plan.edit();
        graph.nodes().stream().filter(node -> !group.contains(node)).forEach(node -> alone.bits(node.name(), QuantPlan.FLOAT));
        return alone.build();
    }

    /**
     * Chooses.
     *
     * @param errors error of each candidate, see {@link #errors}
     * @param budget largest latency ÷ latency of the network as it is; at least 1
     */
    public Choice choose(Map<String, Double> errors, double budget) {
        double before = latency.operations(plan::bits);
        double all = errors.values().stream().mapToDouble(Double::doubleValue).sum();
        List<List<Node>> open = new ArrayList<>(groups.stream().filter(group -> error(errors, group) > NEGLIGIBLE * all).toList());
        Set<String> wide = new HashSet<>();
        double now = before;
        while (true) {
            List<Node> best = null;
            double bestWorth = 0;
            double bestTime = 0;
            for (List<Node> group : open) {
                double time = latency.operations(bits(wide, group));
                // A layer between two wide ones may save more conversions than it costs: it is for free.
                double worth = error(errors, group) / Math.max(time - now, 1e-9 * before);
                if (time <= budget * before && worth > bestWorth) {
                    best = group;
                    bestWorth = worth;
                    bestTime = time;
                }
            }
            if (best == null) {
                return choice(errors, wide, before);
            }
            open.remove(best);
            best.forEach(node -> wide.add(node.name()));
            now = bestTime;
        }
    }

    private static double error(Map<String, Double> errors, List<Node> group) {
        return errors.get(group.getFirst().name());
    }

    /** Widths with some nodes and a further group at 16 bits. */
    private ToIntFunction<String> bits(Set<String> wide, List<Node> more) {
        Set<String> heads = new HashSet<>(wide);
        more.forEach(node -> heads.add(node.name()));
        Set<String> all = LayerGroups.withPassive(graph, plan, heads);
        return name -> all.contains(name) ? WIDE : plan.bits(name);
    }

    private Choice choice(Map<String, Double> errors, Set<String> wide, double before) {
        ToIntFunction<String> bits = bits(wide, List.of());
        double after = latency.operations(bits);
        long products = 0;
        for (Node node : graph.nodes()) {
            products += bits.applyAsInt(node.name()) == WIDE ? latency.workload().macs(node) : 0;
        }
        List<Layer> layers = groups.stream()
                .map(group -> new Layer(group.getFirst().name(), group.getFirst().op().onnxType(),
                        group.stream().mapToLong(latency.workload()::macs).sum(), error(errors, group),
                        latency.operations(bits(Set.of(), group)) / before - 1, wide.contains(group.getFirst().name())))
                .sorted(Comparator.comparingDouble(Layer::error).reversed())
                .toList();
        List<String> nodes = graph.nodes().stream().map(Node::name)
                .filter(name -> bits.applyAsInt(name) == WIDE && plan.bits(name) != WIDE).toList();
        long macs = latency.workload().macs();
        return new Choice(layers, nodes, after / before, macs == 0 ? 0 : (double) products / macs,
                latency.millisecondsPerOperation().isEmpty() ? null : latency.millisecondsPerOperation().getAsDouble() * after);
    }
}
