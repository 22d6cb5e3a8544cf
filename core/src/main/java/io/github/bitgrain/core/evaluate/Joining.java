package io.github.bitgrain.core.evaluate;

import io.github.bitgrain.core.graph.Node;
import io.github.bitgrain.core.op.AveragePool;
import io.github.bitgrain.core.op.Concat;
import io.github.bitgrain.core.op.Conv;
import io.github.bitgrain.core.op.MaxPool;
import io.github.bitgrain.core.op.Op;
import io.github.bitgrain.core.op.Resize;
import io.github.bitgrain.core.op.Split;
import io.github.bitgrain.core.plan.Layout;
import io.github.bitgrain.core.plan.PlanBuilder;
import io.github.bitgrain.core.tensor.Shape;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;

/**
 * Finds what a Concat or Split of channels need not copy: what is joined can be made in its place at once, what is taken apart can be read
 * where it is. For execution without gradients.
 */
final class Joining {
    /** Operators that make their result, and read what they convolve, pool, resize or add, with any distance of rows. */
    private static final Set<Class<? extends Op>> ANY_DISTANCE =
            Set.of(Conv.class, FusedConv.class, MaxPool.class, AveragePool.class, Resize.class);

    private final Map<String, Node> makers = new HashMap<>();
    private final Map<String, List<Node>> readers;
    private final Set<String> kept;
    private final Function<String, Shape> shapes;
    private final Map<String, PlanBuilder.Place> places = new HashMap<>();
    private final Set<String> views = new LinkedHashSet<>();

    private Joining(List<Node> nodes, Set<String> kept, Function<String, Shape> shapes) {
        this.kept = kept;
        this.shapes = shapes;
        readers = Fusion.readers(nodes);
        nodes.forEach(node -> node.outputs().forEach(name -> makers.put(name, node)));
        nodes.forEach(this::takeApart);
        nodes.forEach(this::join);
    }

    /**
     * Tells a builder.
     *
     * @param nodes nodes in execution order, as {@link Fusion} gives them
     * @param kept values that others look at
     */
    static void plan(List<Node> nodes, Set<String> kept, PlanBuilder builder) {
        Joining joining = new Joining(nodes, kept, builder::shape);
        builder.join(joining.places, joining.views);
    }

    private void takeApart(Node node) {
        if (!(node.op() instanceof Split split) || !areChannels(node.input(0), split.axis())) {
            return;
        }
        int channel = 0;
        for (int i = 0; i < node.outputs().size(); i++) {
            String part = node.outputs().get(i);
            if (!part.isEmpty() && isWhole(channel) && isWhole(split.sizes().get(i)) && isReadAnywhere(part)) {
                views.add(part);
            }
            channel += split.sizes().get(i);
        }
    }

    private void join(Node node) {
        if (!(node.op() instanceof Concat concat) || !areChannels(node.output(), concat.axis())) {
            return;
        }
        int channel = 0;
        for (int i = 0; i < node.inputs().size(); i++) {
            String part = node.input(i);
            if (isWhole(channel)) {
                Node maker = makers.get(part);
                if (maker != null && maker.op() instanceof Split && runsFrom(node, i, maker)) {
                    place(maker.input(0), node.output(), channel);
                } else {
                    place(part, node.output(), channel);
                }
            }
            channel += shapes.apply(part).dim(1);
        }
    }

    /** Whether the operands from i on are the results of a Split, all of them in order, none of which is copied. */
    private boolean runsFrom(Node concat, int i, Node split) {
        int count = split.outputs().size();
        return i + count <= concat.inputs().size() && concat.inputs().subList(i, i + count).equals(split.outputs())
                && views.containsAll(split.outputs());
    }

    private void place(String value, String joined, int channel) {
        Node maker = makers.get(value);
        if (maker != null && ANY_DISTANCE.contains(maker.op().getClass()) && isWhole(shapes.apply(value).dim(1))
                && isReadAnywhere(value)) {
            places.put(value, new PlanBuilder.Place(joined, channel));
        }
    }

    private boolean isReadAnywhere(String value) {
        return !kept.contains(value) && readers.getOrDefault(value, List.of()).stream().allMatch(reader -> reader.op() instanceof Concat
                || reader.op() instanceof Split
                || ANY_DISTANCE.contains(reader.op().getClass()));
    }

    private boolean areChannels(String value, int axis) {
        Shape shape = shapes.apply(value);
        return (shape.rank() == 3 || shape.rank() == 4) && shape.axis(axis) == 1;
    }

    /** Vectors that are written at the end of a row must not reach into the next part. */
    private static boolean isWhole(int channels) {
        return channels % Layout.LANES == 0;
    }
}
