package io.github.bitgrain.quantizer.equalize;

import io.github.bitgrain.core.graph.Graph;
import io.github.bitgrain.core.graph.Node;
import io.github.bitgrain.core.op.Add;
import io.github.bitgrain.core.op.AveragePool;
import io.github.bitgrain.core.op.Clip;
import io.github.bitgrain.core.op.Conv;
import io.github.bitgrain.core.op.Gemm;
import io.github.bitgrain.core.op.GlobalAveragePool;
import io.github.bitgrain.core.op.GlobalMaxPool;
import io.github.bitgrain.core.op.Identity;
import io.github.bitgrain.core.op.InsertZeros;
import io.github.bitgrain.core.op.LeakyRelu;
import io.github.bitgrain.core.op.MaxPool;
import io.github.bitgrain.core.op.PRelu;
import io.github.bitgrain.core.op.ReduceMean;
import io.github.bitgrain.core.op.Relu;
import io.github.bitgrain.core.op.Resize;
import io.github.bitgrain.core.op.Sub;
import io.github.bitgrain.core.tensor.Shape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;

/**
 * Which channels of which values must share their scale. A channel's class goes through every operator that multiplies its result when the channel is
 * multiplied: activations, pooling, sums, resizing; operators that move elements (Concat, Split, Slice, a shuffle of channels) carry the classes along. A
 * class is free when every way in and out of it leads through weights that can take the scale up; one that touches an input or output of the network,
 * or any other operator, is fixed.
 */
final class ChannelGroups {
    /** The class of everything that cannot be scaled. */
    static final int FIXED = 0;

    private final Graph graph;
    private final Map<String, Shape> shapes;
    private final DisjointSets classes = new DisjointSets();
    private final Map<String, int[]> labels = new HashMap<>();
    private final Map<Integer, Group> groups = new LinkedHashMap<>();

    /**
     * Values that free classes hold together: those of a group have one step and one shift.
     *
     * @param members values with free channels, in graph order
     * @param isWhole whether no channel of them is fixed
     */
    record Group(List<String> members, boolean isWhole) {}

    /**
     * Finds the classes.
     *
     * @param shapes shapes of all values for one sample
     * @param equalizable whether a node's weights or bounds may be changed
     */
    ChannelGroups(Graph graph, Map<String, Shape> shapes, Predicate<Node> equalizable) {
        this.graph = graph;
        this.shapes = shapes;
        classes.add(1);
        graph.nodes().forEach(node -> visit(node, equalizable.test(node)));
        graph.outputs().forEach(this::fix);
        fixClippedTogether();
        collect();
    }

    /** All groups. */
    List<Group> all() {
        return List.copyOf(groups.values());
    }

    /** The group of a value, or null if all its channels are fixed. */
    Group group(String value) {
        for (int label : labels(value)) {
            Group group = groups.get(classes.find(label));
            if (group != null) {
                return group;
            }
        }
        return null;
    }

    /** An upper bound of classes, exclusive. */
    int classes() {
        return classes.size();
    }

    /** The classes of a value: equal runs of the elements of a sample have one each. */
    int[] labels(String value) {
        int[] found = labels.getOrDefault(value, new int[] {FIXED});
        return Arrays.stream(found).map(classes::find).toArray();
    }

    /** The class of every channel (axis 1); null if a channel has several. */
    int[] channels(String value) {
        int[] found = labels(value);
        int channels = shapes.get(value).rank() < 2 ? 0 : shapes.get(value).dim(1);
        return channels == 0 || channels % found.length != 0 ? null : Labels.ofShorterRuns(found, channels);
    }

    /** Whether the node is an activation that is zero for negative values. */
    static boolean isRectifier(Node node) {
        return node.op() instanceof Relu || node.op() instanceof Clip clip && clip.min() == 0 && clip.max() > 0;
    }

    /** Whether the node has weights that can take scales up on both sides. */
    boolean isWeighted(Node node) {
        return node.isTensorInput(1) && graph.isParameter(node.input(1)) && (!node.hasInput(2) || graph.isParameter(node.input(2)))
                && !graph.isParameter(node.input(0))
                && (node.op() instanceof Conv || node.op() instanceof Gemm gemm && !gemm.transA() && gemm.alpha() == 1 && gemm.beta() == 1
                        && shapes.get(node.input(0)).rank() == 2);
    }

    /** Whether each element of the result comes from one of every operand at the same place, in any order of scaling. */
    private boolean isElementwise(Node node) {
        return isRectifier(node) || node.op() instanceof LeakyRelu || node.op() instanceof Identity
                || node.op() instanceof PRelu && graph.isParameter(node.input(1))
                || (node.op() instanceof Add || node.op() instanceof Sub) && shapes.get(node.input(0)).equals(shapes.get(node.input(1)))
                        && !graph.isParameter(node.input(0)) && !graph.isParameter(node.input(1));
    }

    /** Whether each channel of the result comes from the same channel of the operand alone, in any order of scaling. */
    private boolean isChannelwise(Node node) {
        return isMean(node) || node.op() instanceof MaxPool
                || node.op() instanceof GlobalMaxPool || node.op() instanceof Resize || node.op() instanceof InsertZeros;
    }

    /** Whether the node takes means over places of a map. */
    boolean isMean(Node node) {
        return node.op() instanceof AveragePool || node.op() instanceof GlobalAveragePool
                || node.op() instanceof ReduceMean mean && !mean.axes().isEmpty()
                        && mean.axes().stream().allMatch(axis -> (axis < 0 ? axis + shapes.get(node.input(0)).rank() : axis) >= 2);
    }

    private void visit(Node node, boolean equalizable) {
        if (!haveOneSample(node) || node.op() instanceof Clip && !equalizable) {
            fixAll(node);
        } else if (isWeighted(node)) {
            joinWithinChannels(node.input(0));
            int channels = shapes.get(node.output()).dim(1);
            int first = classes.add(channels);
            int[] made = new int[channels];
            Arrays.setAll(made, c -> first + c);
            labels.put(node.output(), made);
            if (!equalizable) {
                fixAll(node);
            }
        } else if (isElementwise(node)) {
            labels.put(node.output(), operandsJoined(node));
        } else if (isChannelwise(node)) {
            joinWithinChannels(node.input(0));
            labels.put(node.output(), channels(node.input(0)));
        } else if (Labels.isMove(node) && movesValuesOnly(node)) {
            Map<String, int[]> read = new HashMap<>();
            node.inputs().forEach(value -> read.put(value, labels(value)));
            labels.putAll(Labels.moved(node, shapes, read));
        } else {
            fixAll(node);
        }
    }

    /** Whether the first axis of everything is the batch. */
    private boolean haveOneSample(Node node) {
        for (int i = 0; i < node.inputs().size(); i++) {
            if (node.isTensorInput(i) && !graph.isParameter(node.input(i)) && !isOneSample(node.input(i))) {
                return false;
            }
        }
        return node.outputs().stream().allMatch(value -> value.isEmpty() || isOneSample(value));
    }

    private boolean isOneSample(String value) {
        return shapes.get(value).rank() >= 2 && shapes.get(value).dim(0) == 1;
    }

    private boolean movesValuesOnly(Node node) {
        for (int i = 0; i < node.inputs().size(); i++) {
            if (node.isTensorInput(i) && graph.isParameter(node.input(i))) {
                return false;
            }
        }
        return true;
    }

    /** The labels of a result whose elements are tied to those of the operands. */
    private int[] operandsJoined(Node node) {
        int[] first = labels(node.input(0));
        if (node.op() instanceof Add || node.op() instanceof Sub) {
            int[] second = labels(node.input(1));
            int count = Math.max(first.length, second.length);
            int[] one = Labels.ofShorterRuns(first, count);
            int[] other = Labels.ofShorterRuns(second, count);
            for (int i = 0; i < count; i++) {
                classes.join(one[i], other[i]);
            }
            return one;
        }
        return first;
    }

    private void joinWithinChannels(String value) {
        int channels = shapes.get(value).dim(1);
        int[] all = labels(value);
        if (all.length <= channels) {
            return;
        }
        int perChannel = all.length / channels;
        int[] joined = new int[channels];
        for (int i = 0; i < all.length; i++) {
            joined[i / perChannel] = all[i / perChannel * perChannel];
            classes.join(all[i], joined[i / perChannel]);
        }
        labels.put(value, joined);
    }

    private void fixAll(Node node) {
        for (int i = 0; i < node.inputs().size(); i++) {
            if (node.isTensorInput(i)) {
                fix(node.input(i));
            }
        }
        node.outputs().forEach(this::fix);
    }

    private void fix(String value) {
        for (int label : labels(value)) {
            classes.join(FIXED, label);
        }
    }

    /** A Clip has one bound for all channels: where one is fixed, all are. */
    private void fixClippedTogether() {
        boolean changed = true;
        while (changed) {
            changed = false;
            for (Node node : graph.nodes()) {
                if (node.op() instanceof Clip && Arrays.stream(labels(node.output())).anyMatch(label -> label == FIXED)
                        && Arrays.stream(labels(node.output())).anyMatch(label -> label != FIXED)) {
                    fix(node.output());
                    changed = true;
                }
            }
        }
    }

    private void collect() {
        DisjointSets together = new DisjointSets();
        together.add(classes.size());
        Map<String, int[]> free = new LinkedHashMap<>();
        for (Node node : graph.nodes()) {
            for (String value : node.outputs()) {
                int[] own = Arrays.stream(labels(value)).filter(label -> label != FIXED).toArray();
                if (own.length > 0) {
                    free.put(value, own);
                    Arrays.stream(own).forEach(label -> together.join(own[0], label));
                }
            }
        }
        Map<Integer, List<String>> members = new LinkedHashMap<>();
        free.forEach((value, own) -> members.computeIfAbsent(together.find(own[0]), key -> new ArrayList<>()).add(value));
        Map<Integer, Group> made = new HashMap<>();
        members.forEach((key, values) -> made.put(key,
                new Group(List.copyOf(values), values.stream().noneMatch(value -> Arrays.stream(labels(value)).anyMatch(label -> label == FIXED)))));
        free.values().forEach(own -> Arrays.stream(own).forEach(label -> groups.put(label, made.get(together.find(label)))));
    }
}
