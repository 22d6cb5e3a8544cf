package io.github.bitgrain.quantizer.analyze;

import io.github.bitgrain.core.graph.Graph;
import io.github.bitgrain.core.op.Add;
import io.github.bitgrain.core.op.MeanSquaredError;
import io.github.bitgrain.core.tensor.Shape;
import java.util.List;
import java.util.Map;

/** The squared distance of a network's outputs from targets, as a part of the graph that gradients can begin at. */
public final class OutputLoss {
    /** Name of the loss, a number. */
    public static final String NAME = "#loss";

    private OutputLoss() {}

    /** The name of the input that takes the target of an output. */
    public static String target(String output) {
        return output + "#target";
    }

    /**
     * The graph whose only result is the sum of the mean squared differences of its outputs to its targets.
     *
     * @param shapes shapes of the outputs
     */
    public static Graph added(Graph graph, Map<String, Shape> shapes) {
        Graph.Builder builder = graph.edit();
        String sum = null;
        for (int i = 0; i < graph.outputs().size(); i++) {
            String output = graph.outputs().get(i);
            String error = i == 0 && graph.outputs().size() == 1 ? NAME : output + "#error";
            builder.input(target(output), shapes.get(output));
            builder.node(error, new MeanSquaredError(), List.of(output, target(output)), error);
            if (sum != null) {
                String next = i == graph.outputs().size() - 1 ? NAME : sum + "+";
                builder.node(next, new Add(), List.of(sum, error), next);
                sum = next;
            } else {
                sum = error;
            }
        }
        return builder.outputs(List.of(NAME)).build();
    }
}
