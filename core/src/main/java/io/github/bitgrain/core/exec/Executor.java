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
import io.github.bitgrain.core.plan.Value;
import io.github.bitgrain.core.plan.Workers;
import io.github.bitgrain.core.tensor.Shape;
import io.github.bitgrain.core.tensor.Tensor;
import io.github.bitgrain.kernels.FloatKernels;
import io.github.bitgrain.kernels.Kernels;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/**
 * Runs a graph in float. A plan is compiled at the first run with each batch size and reused after; runs allocate their
 * results only. Results do not depend on the number of threads. One thread may use an executor at a time.
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
    private final Map<Integer, Plan> plans = new LinkedHashMap<>();

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
        Plan plan = plan(batch(inputs));
        plan.forward(inputs, workers);
        Map<String, Tensor> results = new LinkedHashMap<>();
        for (String name : wanted) {
            Value value = plan.value(name);
            float[] data = new float[value.shape().size()];
            plan.read(value, data);
            results.put(name, new Tensor(value.shape(), data));
        }
        return results;
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

    private int batch(Map<String, Tensor> inputs) {
        int batch = 0;
        for (Map.Entry<String, Shape> declared : graph.inputs().entrySet()) {
            Tensor tensor = inputs.get(declared.getKey());
            if (tensor == null) {
                throw BitgrainException.badInput(graph.name() + ": no data for input \"" + declared.getKey() + "\"");
            }
            if (tensor.shape().rank() == 0 || tensor.shape().rank() != declared.getValue().rank()) {
                throw BitgrainException.badInput(graph.name() + ": input \"" + declared.getKey() + "\" needs shape "
                        + declared.getValue() + " with any batch, but got " + tensor.shape());
            }
            batch = batch == 0 ? tensor.shape().dim(0) : batch;
        }
        return batch;
    }

    private Plan plan(int batch) {
        Plan known = plans.get(batch);
        if (known != null) {
            return known;
        }
        PlanBuilder builder = new PlanBuilder(graph, parameters, batch, Set.of(), options.kernels()).converter(Evaluators.converter());
        for (String name : graph.inputs().keySet()) {
            observe(name, builder);
        }
        for (String name : graph.parameterNames()) {
            observe(name, builder);
        }
        Set<String> all = new LinkedHashSet<>(wanted);
        all.addAll(options.observed());
        Set<String> given = new LinkedHashSet<>(graph.inputs().keySet());
        given.addAll(graph.parameterNames());
        for (Node node : Fusion.of(graph.needed(all), given, all, builder::shape)) {
            Fusion.emit(node, builder);
            node.outputs().stream().filter(name -> !name.isEmpty()).forEach(name -> observe(name, builder));
        }
        for (String name : wanted) {
            if (builder.value(name) == null) {
                throw BitgrainException.badInput(graph.name() + ": there is no value \"" + name + "\"");
            }
            builder.keepUntilEnd(builder.value(name));
        }
        Plan plan = builder.build(builder.stepCount(), pool);
        plan.setUp(workers);
        plans.put(batch, plan);
        return plan;
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
