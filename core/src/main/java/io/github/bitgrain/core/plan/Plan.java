package io.github.bitgrain.core.plan;

import io.github.bitgrain.core.BitgrainException;
import io.github.bitgrain.core.tensor.Shape;
import io.github.bitgrain.core.tensor.Tensor;
import io.github.bitgrain.kernels.FloatKernels;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Steps with storage, ready to run any number of times. Values that depend on untrained parameters alone are made at
 * {@link #setUp}; a run allocates nothing large. One thread may use a plan at a time.
 */
public final class Plan implements AutoCloseable {
    private final FloatKernels kernels;
    private final List<Step> setup;
    private final List<Step> preparation;
    private final List<Buffer> prepared;
    private final List<Step> forward;
    private final List<Step> backward;
    private final Map<String, Value> values;
    private final Map<String, Value> inputs = new LinkedHashMap<>();
    private final Map<String, Tensor> gradients = new LinkedHashMap<>();
    private final BufferPool pool;
    private final long leastArenaSize;
    private float[] arena;
    private Map<String, Long> profile;
    private Prepared own;

    /** The inputs of a batch as the steps want them; for the plan that {@link #prepare prepared} it, no other. */
    public static final class Prepared {
        private Map<String, Tensor> tensors;
        private final List<float[]> converted = new ArrayList<>();

        private Prepared() {}
    }

    Plan(PlanBuilder builder, int forwardSteps, BufferPool pool) {
        this.kernels = builder.kernels();
        this.setup = List.copyOf(builder.setup());
        this.preparation = List.copyOf(builder.preparation());
        this.prepared = builder.prepared().stream().map(Value::buffer).toList();
        this.forward = List.copyOf(builder.steps().subList(0, forwardSteps));
        this.backward = List.copyOf(builder.steps().subList(forwardSteps, builder.steps().size()));
        this.values = builder.values();
        this.pool = pool;
        for (String name : builder.graph().inputs().keySet()) {
            inputs.put(name, values.get(name));
        }
        for (String name : builder.trainable()) {
            Value value = values.get(name);
            if (value == null) {
                continue;
            }
            Buffer buffer = value.gradient().buffer;
            if (buffer.data() == null) {
                buffer.keep();
                buffer.place(new float[buffer.size()], 0);
            }
            gradients.put(name, new Tensor(value.shape(), buffer.data()));
        }
        Set<Buffer> distinct = Collections.newSetFromMap(new IdentityHashMap<>());
        List<Buffer> pooled = new ArrayList<>();
        for (Buffer buffer : builder.buffers()) {
            if (!distinct.add(buffer)) {
                continue;
            }
            if (!buffer.external()) {
                pooled.add(buffer);
            } else if (buffer.data() == null && !prepared.contains(buffer) && inputs.values().stream().noneMatch(value -> value.buffer() == buffer)) {
                buffer.place(new float[buffer.size()], 0);
            }
        }
        Placement placement = Placement.of(pooled);
        leastArenaSize = placement.least();
        arena = pool.take(placement.size());
        placement.apply(arena);
    }

    /** Makes everything that depends on untrained parameters alone; again after these changed. */
    public void setUp(Workers workers) {
        setup.forEach(workers::run);
    }

    /** Makes all values. The arrays of {@code tensors} are read in place. */
    public void forward(Map<String, Tensor> tensors, Workers workers) {
        requireShapes(tensors);
        forward(tensors, 0, workers);
    }

    private void requireShapes(Map<String, Tensor> tensors) {
        for (Map.Entry<String, Value> input : inputs.entrySet()) {
            Tensor tensor = tensors.get(input.getKey());
            Shape wanted = input.getValue().shape();
            if (tensor == null || !tensor.shape().equals(wanted)) {
                throw BitgrainException.badInput("input \"" + input.getKey() + "\" needs shape " + wanted + " but got "
                        + (tensor == null ? "nothing" : tensor.shape()));
            }
        }
    }

    /** The inputs of a batch, to be used again and again: their layout is changed now. The arrays of {@code tensors} are kept, not copied. */
    public Prepared prepare(Map<String, Tensor> tensors, Workers workers) {
        requireShapes(tensors);
        Prepared batch = storage();
        batch.tensors = Map.copyOf(tensors);
        bind(tensors, 0);
        convert(batch, workers);
        return batch;
    }

    /** Floats that a prepared batch holds beside its tensors. */
    public long preparedSize() {
        return prepared.stream().mapToLong(Buffer::size).sum();
    }

    private Prepared storage() {
        Prepared storage = new Prepared();
        prepared.forEach(buffer -> storage.converted.add(new float[Placement.FIRST + buffer.size()]));
        return storage;
    }

    private void convert(Prepared into, Workers workers) {
        bindConverted(into);
        run(preparation, workers);
    }

    private void bindConverted(Prepared batch) {
        for (int i = 0; i < prepared.size(); i++) {
            prepared.get(i).bind(batch.converted.get(i), Placement.FIRST);
        }
    }

    private void bind(Map<String, Tensor> tensors, int first) {
        for (Map.Entry<String, Value> input : inputs.entrySet()) {
            Tensor tensor = tensors.get(input.getKey());
            input.getValue().buffer().bind(tensor.data(), Math.multiplyExact(first, tensor.shape().size(1, tensor.shape().rank())));
        }
    }

    /** Makes all values of a batch that this plan prepared. */
    public void forward(Prepared batch, Workers workers) {
        bind(batch.tensors, 0);
        bindConverted(batch);
        run(forward, workers);
    }

    /** As {@link #forward} with samples of a larger batch: those from {@code first} on of every tensor. */
    public void forward(Map<String, Tensor> tensors, int first, Workers workers) {
        bind(tensors, first);
        if (!prepared.isEmpty()) {
            own = own == null ? storage() : own;
            convert(own, workers);
        }
        run(forward, workers);
    }

    /** Makes all gradients; after {@link #forward}. */
    public void backward(Workers workers) {
        run(backward, workers);
    }

    /** Adds the time of each step from now on, by label in order of execution; null ends that. */
    public void profile(Map<String, Long> nanoseconds) {
        profile = nanoseconds;
    }

    private void run(List<Step> steps, Workers workers) {
        Map<String, Long> into = profile;
        for (int i = 0; i < steps.size(); i++) {
            if (into == null) {
                workers.run(steps.get(i));
            } else {
                long start = System.nanoTime();
                workers.run(steps.get(i));
                into.merge(steps.get(i).label(), System.nanoTime() - start, Long::sum);
            }
        }
    }

    /** Gradients of all trained parameters, by name; the data is that of the last {@link #backward}. */
    public Map<String, Tensor> gradients() {
        return Collections.unmodifiableMap(gradients);
    }

    /** A value; readable until the next run if it was kept. */
    public Value value(String name) {
        Value value = values.get(name);
        if (value == null) {
            throw BitgrainException.badInput("the network has no value \"" + name + "\"");
        }
        return value;
    }

    /** Copies a value into a dense array, from {@code at} on. */
    public void read(Value value, float[] to, int at) {
        float[] from = value.buffer().data();
        int offset = value.buffer().offset();
        Shape shape = value.shape();
        if (value.layout() == Layout.DENSE) {
            System.arraycopy(from, offset, to, at, shape.size());
        } else {
            kernels.toNchw(shape.dim(0), shape.dim(1), shape.size(2, shape.rank()), value.rowStride(), from, offset, to, at);
        }
    }

    /** Floats of pooled storage. */
    public int arenaSize() {
        return arena.length;
    }

    /** Floats that are alive at once at most: no pooled storage can be smaller. */
    public long leastArenaSize() {
        return leastArenaSize;
    }

    /** Gives the pooled storage back; the plan cannot run any more. */
    @Override
    public void close() {
        if (arena != null) {
            pool.give(arena);
            arena = null;
        }
    }
}
