package io.github.bitgrain.quantizer.head;

import io.github.bitgrain.core.graph.Graph;
import io.github.bitgrain.core.graph.Model;
import io.github.bitgrain.core.graph.Node;
import io.github.bitgrain.core.graph.Parameters;
import io.github.bitgrain.core.op.Add;
import io.github.bitgrain.core.op.AveragePool;
import io.github.bitgrain.core.op.BatchNorm;
import io.github.bitgrain.core.op.Clip;
import io.github.bitgrain.core.op.Conv;
import io.github.bitgrain.core.op.Div;
import io.github.bitgrain.core.op.Elu;
import io.github.bitgrain.core.op.Embedding;
import io.github.bitgrain.core.op.Flatten;
import io.github.bitgrain.core.op.Gelu;
import io.github.bitgrain.core.op.GlobalAveragePool;
import io.github.bitgrain.core.op.GlobalMaxPool;
import io.github.bitgrain.core.op.HardSwish;
import io.github.bitgrain.core.op.Identity;
import io.github.bitgrain.core.op.LayerNorm;
import io.github.bitgrain.core.op.LeakyRelu;
import io.github.bitgrain.core.op.Max;
import io.github.bitgrain.core.op.MaxPool;
import io.github.bitgrain.core.op.Min;
import io.github.bitgrain.core.op.Mul;
import io.github.bitgrain.core.op.Op;
import io.github.bitgrain.core.op.PRelu;
import io.github.bitgrain.core.op.Relu;
import io.github.bitgrain.core.op.Reshape;
import io.github.bitgrain.core.op.Resize;
import io.github.bitgrain.core.op.RmsNorm;
import io.github.bitgrain.core.op.Sigmoid;
import io.github.bitgrain.core.op.Slice;
import io.github.bitgrain.core.op.Split;
import io.github.bitgrain.core.op.Squeeze;
import io.github.bitgrain.core.op.Sub;
import io.github.bitgrain.core.op.Swish;
import io.github.bitgrain.core.op.Tanh;
import io.github.bitgrain.core.op.Transpose;
import io.github.bitgrain.core.op.Unsqueeze;
import io.github.bitgrain.core.tensor.Tensor;
import io.github.bitgrain.quantizer.plan.OperatorTraits;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** Which nodes of a network are its head. */
final class HeadNodes {
    /** Work that chips are for. */
    private static final Set<Class<? extends Op>> BODY = Set.of(AveragePool.class, MaxPool.class, GlobalAveragePool.class, GlobalMaxPool.class, Resize.class,
            BatchNorm.class, LayerNorm.class, RmsNorm.class, Embedding.class);
    /** What finishes a layer where it follows one. */
    private static final Set<Class<? extends Op>> ACTIVATIONS = Set.of(Relu.class, Clip.class, LeakyRelu.class, PRelu.class, Elu.class, HardSwish.class,
            Swish.class, Gelu.class, Tanh.class);
    /** Sums and gates of layers where they join two. */
    private static final Set<Class<? extends Op>> JOINTS = Set.of(Add.class, Sub.class, Mul.class, Div.class, Max.class, Min.class);
    private static final Set<Class<? extends Op>> MOVES = Set.of(Reshape.class, Flatten.class, Transpose.class, Squeeze.class, Unsqueeze.class, Identity.class,
            Slice.class, Split.class);

    private HeadNodes() {}

    /** Whether an operator gives what it takes, elsewhere; a Concat is none: it puts values under one scale. */
    static boolean onlyMoves(Op op) {
        return MOVES.contains(op.getClass());
    }

    /** Values that a node computes from, parameters left out. */
    static Stream<String> values(Graph graph, Node node) {
        return IntStream.range(0, node.inputs().size())
                .filter(i -> node.hasInput(i) && node.isTensorInput(i) && !graph.isParameter(node.input(i)))
                .mapToObj(node::input);
    }

    /** The nodes behind which no layer comes, without those that finish one. */
    static Set<Node> of(Model network) {
        Graph graph = network.graph();
        Set<Node> head = new LinkedHashSet<>();
        for (Node node : graph.nodes().reversed()) {
            boolean last = node.outputs().stream().allMatch(value -> head.containsAll(graph.consumers(value)));
            if (last && !isLayer(network, node) && values(graph, node).noneMatch(graph.inputs()::containsKey)) {
                head.add(node);
            }
        }
        boolean changed = true;
        while (changed) {
            changed = false;
            for (Node node : graph.nodes()) {
                if (head.contains(node) && finishesLayer(graph, node, head)) {
                    head.remove(node);
                    changed = true;
                }
            }
        }
        return head;
    }

    private static boolean isLayer(Model network, Node node) {
        return BODY.contains(node.op().getClass()) || OperatorTraits.isRecurrent(node.op())
                || OperatorTraits.isComputing(node.op()) && !isExpectation(network.parameters(), node);
    }

    /** Detectors take the mean of a distribution over distances by a convolution whose weights are 0, 1, 2 …: no layer that learned anything. */
    private static boolean isExpectation(Parameters parameters, Node node) {
        if (!(node.op() instanceof Conv) || !parameters.contains(node.input(1))) {
            return false;
        }
        Tensor weights = parameters.get(node.input(1));
        if (weights.shape().dim(0) != 1 || weights.shape().dim(1) != weights.size()) {
            return false;
        }
        for (int i = 0; i < weights.size(); i++) {
            if (weights.data()[i] != i) {
                return false;
            }
        }
        return true;
    }

    private static boolean finishesLayer(Graph graph, Node node, Set<Node> head) {
        List<String> values = values(graph, node).toList();
        if (values.isEmpty() || values.stream().anyMatch(value -> head.contains(graph.producer(value)))) {
            return false;
        }
        Class<? extends Op> op = node.op().getClass();
        return ACTIVATIONS.contains(op) || JOINTS.contains(op) && values.size() > 1 || node.op() instanceof Sigmoid && isGate(graph, node);
    }

    /** Whether a sigmoid's value does nothing but multiply its own argument. */
    private static boolean isGate(Graph graph, Node sigmoid) {
        List<Node> readers = graph.consumers(sigmoid.output());
        return !graph.isOutput(sigmoid.output()) && !readers.isEmpty()
                && readers.stream().allMatch(reader -> reader.op() instanceof Mul && reader.inputs().contains(sigmoid.input(0)));
    }
}
