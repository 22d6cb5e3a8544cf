package io.github.bitgrain.quantizer.equalize;

import io.github.bitgrain.core.exec.Executor;
import io.github.bitgrain.core.graph.Graph;
import io.github.bitgrain.core.graph.Node;
import io.github.bitgrain.core.graph.Parameters;
import io.github.bitgrain.core.op.Concat;
import io.github.bitgrain.core.op.DepthToSpace;
import io.github.bitgrain.core.op.Flatten;
import io.github.bitgrain.core.op.Gather;
import io.github.bitgrain.core.op.Op;
import io.github.bitgrain.core.op.Reshape;
import io.github.bitgrain.core.op.Slice;
import io.github.bitgrain.core.op.SpaceToDepth;
import io.github.bitgrain.core.op.Split;
import io.github.bitgrain.core.op.Squeeze;
import io.github.bitgrain.core.op.Transpose;
import io.github.bitgrain.core.op.Unsqueeze;
import io.github.bitgrain.core.tensor.Shape;
import io.github.bitgrain.core.tensor.Tensor;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * Labels of the elements of a sample [d1, …, dn], one for each of equal runs: it is divided by as few of its first dimensions as leave one label in
 * each run. A map whose channels are labelled has one for each channel.
 */
final class Labels {
    private static final Set<Class<? extends Op>> MOVES = Set.of(Concat.class, Split.class, Slice.class, Reshape.class, Transpose.class, Flatten.class,
            Squeeze.class, Unsqueeze.class, Gather.class, DepthToSpace.class, SpaceToDepth.class);

    private Labels() {}

    /** Whether a node only says which element lies where. */
    static boolean isMove(Node node) {
        return MOVES.contains(node.op().getClass());
    }

    /**
     * The labels of what a move makes: the move itself is done with them.
     *
     * @param node a move of values of one sample each
     * @param shapes shapes of its operands and results for one sample, the batch first
     * @param labels those of its operands; below 2^24, where floats are exact
     * @return those of its results
     */
    static Map<String, int[]> moved(Node node, Map<String, Shape> shapes, Map<String, int[]> labels) {
        Graph.Builder graph = Graph.builder("move");
        Map<String, Tensor> inputs = new LinkedHashMap<>();
        for (int i = 0; i < node.inputs().size(); i++) {
            String name = node.input(i);
            if (node.isTensorInput(i) && !inputs.containsKey(name)) {
                graph.input(name, shapes.get(name));
                inputs.put(name, elements(labels.get(name), shapes.get(name)));
            }
        }
        List<String> operands = node.inputs().subList(0, (int) IntStream.range(0, node.inputs().size()).filter(node::isTensorInput).count());
        graph.node(new Node(node.name(), node.op(), operands, node.outputs()));
        List<String> results = node.outputs().stream().filter(value -> !value.isEmpty()).toList();
        results.forEach(graph::output);
        Map<String, int[]> made = new LinkedHashMap<>();
        try (Executor executor = new Executor(graph.build(), new Parameters(), Executor.Options.defaults())) {
            executor.run(inputs).forEach((name, tensor) -> made.put(name, ofRuns(tensor.data(), tensor.shape())));
        }
        return made;
    }

    private static Tensor elements(int[] labels, Shape shape) {
        Tensor tensor = Tensor.zeros(shape);
        int run = tensor.size() / labels.length;
        for (int i = 0; i < labels.length; i++) {
            Arrays.fill(tensor.data(), i * run, (i + 1) * run, labels[i]);
        }
        return tensor;
    }

    private static int[] ofRuns(float[] labels, Shape shape) {
        int count = 1;
        for (int axis = 1; axis < shape.rank() && !isUniform(labels, count); axis++) {
            count *= shape.dim(axis);
        }
        int[] each = new int[count];
        int run = labels.length / count;
        Arrays.setAll(each, i -> (int) labels[i * run]);
        return each;
    }

    private static boolean isUniform(float[] labels, int runs) {
        int run = labels.length / runs;
        for (int i = 0; i < labels.length; i++) {
            if (labels[i] != labels[i / run * run]) {
                return false;
            }
        }
        return true;
    }

    /** The same for shorter runs, of which there are so many. */
    static int[] ofShorterRuns(int[] labels, int count) {
        int[] more = new int[count];
        Arrays.setAll(more, i -> labels[i / (count / labels.length)]);
        return more;
    }
}
