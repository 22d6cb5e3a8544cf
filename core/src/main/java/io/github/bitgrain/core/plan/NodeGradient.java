package io.github.bitgrain.core.plan;

import io.github.bitgrain.kernels.FloatKernels;
import java.util.Arrays;
import java.util.Objects;
import java.util.function.Consumer;

/**
 * The gradient of a node while its steps are made. Gradients have the shape and layout of their values and are accumulated:
 * the first contribution may overwrite, later ones add.
 */
public final class NodeGradient {
    private final PlannedNode node;
    private final PlanBuilder builder;

    /** Where a contribution goes. */
    public record Sink(Buffer buffer, boolean add) {}

    /** The gradient of a node of the builder. */
    public NodeGradient(PlannedNode node, PlanBuilder builder) {
        this.node = node;
        this.builder = builder;
    }

    /** Makes a value the loss: its gradient is 1. */
    public static void seed(Value loss, PlanBuilder builder) {
        Value.Gradient gradient = loss.gradient();
        gradient.written = true;
        builder.step(true, 1, (from, to) -> Arrays.fill(gradient.buffer.data(), gradient.buffer.offset(),
                gradient.buffer.offset() + gradient.buffer.size(), 1f), java.util.List.of(gradient.buffer), "loss gradient");
    }

    /** Whether anything is to be done: a result has a gradient and an operand wants one. */
    public boolean needed() {
        boolean given = false;
        for (int i = 0; i < node.results(); i++) {
            given |= dy(i) != null;
        }
        return given && node.differentiable();
    }

    /** The node. */
    public PlannedNode node() {
        return node;
    }

    /** The kernels of the plan. */
    public FloatKernels kernels() {
        return node.kernels();
    }

    /** Whether the operand's gradient is wanted. */
    public boolean wants(int operand) {
        return node.has(operand) && node.in(operand).differentiable();
    }

    /** Gradient of a result, null when nothing depends on it. */
    public Buffer dy(int result) {
        if (!node.wanted(result)) {
            return null;
        }
        Value value = node.result(result);
        return value.hasGradient() ? value.gradient().buffer : null;
    }

    /** Where the contribution to an operand's gradient goes; the caller must write all of it, or add to it as told. */
    public Sink sink(int operand) {
        Value.Gradient gradient = node.in(operand).gradient();
        Sink sink = new Sink(gradient.buffer, gradient.written);
        gradient.written = true;
        return sink;
    }

    /** As {@link #sink}, zeroed first when it was empty: the caller always adds. */
    public Buffer accumulator(int operand) {
        Sink sink = sink(operand);
        if (!sink.add) {
            Value value = node.in(operand);
            int size = value.imageSize();
            step(value.images(), (from, to) -> Arrays.fill(sink.buffer.data(), sink.buffer.offset() + from * size,
                    sink.buffer.offset() + to * size, 0f), sink.buffer);
        }
        return sink.buffer;
    }

    /** Contributes through a writer that can only overwrite: it gets the gradient itself or an intermediate buffer. */
    public void overwrite(int operand, Consumer<Buffer> writer) {
        Sink sink = sink(operand);
        if (!sink.add) {
            writer.accept(sink.buffer);
            return;
        }
        Value value = node.in(operand);
        Buffer part = scratch(sink.buffer.size());
        writer.accept(part);
        int size = value.imageSize();
        FloatKernels kernels = kernels();
        step(value.images(), (from, to) -> kernels.addScaled((to - from) * size, 1f, part.data(), part.offset() + from * size,
                sink.buffer.data(), sink.buffer.offset() + from * size), part, sink.buffer);
    }

    /** Storage for intermediate results. */
    public Buffer scratch(int size) {
        return node.scratch(size);
    }

    /** Adds a step to the backward pass. */
    public void step(int items, Step.Work work, Buffer... used) {
        step(true, items, work, used);
    }

    /** Adds a step to the backward pass, or to set-up. */
    public void step(boolean everyRun, int items, Step.Work work, Buffer... used) {
        builder.step(everyRun, items, work, Arrays.stream(used).filter(Objects::nonNull).toList(), node.node().name() + " gradient");
    }
}
