package io.github.bitgrain.simulator.lowering;

import io.github.bitgrain.core.op.Direction;
import io.github.bitgrain.core.op.Gru;
import io.github.bitgrain.core.op.LayerNorm;
import io.github.bitgrain.core.op.Lstm;
import io.github.bitgrain.core.op.Op;
import io.github.bitgrain.core.op.RmsNorm;
import io.github.bitgrain.core.tensor.Shape;
import io.github.bitgrain.core.tensor.Tensor;
import io.github.bitgrain.simulator.ChipNode;
import io.github.bitgrain.simulator.ChipTensor;
import java.util.ArrayList;
import java.util.List;

/** The way back for recurrent and normalizing operators, which work on values as they are stored. */
final class SequenceLifting {
    private static final int STATE = 5;

    private SequenceLifting() {}

    static void gru(ChipNode node, LiftedGraph graph) {
        if (node.integer("linear_before_reset", 0) != 1) {
            throw graph.refused(node, "linear_before_reset must be 1; the chip has no other GRU");
        }
        recurrent(node, graph, new Gru(hidden(node), direction(node), true, null));
    }

    static void lstm(ChipNode node, LiftedGraph graph) {
        recurrent(node, graph, new Lstm(hidden(node), direction(node), null));
    }

    private static int hidden(ChipNode node) {
        return Math.toIntExact(node.integer("hidden_size", 0));
    }

    /** The chip knows "bidirectional"; whatever else the attribute says, it walks forwards. */
    private static Direction direction(ChipNode node) {
        return node.text("direction", "forward").equals("bidirectional") ? Direction.BIDIRECTIONAL : Direction.FORWARD;
    }

    private static void recurrent(ChipNode node, LiftedGraph graph, Op op) {
        if (node.integer("layout", 0) != 0) {
            throw graph.refused(node, "layout 1 (batch first) has no kernel on a chip");
        }
        List<String> operands = new ArrayList<>(List.of(graph.asStored(graph.value(node, 0))));
        for (int i = 1; i < node.inputs().size(); i++) {
            operands.add(op.isStructural(i) || !LiftedGraph.has(node, i) ? "" : operand(node, graph, i));
        }
        List<String> names = new ArrayList<>();
        for (String output : node.outputs()) {
            names.add(output.isEmpty() ? node.name() + "/unread" : output);
        }
        List<String> results = graph.add(node.name(), op, operands, names);
        for (int i = 0; i < results.size(); i++) {
            if (!node.outputs().get(i).isEmpty()) {
                graph.bind(node.outputs().get(i), results.get(i), Permutation.identity(graph.shape(results.get(i)).rank()));
            }
        }
    }

    /** Weights, biases and constant initial states as real numbers; computed initial states as they are. */
    private static String operand(ChipNode node, LiftedGraph graph, int index) {
        ChipTensor parameter = graph.parameter(node, index);
        if (parameter == null && index >= STATE) {
            return graph.asStored(graph.value(node, index));
        }
        return constant(node, graph, index);
    }

    private static String constant(ChipNode node, LiftedGraph graph, int index) {
        ChipTensor parameter = graph.parameter(node, index);
        if (parameter == null) {
            throw graph.refused(node, "input " + index + " is computed");
        }
        Shape shape = Shape.of(parameter.dims().stream().mapToInt(Integer::intValue).toArray());
        return graph.constant(parameter.name(), new Tensor(shape, LiftedGraph.reals(parameter)));
    }

    static void layerNorm(ChipNode node, LiftedGraph graph) {
        normalized(node, graph, new LayerNorm((int) node.integer("axis", -1), node.real("epsilon", 1e-5f)));
    }

    static void rmsNorm(ChipNode node, LiftedGraph graph) {
        normalized(node, graph, new RmsNorm((int) node.integer("axis", -1), node.real("epsilon", 1e-5f)));
    }

    private static void normalized(ChipNode node, LiftedGraph graph, Op op) {
        List<String> operands = new ArrayList<>(List.of(graph.asStored(graph.value(node, 0))));
        for (int i = 1; i < node.inputs().size() && LiftedGraph.has(node, i); i++) {
            operands.add(constant(node, graph, i));
        }
        String y = graph.add(node.name(), op, operands, node.outputs().getFirst());
        graph.bind(node.outputs().getFirst(), y, Permutation.identity(graph.shape(y).rank()));
    }
}
