package io.github.bitgrain.core.plan;

import io.github.bitgrain.core.graph.Graph;
import io.github.bitgrain.core.graph.Node;
import io.github.bitgrain.core.graph.Parameters;
import io.github.bitgrain.core.graph.ShapeInference;
import io.github.bitgrain.core.op.*;
import io.github.bitgrain.core.tensor.Shape;
import io.github.bitgrain.core.tensor.Tensor;
import io.github.bitgrain.kernels.FloatKernels;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Turns a graph into steps, node by node. Used once. */
public final class PlanBuilder {
    private static final Set<Class<? extends Op>> CHANNELS_LAST_READERS = Set.of(Conv.class, ConvTranspose.class, MaxPool.class,
            AveragePool.class, GlobalAveragePool.class, GlobalMaxPool.class, BatchNorm.class, InsertZeros.class);

    private final Graph graph;
    private final FloatKernels kernels;
    private final Set<String> trainable;
    private final Map<String, Shape> shapes;
    private final Map<String, Value> values = new LinkedHashMap<>();
    private final Map<Value, Map<Layout, Value>> conversions = new HashMap<>();
    private final List<PlannedNode> nodes = new ArrayList<>();
    private final List<Step> setup = new ArrayList<>();
    private final List<Step> steps = new ArrayList<>();
    private final List<Buffer> buffers = new ArrayList<>();
    private final List<Step> preparation = new ArrayList<>();
    private final List<Value> prepared = new ArrayList<>();
    private boolean prepares;
    private final Map<String, Buffer> joined = new HashMap<>();
    private Map<String, Place> places = Map.of();
    private Set<String> views = Set.of();
    private Evaluator<LayoutChange> converter;

    /**
     * Where a value is made inside another one, channels last.
     *
     * @param value the value whose channels it is a part of
     * @param channel its first channel there, a multiple of {@link Layout#LANES}
     */
    public record Place(String value, int channel) {}

    /** Emits the steps of one operator. */
    @FunctionalInterface
    public interface Evaluator<O extends Op> {
        /** Takes operands from and declares results at the node. */
        void emit(O op, PlannedNode node);
    }

    /**
     * A builder.
     *
     * @param trainable parameters (or inputs) that change between runs and whose gradients are wanted
     */
    public PlanBuilder(Graph graph, Parameters parameters, int batch, Set<String> trainable, FloatKernels kernels) {
        this.graph = graph;
        this.kernels = kernels;
        this.trainable = trainable;
        this.shapes = ShapeInference.infer(graph, parameters, batch);
        for (String name : graph.inputs().keySet()) {
            Buffer buffer = new Buffer(shapes.get(name).size());
            buffer.keep();
            values.put(name, new Value(name, shapes.get(name), Layout.DENSE, buffer, true, trainable.contains(name)));
        }
        for (String name : graph.parameterNames()) {
            Tensor tensor = parameters.get(name);
            boolean trained = trainable.contains(name);
            values.put(name, new Value(name, tensor.shape(), Layout.DENSE, new Buffer(tensor.data()), trained, trained));
        }
    }

    /** How layouts are converted; must be set before the first node. */
    public PlanBuilder converter(Evaluator<LayoutChange> evaluator) {
        converter = evaluator;
        return this;
    }

    /** Takes changes of layout of inputs out of the run, so that what they give can be kept, see {@link Plan#prepare}. */
    public PlanBuilder prepareInputs() {
        prepares = true;
        return this;
    }

    /**
     * Saves copies: values that are made where another one needs them, and values that stay where the one is that they are taken out of. All who
     * read them must go by their {@link Value#rowStride}. Not for plans with gradients. Must be called before the first node.
     */
    public PlanBuilder join(Map<String, Place> newPlaces, Set<String> newViews) {
        if (!trainable.isEmpty()) {
            throw new IllegalStateException("joined values have no gradients");
        }
        places = newPlaces;
        views = newViews;
        newPlaces.values().forEach(place -> joined.computeIfAbsent(place.value(), name -> new Buffer(Layout.CHANNELS_LAST.size(shapes.get(name)))));
        return this;
    }

    /** Emits a node. */
    public <O extends Op> void add(Node node, O op, Evaluator<O> evaluator) {
        List<Value> operands = new ArrayList<>();
        for (int i = 0; i < node.inputs().size(); i++) {
            operands.add(node.isTensorInput(i) ? values.get(node.input(i)) : null);
        }
        PlannedNode planned = new PlannedNode(this, node, op, operands);
        evaluator.emit(op, planned);
        nodes.add(planned);
        for (int i = 0; i < node.outputs().size(); i++) {
            if (!node.outputs().get(i).isEmpty()) {
                values.put(node.outputs().get(i), planned.result(i));
            }
        }
    }

    /** Adds a step that looks at a value right after it was made. */
    public void observe(Value value, Runnable observer) {
        step(true, 1, (from, to) -> observer.run(), List.of(value.buffer()), "observer");
    }

    /** The value of a name, in the layout in which its node left it. */
    public Value value(String name) {
        return values.get(name);
    }

    /** Nodes so far, layout changes included, in execution order. */
    public List<PlannedNode> nodes() {
        return nodes;
    }

    /** The graph that is planned. */
    public Graph graph() {
        return graph;
    }

    /** The kernels of the plan. */
    public FloatKernels kernels() {
        return kernels;
    }

    /** Keeps a value until the end of the run. */
    public void keepUntilEnd(Value value) {
        buffers.add(value.buffer().whole());
        value.buffer().usedBy(Integer.MAX_VALUE - 1);
    }

    /**
     * The plan.
     *
     * @param forwardSteps how many of the steps make the values; the others make gradients
     */
    public Plan build(int forwardSteps, BufferPool pool) {
        return new Plan(this, forwardSteps, pool);
    }

    /** Number of steps so far, set-up not counted. */
    public int stepCount() {
        return steps.size();
    }

    List<Step> setup() {
        return setup;
    }

    List<Step> steps() {
        return steps;
    }

    List<Step> preparation() {
        return preparation;
    }

    /** Inputs in other layouts, made by the preparation. */
    List<Value> prepared() {
        return prepared;
    }

    List<Buffer> buffers() {
        return buffers;
    }

    Map<String, Value> values() {
        return values;
    }

    Set<String> trainable() {
        return trainable;
    }

    /** Shape of a value by shape inference. */
    public Shape shape(String name) {
        return shapes.get(name);
    }

    /** The layout that the readers of a value would like. */
    Layout preferred(String name, Shape shape) {
        if (shape.rank() < 3 || shape.rank() > 4) {
            return Layout.DENSE;
        }
        for (Node reader : graph.consumers(name)) {
            if (CHANNELS_LAST_READERS.contains(reader.op().getClass()) && reader.input(0).equals(name)) {
                return Layout.CHANNELS_LAST;
            }
        }
        return Layout.DENSE;
    }

    /** Whether parts of a value are made in place. */
    boolean isJoined(String name) {
        return joined.containsKey(name);
    }

    /** Whether a value may stay where the one is that it is taken out of. */
    boolean mayBeView(String name) {
        return views.contains(name);
    }

    /** Storage for a channels-last value. */
    Value place(String name, Shape shape, boolean live, boolean differentiable) {
        Place place = places.get(name);
        if (place == null) {
            Buffer own = joined.get(name);
            return new Value(name, shape, Layout.CHANNELS_LAST, own != null ? own : new Buffer(Layout.CHANNELS_LAST.size(shape)), live, differentiable);
        }
        Buffer whole = joined.get(place.value());
        int rowStride = Layout.CHANNELS_LAST.rowStride(shapes.get(place.value()));
        return new Value(name, shape, Layout.CHANNELS_LAST, rowStride, new Buffer(whole, place.channel(), Value.span(shape, rowStride)), live,
                differentiable);
    }

    Value convert(Value value, Layout layout) {
        if (value.layout() == layout) {
            return value;
        }
        Map<Layout, Value> known = conversions.computeIfAbsent(value, key -> new EnumMap<>(Layout.class));
        Value converted = known.get(layout);
        if (converted == null) {
            Node node = new Node(value.name() + " as " + layout, new LayoutChange(layout), List.of(value.name()), List.of(value.name()));
            PlannedNode planned = new PlannedNode(this, node, node.op(), List.of(value));
            int before = steps.size();
            converter.emit((LayoutChange) node.op(), planned);
            nodes.add(planned);
            converted = planned.result(0);
            known.put(layout, converted);
            if (prepares && value == values.get(value.name()) && graph.inputs().containsKey(value.name()) && !trainable.contains(value.name())) {
                List<Step> made = steps.subList(before, steps.size());
                preparation.addAll(made);
                made.clear();
                converted.buffer().keep();
                prepared.add(converted);
            }
        }
        return converted;
    }

    void step(boolean live, int items, Step.Work work, List<Buffer> used, String label) {
        if (items == 0) {
            return;
        }
        for (Buffer buffer : used) {
            buffers.add(buffer.whole());
            if (live) {
                buffer.usedBy(steps.size());
            } else {
                buffer.keep();
            }
        }
        (live ? steps : setup).add(new Step(items, work, used, label));
    }
}
