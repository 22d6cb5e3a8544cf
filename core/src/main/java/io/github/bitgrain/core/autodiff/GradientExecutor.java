package io.github.bitgrain.core.autodiff;

import io.github.bitgrain.core.BitgrainException;
import io.github.bitgrain.core.differentiate.Gradients;
import io.github.bitgrain.core.evaluate.Evaluators;
import io.github.bitgrain.core.graph.Graph;
import io.github.bitgrain.core.graph.Node;
import io.github.bitgrain.core.graph.Parameters;
import io.github.bitgrain.core.op.Op;
import io.github.bitgrain.core.plan.BufferPool;
import io.github.bitgrain.core.plan.NodeGradient;
import io.github.bitgrain.core.plan.Plan;
import io.github.bitgrain.core.plan.PlanBuilder;
import io.github.bitgrain.core.plan.Value;
import io.github.bitgrain.core.plan.Workers;
import io.github.bitgrain.core.tensor.Tensor;
import io.github.bitgrain.kernels.FloatKernels;
import io.github.bitgrain.kernels.Kernels;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * A graph with a scalar loss, compiled for one batch size: computes the loss and its gradients with respect to chosen
 * parameters. Trained parameters are read anew in every pass, everything that depends on others alone is computed once
 * (see {@link #refresh}). A pass allocates nothing large; results do not depend on the number of threads. One thread may use
 * an executor at a time.
 */
public final class GradientExecutor implements AutoCloseable {
    private final Plan plan;
    private final Value loss;
    private final Workers workers;
    private final boolean ownWorkers;
    private final Storage storage;

    /**
     * Threads and pooled memory that several executors use one after the other, so that compiling many small graphs is cheap.
     */
    public static final class Storage implements AutoCloseable {
        private final BufferPool pool = new BufferPool();
        private final Workers workers;

        /** Storage and threads. */
        public Storage(int threads) {
            workers = new Workers(threads);
        }

        /** Ends the threads. */
        @Override
        public void close() {
            workers.close();
        }
    }

    /** An executor with one thread of its own. */
    public GradientExecutor(Graph graph, Parameters parameters, int batch, String loss, Set<String> trained) {
        this(graph, parameters, batch, loss, trained, List.of(), null, Kernels.floats());
    }

    /**
     * An executor.
     *
     * @param batch extent of axis 0 of every input
     * @param loss name of a value with one element
     * @param trained names of the parameters (or inputs) whose gradients are wanted
     * @param kept names of further values that {@link #read} must find
     * @param storage threads and memory to use, null for own ones
     * @param kernels kernels to use
     * @throws BitgrainException (bad input) naming an operator without gradient or an unknown name
     */
    public GradientExecutor(Graph graph, Parameters parameters, int batch, String loss, Set<String> trained, List<String> kept,
            Storage storage, FloatKernels kernels) {
        this.storage = storage == null ? new Storage(1) : storage;
        this.ownWorkers = storage == null;
        this.workers = this.storage.workers;
        for (String name : trained) {
            if (!graph.isParameter(name) && !graph.inputs().containsKey(name)) {
                throw BitgrainException.badInput(graph.name() + ": there is no parameter \"" + name + "\" to train");
            }
        }
        PlanBuilder builder = new PlanBuilder(graph, parameters, batch, new LinkedHashSet<>(trained), kernels)
                .converter(Evaluators.converter()).prepareInputs();
        List<String> wanted = new ArrayList<>(kept);
        wanted.add(loss);
        for (Node node : graph.needed(wanted)) {
            Evaluators.emit(node, builder);
        }
        for (String name : wanted) {
            if (builder.value(name) == null) {
                throw BitgrainException.badInput(graph.name() + ": there is no value \"" + name + "\"");
            }
            builder.keepUntilEnd(builder.value(name));
        }
        this.loss = builder.value(loss);
        if (this.loss.shape().size() != 1) {
            throw BitgrainException.badInput(graph.name() + ": the loss \"" + loss + "\" has shape " + this.loss.shape());
        }
        int forward = builder.stepCount();
        if (this.loss.differentiable()) {
            NodeGradient.seed(this.loss, builder);
            builder.nodes().reversed().forEach(node -> Gradients.emit(new NodeGradient(node, builder)));
        }
        this.plan = builder.build(forward, this.storage.pool);
        refresh();
    }

    /** Makes changed data of parameters that are not trained take effect. */
    public void refresh() {
        plan.setUp(workers);
    }

    /**
     * Computes the loss.
     *
     * @param inputs a dense tensor per graph input; read in place
     */
    public float loss(Map<String, Tensor> inputs) {
        plan.forward(inputs, workers);
        return lossValue();
    }

    /**
     * Computes the loss and all gradients; running averages of training-form BatchNorm move.
     *
     * @param inputs a dense tensor per graph input; read in place
     */
    public float step(Map<String, Tensor> inputs) {
        float value = loss(inputs);
        plan.backward(workers);
        return value;
    }

    /** Inputs as the executor that prepared them wants them. */
    public static final class Batch {
        private final Plan.Prepared prepared;

        private Batch(Plan.Prepared prepared) {
            this.prepared = prepared;
        }
    }

    /**
     * Inputs to be used again and again, for {@link #loss(Batch)} and {@link #step(Batch)} of this executor.
     *
     * @param inputs a dense tensor per graph input; kept, not copied
     */
    public Batch prepare(Map<String, Tensor> inputs) {
        return new Batch(plan.prepare(inputs, workers));
    }

    /** Bytes that prepared inputs take beside the tensors. */
    public long preparedBytes() {
        return plan.preparedSize() * Float.BYTES;
    }

    /** The loss of prepared inputs. */
    public float loss(Batch inputs) {
        plan.forward(inputs.prepared, workers);
        return lossValue();
    }

    private float lossValue() {
        return loss.buffer().data()[loss.buffer().offset()];
    }

    /** As {@link #step(Map)}, of prepared inputs. */
    public float step(Batch inputs) {
        float value = loss(inputs);
        plan.backward(workers);
        return value;
    }

    /** Gradients of the trained parameters, by name; the same tensors always, holding those of the last {@link #step}. */
    public Map<String, Tensor> gradients() {
        return plan.gradients();
    }

    /** A copy of a kept value of the last pass. */
    public Tensor read(String name) {
        Value value = plan.value(name);
        float[] data = new float[value.shape().size()];
        plan.read(value, data, 0);
        return new Tensor(value.shape(), data);
    }

    /** Frees the storage. */
    @Override
    public void close() {
        plan.close();
        if (ownWorkers) {
            workers.close();
        }
    }

    /** Whether an error in an operator's results can be followed to its operands. */
    public static boolean hasGradient(Op op) {
        return Gradients.supported().contains(op.getClass());
    }
}
