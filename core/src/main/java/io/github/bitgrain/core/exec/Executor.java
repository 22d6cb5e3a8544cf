package io.github.bitgrain.core.exec;

import io.github.bitgrain.core.BitgrainException;
import io.github.bitgrain.core.evaluate.Evaluators;
import io.github.bitgrain.core.evaluate.Fusion;
import io.github.bitgrain.core.graph.Graph;
import io.github.bitgrain.core.graph.Model;
import io.github.bitgrain.core.graph.Node;
import io.github.bitgrain.core.graph.Parameters;
import io.github.bitgrain.core.plan.BufferPool;
import io.github.bitgrain.core.plan.Layout;
import io.github.bitgrain.core.plan.Plan;
import io.github.bitgrain.core.plan.PlanBuilder;
import io.github.bitgrain.core.plan.Step;
import io.github.bitgrain.core.plan.Value;
import io.github.bitgrain.core.plan.Workers;
import io.github.bitgrain.core.tensor.Shape;
import io.github.bitgrain.core.tensor.Tensor;
import io.github.bitgrain.kernels.FloatKernels;
import io.github.bitgrain.kernels.Kernels;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/**
 * Runs a graph in float. A plan is compiled at the first run with each batch size and reused after; runs allocate their
 * results only. A large batch is computed some samples at a time, where the network does not mix them. Results depend neither on the number of
 * threads nor on the batch. One thread may use an executor at a time.
 *
 * <p>Only what the wanted values need is computed. Parameters are read when the executor is made; after a change of their
 * data, call {@link #refresh}.
 */
public final class Executor implements AutoCloseable {
    private final Graph graph;
    private final Parameters parameters;
    private final Options options;
    private final List<String> wanted;
    private final Workers workers;
    private final BufferPool pool = new BufferPool();
    private final Workers single = new Workers(1);
    private final Map<Key, Plan> plans = new LinkedHashMap<>();
    /** How to divide each batch size; null where it stays whole. */
    private final Map<Integer, BatchParts> parts = new HashMap<>();

    /** A plan for a batch; threads that run at the same time have their own. */
    private record Key(int batch, int thread) {}

    /**
     * How to run.
     *
     * @param outputs names of the wanted values; empty: the graph's outputs
     * @param observed names of the values shown to the observer
     * @param observer sees the observed values, or null
     * @param threads number of threads
     * @param kernels kernels to use
     */
    public record Options(List<String> outputs, Set<String> observed, ValueObserver observer, int threads, FloatKernels kernels) {
        /** Takes copies. */
        public Options {
            outputs = List.copyOf(outputs);
            observed = java.util.Collections.unmodifiableSet(new LinkedHashSet<>(observed));
            if (!observed.isEmpty()) {
                Objects.requireNonNull(observer, "observer");
            }
        }

        /** The graph's outputs, one thread, no observer. */
        public static Options defaults() {
            return new Options(List.of(), Set.of(), null, 1, Kernels.floats());
        }

        /** This with other wanted values. */
        public Options outputs(List<String> names) {
            return new Options(names, observed, observer, threads, kernels);
        }

        /** This with an observer of some values. */
        public Options observe(Set<String> names, ValueObserver newObserver) {
            return new Options(outputs, names, newObserver, threads, kernels);
        }

        /** This with another number of threads. */
        public Options threads(int number) {
            return new Options(outputs, observed, observer, number, kernels);
        }

        /** This with other kernels. */
        public Options kernels(FloatKernels other) {
            return new Options(outputs, observed, observer, threads, other);
        }
    }

    /** An executor of a model's outputs with default options. */
    public Executor(Model model) {
        this(model.graph(), model.parameters(), Options.defaults());
    }

    /** An executor. */
    public Executor(Graph graph, Parameters parameters, Options options) {
        this.graph = graph;
        this.parameters = parameters;
        this.options = options;
        this.wanted = options.outputs().isEmpty() ? graph.outputs() : options.outputs();
        this.workers = new Workers(options.threads());
    }

    /**
     * Computes the wanted values.
     *
     * @param inputs a tensor for every graph input that is needed, with any batch; read in place
     * @return the wanted values, in order, as new dense tensors
     * @throws BitgrainException (bad input) for missing or misshaped inputs
     */
    public Map<String, Tensor> run(Map<String, Tensor> inputs) {
        int batch = batch(inputs);
        BatchParts parts = parts(batch);
        if (parts != null) {
            requireShapes(inputs, batch);
            return runParts(inputs, parts);
        }
        Plan plan = plan(batch);
        plan.forward(inputs, workers);
        Map<String, Tensor> results = new LinkedHashMap<>();
        for (String name : wanted) {
            Value value = plan.value(name);
            float[] data = new float[value.shape().size()];
            plan.read(value, data, 0);
            results.put(name, new Tensor(value.shape(), data));
        }
        return results;
    }

    private BatchParts parts(int batch) {
        if (!parts.containsKey(batch)) {
            boolean divisible = options.observed().isEmpty();
            if (!divisible) {
                BatchParts.requireWhole(graph, parameters, all(), batch);
            }
            parts.put(batch, divisible ? BatchParts.of(graph, parameters, wanted, batch, workers.threads()) : null);
        }
        return parts.get(batch);
    }

    /** Every thread computes some groups of samples from the first operator to the last. */
    private Map<String, Tensor> runParts(Map<String, Tensor> inputs, BatchParts of) {
        Plan[] whole = new Plan[of.threads()];
        Plan[] rest = new Plan[of.threads()];
        for (int i = 0; i < whole.length; i++) {
            whole[i] = plan(new Key(of.group(), i));
            rest[i] = of.rest() > 0 && i == whole.length - 1 ? plan(new Key(of.rest(), i)) : null;
        }
        Map<String, Tensor> results = new LinkedHashMap<>();
        for (String name : wanted) {
            results.put(name, Tensor.zeros(whole[0].value(name).shape().with(0, of.batch())));
        }
        workers.run(new Step(whole.length, (from, to) -> {
            for (int i = from; i < to; i++) {
                for (int group = of.first(i); group < of.first(i + 1); group++) {
                    int sample = group * of.group();
                    Plan plan = sample + of.group() <= of.batch() ? whole[i] : rest[i];
                    plan.forward(inputs, sample, single);
                    for (Map.Entry<String, Tensor> result : results.entrySet()) {
                        Value value = plan.value(result.getKey());
                        plan.read(value, result.getValue().data(), sample * value.shape().size(1, value.shape().rank()));
                    }
                }
            }
        }, List.of(), "samples"));
        return results;
    }

    private void requireShapes(Map<String, Tensor> inputs, int batch) {
        graph.inputs().forEach((name, declared) -> {
            Shape shape = inputs.get(name).shape();
            if (!shape.equals(declared.with(0, batch))) {
                throw BitgrainException.badInput("input \"" + name + "\" needs shape " + declared.with(0, batch) + " but got " + shape);
            }
        });
    }

    /** Makes changed parameter data take effect. */
    public void refresh() {
        plans.values().forEach(plan -> plan.setUp(workers));
    }

    /**
     * Nanoseconds that each node took in the fastest of some runs of its own, by its name in execution order; changes of
     * layout count separately.
     *
     * @param inputs as in {@link #run}
     */
    public Map<String, Long> profile(Map<String, Tensor> inputs, int runs) {
        Plan plan = plan(batch(inputs));
        Map<String, Long> fastest = new LinkedHashMap<>();
        for (int i = 0; i < runs; i++) {
            Map<String, Long> times = new LinkedHashMap<>();
            plan.profile(times);
            plan.forward(inputs, workers);
            times.forEach((node, time) -> fastest.merge(node, time, Math::min));
        }
        plan.profile(null);
        return fastest;
    }

    /**
     * Storage that the values of a batch share; parameters and results are not counted.
     *
     * @param floats how large it is
     * @param least how many of them are alive at once at most: no smaller one would do
     */
    public record Storage(long floats, long least) {}

    /** The storage for a batch that is computed as a whole. */
    public Storage storage(int batch) {
        Plan plan = plan(batch);
        return new Storage(plan.arenaSize(), plan.leastArenaSize());
    }

    private int batch(Map<String, Tensor> inputs) {
        int batch = 0;
        for (Map.Entry<String, Shape> declared : graph.inputs().entrySet()) {
            Tensor tensor = inputs.get(declared.getKey());
            if (tensor == null) {
                throw BitgrainException.badInput(graph.name() + ": no data for input \"" + declared.getKey() + "\"");
            }
            if (tensor.shape().rank() != declared.getValue().rank()) {
                throw BitgrainException.badInput(graph.name() + ": input \"" + declared.getKey() + "\" needs shape "
                        + declared.getValue() + " with any batch, but got " + tensor.shape());
            }
            batch = batch == 0 && tensor.shape().rank() > 0 ? tensor.shape().dim(0) : batch;
        }
        return Math.max(batch, 1);
    }

    private Plan plan(int batch) {
        return plan(new Key(batch, 0));
    }

    private Plan plan(Key key) {
        Plan known = plans.get(key);
        if (known != null) {
            return known;
        }
        int batch = key.batch();
        PlanBuilder builder = new PlanBuilder(graph, parameters, batch, Set.of(), options.kernels()).converter(Evaluators.converter());
        for (String name : graph.inputs().keySet()) {
            observe(name, builder);
        }
        for (String name : graph.parameterNames()) {
            observe(name, builder);
        }
        Set<String> all = all();
        Set<String> given = new LinkedHashSet<>(graph.inputs().keySet());
        given.addAll(graph.parameterNames());
        Fusion.emit(Fusion.of(graph.needed(all), given, all, builder::shape), all, builder,
                node -> node.outputs().stream().filter(name -> !name.isEmpty()).forEach(name -> observe(name, builder)));
        for (String name : wanted) {
            if (builder.value(name) == null) {
                throw BitgrainException.badInput(graph.name() + ": there is no value \"" + name + "\"");
            }
            builder.keepUntilEnd(builder.value(name));
        }
        Plan plan = builder.build(builder.stepCount(), pool);
        plan.setUp(workers);
        plans.put(key, plan);
        return plan;
    }

    /** Names of wanted and observed values. */
    private Set<String> all() {
        Set<String> all = new LinkedHashSet<>(wanted);
        all.addAll(options.observed());
        return all;
    }

    private void observe(String name, PlanBuilder builder) {
        if (!options.observed().contains(name)) {
            return;
        }
        Value value = builder.value(name);
        builder.observe(value, () -> options.observer().observe(new ValueView(name, value.shape(), value.buffer().data(),
                value.buffer().offset(), value.rows(), value.rowLength(), value.rowStride(), value.layout() == Layout.CHANNELS_LAST,
                options.kernels())));
    }

    /** Ends the threads and frees the storage. */
    @Override
    public void close() {
        plans.values().forEach(Plan::close);
        plans.clear();
        workers.close();
    }
}
