package io.github.bitgrain.quantizer.walk;

import io.github.bitgrain.core.exec.Executor;
import io.github.bitgrain.core.exec.ValueObserver;
import io.github.bitgrain.core.graph.Graph;
import io.github.bitgrain.core.graph.Node;
import io.github.bitgrain.core.graph.Parameters;
import io.github.bitgrain.core.tensor.Shape;
import io.github.bitgrain.core.tensor.Tensor;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BiConsumer;
import java.util.function.Function;
import java.util.stream.IntStream;

/**
 * How far a network has been run, for all batches: the values between the nodes that ran and those that did not. Parts are
 * run once, in order, instead of the whole prefix for every block; values that nobody will read any more are dropped.
 */
public final class Frontier implements AutoCloseable {
    private final Graph graph;
    private final Map<String, Shape> shapes;
    private final Function<Node, List<Node>> expansion;
    private final Parameters parameters;
    private final List<Integer> extents;
    private final ActivationCache cache;
    private final int threads;
    private final Set<String> kept;
    private final Set<Node> ran = new HashSet<>();
    private final Set<Node> done = new HashSet<>();
    /** Values that cannot be kept by samples: what makes them runs again for each reader. */
    private final Set<String> behind;

    /**
     * A frontier before the first node.
     *
     * @param expansion what runs in place of a node
     * @param kept values that are never dropped
     */
    public Frontier(Graph graph, Map<String, Shape> shapes, Function<Node, List<Node>> expansion, Parameters parameters,
            List<Map<String, Tensor>> batches, ActivationCache cache, Collection<String> kept, int threads) {
        this.graph = graph;
        this.shapes = shapes;
        this.expansion = expansion;
        this.parameters = parameters;
        this.extents = batches.stream().map(batch -> batch.values().iterator().next().shape().dim(0)).toList();
        this.cache = cache;
        this.kept = new HashSet<>(kept);
        this.threads = threads;
        this.behind = SampleAxis.behind(graph, parameters);
        for (int b = 0; b < batches.size(); b++) {
            for (Map.Entry<String, Tensor> input : batches.get(b).entrySet()) {
                cache.put(input.getKey(), b, input.getValue());
            }
        }
    }

    /** Runs whatever is missing before these values exist, as it is now; nodes of {@code untrained} may be run again later. */
    public void advanceTo(Collection<String> values, Set<Node> untrained) {
        List<Node> missing = missing(values);
        if (!missing.isEmpty()) {
            run(missing, untrained);
        }
    }

    /** The nodes that would have to run before these values exist, in order; values that cannot be kept are missing always. */
    public List<Node> missing(Collection<String> values) {
        return graph.needed(values).stream().filter(node -> !ran.contains(node)).toList();
    }

    /** Runs nodes, again if they ran before; what is not in {@code untrained} is then done with. */
    public void run(List<Node> nodes, Set<Node> untrained) {
        List<Node> kept = nodes.stream().filter(node -> node.outputs().stream().noneMatch(behind::contains)).toList();
        ran.addAll(kept);
        kept.stream().filter(node -> !untrained.contains(node)).forEach(done::add);
        List<String> results = new ArrayList<>();
        for (Node node : nodes) {
            node.outputs().stream().filter(value -> !value.isEmpty() && !behind.contains(value) && isNeeded(value)).forEach(results::add);
        }
        if (!results.isEmpty()) {
            compute(nodes, results, this, IntStream.range(0, extents.size()).boxed().toList(),
                    (batch, made) -> made.forEach((name, tensor) -> cache.put(name, batch, tensor)));
        }
        for (Node node : nodes) {
            for (int i = 0; i < node.inputs().size(); i++) {
                if (node.isTensorInput(i) && !isNeeded(node.input(i))) {
                    cache.drop(node.input(i));
                }
            }
        }
    }

    /**
     * Runs nodes of this network on the values of another one, or its own, and leaves both where they are.
     *
     * @param user gets the number of each batch and the results
     */
    public void compute(List<Node> nodes, List<String> results, Frontier source, List<Integer> batches, BiConsumer<Integer, Map<String, Tensor>> user) {
        Graph part = part(graph, shapes, nodes, expansion, results);
        try (Executor executor = new Executor(part, parameters, Executor.Options.defaults().threads(threads))) {
            for (int batch : batches) {
                user.accept(batch, executor.run(source.values(part.inputs().keySet(), batch)));
            }
        }
    }

    /**
     * Runs nodes of this network on its values, leaves them where they are and shows some of what they read and make.
     *
     * @param results values that the nodes make
     * @param observed values that are shown, in their physical form
     */
    public void observe(List<Node> nodes, List<String> results, Set<String> observed, List<Integer> batches, ValueObserver observer) {
        Graph part = part(graph, shapes, nodes, expansion, results);
        Executor.Options options = Executor.Options.defaults().threads(threads).observe(observed, observer);
        try (Executor executor = new Executor(part, parameters, options)) {
            batches.forEach(batch -> executor.run(values(part.inputs().keySet(), batch)));
        }
    }

    private boolean isNeeded(String value) {
        return kept.contains(value) || graph.consumers(value).stream().anyMatch(reader -> !done.contains(reader));
    }

    /** Whether the node has run and its results are kept, as far as they are needed. */
    public boolean hasRun(Node node) {
        return ran.contains(node);
    }

    /** Number of samples of each batch. */
    public List<Integer> extents() {
        return extents;
    }

    /** Values of a batch. */
    public Map<String, Tensor> values(Collection<String> names, int batch) {
        Map<String, Tensor> values = new java.util.LinkedHashMap<>();
        names.forEach(name -> values.put(name, cache.get(name, batch)));
        return values;
    }

    /** Whether values are in memory for all batches. */
    public boolean inMemory(Collection<String> names) {
        return names.stream().allMatch(cache::inMemory);
    }

    /** The value of a batch. */
    public Tensor value(String name, int batch) {
        return cache.get(name, batch);
    }

    /** Keeps a value, whoever reads it, until {@link #release}. */
    public void keep(String value) {
        kept.add(value);
    }

    /** Drops a value that was kept. */
    public void release(String value) {
        kept.remove(value);
        if (!isNeeded(value)) {
            cache.drop(value);
        }
    }

    /** A graph of some nodes: its inputs are the values that they read and do not make. */
    public static Graph part(Graph graph, Map<String, Shape> shapes, List<Node> nodes, Function<Node, List<Node>> expansion, List<String> results) {
        Graph.Builder builder = Graph.builder(graph.name());
        graph.inputsOf(nodes).forEach(value -> builder.input(value, shapes.get(value)));
        nodes.forEach(node -> expansion.apply(node).forEach(builder::node));
        return builder.outputs(results).build();
    }

    @Override
    public void close() {
        cache.close();
    }
}
