package io.github.bitgrain.core.plan;

import io.github.bitgrain.core.graph.Node;
import io.github.bitgrain.core.op.Op;
import io.github.bitgrain.core.tensor.Shape;
import io.github.bitgrain.kernels.FloatKernels;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** A node while its steps are made: operands in the layouts that its evaluator asks for, results where it wants them. */
public final class PlannedNode {
    private final PlanBuilder builder;
    private final Node node;
    private final Op op;
    private final List<Value> operands;
    private final Value[] results;
    private final Map<String, Buffer> saved = new HashMap<>();
    private final boolean live;
    private final boolean differentiable;

    PlannedNode(PlanBuilder builder, Node node, Op op, List<Value> operands) {
        this.builder = builder;
        this.node = node;
        this.op = op;
        this.operands = new ArrayList<>(operands);
        this.results = new Value[node.outputs().size()];
        this.live = operands.stream().filter(Objects::nonNull).anyMatch(Value::live);
        this.differentiable = operands.stream().filter(Objects::nonNull).anyMatch(Value::differentiable);
    }

    /** The graph's node. */
    public Node node() {
        return node;
    }

    /** What is computed. */
    public Op op() {
        return op;
    }

    /** The kernels of the plan. */
    public FloatKernels kernels() {
        return builder.kernels();
    }

    /** Number of operands. */
    public int operands() {
        return operands.size();
    }

    /** Number of results. */
    public int results() {
        return results.length;
    }

    /** Whether the operand is given (and not structural). */
    public boolean has(int operand) {
        return operand < operands.size() && operands.get(operand) != null;
    }

    /** The operand in the layout that it has, or in which it was asked for before. */
    public Value in(int operand) {
        return operands.get(operand);
    }

    /** The operand in a layout; the node's gradient sees it in that layout too. */
    public Value in(int operand, Layout layout) {
        operands.set(operand, builder.convert(operands.get(operand), layout));
        return operands.get(operand);
    }

    /** Shape of a result by shape inference. */
    public Shape outShape(int result) {
        return op instanceof LayoutChange ? operands.getFirst().shape() : builder.shape(node.outputs().get(result));
    }

    /** Whether somebody wants the result. */
    public boolean wanted(int result) {
        return !node.outputs().get(result).isEmpty();
    }

    /** The layout that the readers of a result would like; dense when they do not care. */
    public Layout preferred(int result) {
        return builder.preferred(node.outputs().get(result), outShape(result));
    }

    /** Declares a result in new storage. */
    public Value out(int result, Layout layout) {
        if (layout == Layout.CHANNELS_LAST && !(op instanceof LayoutChange)) {
            results[result] = builder.place(node.outputs().get(result), outShape(result), live, differentiable);
            return results[result];
        }
        Buffer buffer = new Buffer(layout.size(outShape(result)));
        results[result] = new Value(node.outputs().get(result), outShape(result), layout, buffer, live, differentiable);
        return results[result];
    }

    /** Whether operands were made where this result, channels last, needs them. */
    public boolean joins(int result) {
        return builder.isJoined(node.outputs().get(result));
    }

    /**
     * Declares a result that is some of the channels of a channels-last operand and stays there.
     *
     * @return whether its readers can do with that; if not, nothing is declared
     */
    public boolean outChannels(int result, Value of, int channel) {
        String name = node.outputs().get(result);
        if (!builder.mayBeView(name) || of.layout() != Layout.CHANNELS_LAST) {
            return false;
        }
        Buffer part = new Buffer(of.buffer(), channel, Value.span(outShape(result), of.rowStride()));
        results[result] = new Value(name, outShape(result), Layout.CHANNELS_LAST, of.rowStride(), part, live, differentiable);
        return true;
    }

    /** Declares a result that is a view of an operand's storage: a dense one, or rows of channels that stay rows. */
    public void outView(int result, Layout layout, Value of) {
        int rowStride = layout == Layout.CHANNELS_LAST ? of.rowStride() : layout.rowStride(outShape(result));
        Value view = new Value(node.outputs().get(result), outShape(result), layout, rowStride, of.buffer(), live, differentiable);
        results[result] = view;
        if (view.differentiable()) {
            view.shareGradientOf(of);
        }
    }

    /** A declared result. */
    public Value result(int result) {
        if (results[result] == null) {
            throw new IllegalStateException(node + " did not declare result " + result);
        }
        return results[result];
    }

    /** Whether the node runs in every run; otherwise it runs once, at set-up. */
    public boolean live() {
        return live;
    }

    /** Whether a trained parameter influences the results, so that the gradient may need what {@link #save} keeps. */
    public boolean differentiable() {
        return differentiable;
    }

    /** Storage for intermediate results of this node. */
    public Buffer scratch(int size) {
        return new Buffer(size);
    }

    /** Storage that the node's gradient finds again under the key. */
    public Buffer save(String key, int size) {
        Buffer buffer = new Buffer(size);
        saved.put(key, buffer);
        return buffer;
    }

    /** What was saved under the key. */
    public Buffer saved(String key) {
        return saved.get(key);
    }

    /** Adds a step; it runs in every run if the node is live, otherwise at set-up. */
    public void step(int items, Step.Work work, Buffer... used) {
        step(live, items, work, used);
    }

    /** Adds a step that runs in every run, or at set-up only. */
    public void step(boolean everyRun, int items, Step.Work work, Buffer... used) {
        builder.step(everyRun, items, work, Arrays.stream(used).filter(Objects::nonNull).toList(), node.name());
    }
}
