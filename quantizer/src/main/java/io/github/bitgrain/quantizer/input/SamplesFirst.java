package io.github.bitgrain.quantizer.input;

import io.github.bitgrain.core.BitgrainException;
import io.github.bitgrain.core.graph.Graph;
import io.github.bitgrain.core.graph.Model;
import io.github.bitgrain.core.graph.Names;
import io.github.bitgrain.core.graph.Node;
import io.github.bitgrain.core.graph.ShapeInference;
import io.github.bitgrain.core.op.Gru;
import io.github.bitgrain.core.op.Lstm;
import io.github.bitgrain.core.op.Transpose;
import io.github.bitgrain.core.tensor.Shape;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * A network whose inputs and outputs have the axis that counts samples in front. Recurrent networks have it behind time or layers: a sequence is [T, 1, F], a
 * state [L, 1, H]. The moved axis has one element, so elements keep their order: the chip is fed the same.
 *
 * @param model the network; the given one if nothing had to be moved, or if it is not known which axes count samples
 * @param inputs inputs whose axis was moved, and where it was
 * @param outputs outputs, likewise
 */
public record SamplesFirst(Model model, Map<String, Integer> inputs, Map<String, Integer> outputs) {
    /** Samples of a batch that tells which axes count them. */
    private static final int TRIAL = 3;
    /** Inputs with a choice of axes are few; more choices than these are not tried. */
    private static final int MOST = 64;
    private static final int INITIAL_STATES = 5;

    /** The network with samples first. */
    public static SamplesFirst of(Model model) {
        SamplesFirst asItIs = new SamplesFirst(model, Map.of(), Map.of());
        Graph graph = model.graph();
        boolean recurrent = graph.nodes().stream().anyMatch(SamplesFirst::isRecurrent);
        if (!recurrent && graph.inputs().values().stream().allMatch(shape -> shape.rank() > 0 && shape.dim(0) == 1)) {
            return asItIs;
        }
        for (Map<String, Integer> axes : choices(graph)) {
            SamplesFirst moved = moved(model, axes);
            if (moved != null) {
                return moved;
            }
        }
        return asItIs;
    }

    private static boolean isRecurrent(Node node) {
        return node.op() instanceof Lstm || node.op() instanceof Gru;
    }

    /** Which axis of each input may count samples: those with one element, earlier ones first. None if an input has none. */
    private static List<Map<String, Integer>> choices(Graph graph) {
        List<Map<String, Integer>> choices = List.of(Map.of());
        for (Map.Entry<String, Shape> input : graph.inputs().entrySet()) {
            Shape shape = input.getValue();
            List<Map<String, Integer>> longer = new ArrayList<>();
            for (Map<String, Integer> choice : choices) {
                IntStream.range(0, shape.rank()).filter(axis -> shape.dim(axis) == 1).forEach(axis -> {
                    Map<String, Integer> with = new LinkedHashMap<>(choice);
                    with.put(input.getKey(), axis);
                    longer.add(with);
                });
            }
            choices = longer.subList(0, Math.min(longer.size(), MOST));
        }
        return choices;
    }

    /** The network with these axes in front, or null if they do not count samples. */
    private static SamplesFirst moved(Model model, Map<String, Integer> axes) {
        Model moved = withInputs(model, axes);
        Map<String, Integer> outputs = new LinkedHashMap<>();
        try {
            Map<String, Shape> one = ShapeInference.infer(moved.graph(), moved.parameters(), 1);
            Map<String, Shape> several = ShapeInference.infer(moved.graph(), moved.parameters(), TRIAL);
            for (Node node : moved.graph().nodes()) {
                if (isRecurrent(node) && several.get(node.input(0)).dim(1) != TRIAL) {
                    return null;
                }
            }
            for (String output : moved.graph().outputs()) {
                Integer axis = counting(one.get(output), several.get(output));
                if (axis == null || axis > 0 && moved.graph().producer(output) == null) {
                    return null;
                }
                if (axis > 0) {
                    outputs.put(output, axis);
                }
            }
            Map<String, Integer> inputs = new LinkedHashMap<>(axes);
            inputs.values().removeIf(axis -> axis == 0);
            return new SamplesFirst(withOutputs(moved, outputs, one), inputs, outputs);
        } catch (BitgrainException e) {
            // Shapes of this choice contradict each other: it is not the right one.
            return null;
        }
    }

    /** The one axis that grew with the samples. */
    private static Integer counting(Shape one, Shape several) {
        if (one.rank() != several.rank()) {
            return null;
        }
        int[] grown = IntStream.range(0, one.rank()).filter(axis -> one.dim(axis) != several.dim(axis)).toArray();
        return grown.length == 1 && one.dim(grown[0]) == 1 && several.dim(grown[0]) == TRIAL ? grown[0] : null;
    }

    private static Model withInputs(Model model, Map<String, Integer> axes) {
        Names names = new Names(model);
        Map<String, Shape> inputs = new LinkedHashMap<>(model.graph().inputs());
        Map<String, String> renamed = new LinkedHashMap<>();
        List<Node> nodes = new ArrayList<>();
        axes.forEach((input, axis) -> {
            if (axis > 0) {
                Shape shape = inputs.get(input);
                inputs.put(input, shape.without(axis).prepend(1));
                String original = names.fresh(input + "_as_exported");
                renamed.put(input, original);
                nodes.add(new Node(names.fresh(input + "_axes"), new Transpose(back(axis, shape.rank())), List.of(input), List.of(original)));
            }
        });
        boolean changed = !nodes.isEmpty();
        for (Node node : model.graph().nodes()) {
            List<String> operands = node.inputs().stream().map(value -> renamed.getOrDefault(value, value)).toList();
            Node now = node.withInputs(isRecurrent(node) ? withoutZeros(model, operands) : operands);
            changed |= !now.inputs().equals(node.inputs());
            nodes.add(now);
        }
        return changed ? new Model(model.graph().edit().inputs(inputs).nodes(nodes).build(), model.parameters()) : model;
    }

    /** Initial states of zeros for one sample are the default, which is for any number of them. */
    private static List<String> withoutZeros(Model model, List<String> operands) {
        List<String> kept = new ArrayList<>(operands);
        for (int i = INITIAL_STATES; i < Math.min(kept.size(), INITIAL_STATES + 2); i++) {
            if (model.parameters().contains(kept.get(i)) && isZero(model.parameters().get(kept.get(i)).data())) {
                kept.set(i, "");
            }
        }
        while (kept.getLast().isEmpty()) {
            kept.removeLast();
        }
        return kept;
    }

    private static boolean isZero(float[] values) {
        for (float value : values) {
            if (value != 0) {
                return false;
            }
        }
        return true;
    }

    private static Model withOutputs(Model model, Map<String, Integer> outputs, Map<String, Shape> shapes) {
        if (outputs.isEmpty()) {
            return model;
        }
        Names names = new Names(model);
        Map<String, String> renamed = new LinkedHashMap<>();
        outputs.keySet().forEach(output -> renamed.put(output, names.fresh(output + "_as_exported")));
        List<Node> nodes = new ArrayList<>();
        for (Node node : model.graph().nodes()) {
            List<String> operands = node.inputs().stream().map(value -> renamed.getOrDefault(value, value)).toList();
            nodes.add(new Node(node.name(), node.op(), operands, node.outputs().stream().map(value -> renamed.getOrDefault(value, value)).toList()));
        }
        outputs.forEach((output, axis) -> nodes.add(new Node(names.fresh(output + "_axes"), new Transpose(front(axis, shapes.get(output).rank())),
                List.of(renamed.get(output)), List.of(output))));
        return new Model(model.graph().edit().nodes(nodes).build(), model.parameters());
    }

    /** Brings an axis to the front. */
    private static List<Integer> front(int axis, int rank) {
        return IntStream.range(0, rank).map(i -> i == 0 ? axis : i <= axis ? i - 1 : i).boxed().toList();
    }

    /** Brings the front axis back to its place. */
    private static List<Integer> back(int axis, int rank) {
        return IntStream.range(0, rank).map(i -> i == axis ? 0 : i < axis ? i + 1 : i).boxed().toList();
    }
}
