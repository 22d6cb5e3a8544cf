package io.github.bitgrain.quantizer.head;

import io.github.bitgrain.core.graph.Graph;
import io.github.bitgrain.core.graph.Model;
import io.github.bitgrain.core.graph.Node;
import io.github.bitgrain.core.graph.Parameters;
import io.github.bitgrain.core.graph.ShapeInference;
import io.github.bitgrain.core.tensor.Shape;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;

/**
 * A network in two parts: the body, up to its last layers with weights and their activations, and the head behind them, which makes of the body's results what
 * the network states as its own. Detectors decode boxes in their heads: coordinates in pixels beside scores below 1, a choice of the best by TopK. On the chip
 * that is inexact or impossible; an application does it in float for the few cells that count.
 *
 * @param body the network without its head; its outputs are what the head reads, in graph order, and behind them those that the network states and the head does not make
 * @param head what is left to the application: from outputs of the body to outputs of the network
 * @param outputs outputs of the whole network, in order
 */
public record NetworkHead(Model body, Model head, List<String> outputs) {
    /**
     * The parts of a network, or null if it ends with a layer, or with operators that only order its results anew.
     *
     * @param network float network; stays as it is
     */
    public static NetworkHead of(Model network) {
        Set<Node> nodes = HeadNodes.of(network);
        if (nodes.stream().allMatch(node -> HeadNodes.onlyMoves(node.op()))) {
            return null;
        }
        Graph graph = network.graph();
        Set<String> made = new LinkedHashSet<>();
        Set<String> read = new LinkedHashSet<>();
        for (Node node : nodes) {
            made.addAll(node.outputs());
            HeadNodes.values(graph, node).forEach(read::add);
        }
        List<String> ends = new ArrayList<>();
        graph.nodes().forEach(node -> node.outputs().stream().filter(value -> read.contains(value) && !made.contains(value)).forEach(ends::add));
        List<String> results = new ArrayList<>(ends);
        graph.outputs().stream().filter(output -> !made.contains(output) && !ends.contains(output)).forEach(results::add);

        Model body = part(network, graph.edit().nodes(graph.needed(results)).outputs(results));
        Map<String, Shape> shapes = ShapeInference.infer(graph, network.parameters());
        Graph.Builder head = Graph.builder(graph.name()).versions(graph.irVersion(), graph.opset());
        ends.forEach(end -> head.input(end, shapes.get(end)));
        List<Node> kept = graph.nodes().stream().filter(nodes::contains).toList();
        return new NetworkHead(body, part(network, head.nodes(kept).outputs(graph.outputs().stream().filter(made::contains).toList())), graph.outputs());
    }

    /**
     * The head behind another form of the body, such as the quantized one.
     *
     * @param form a network with the outputs of the body
     */
    public Model behind(Model form) {
        List<Node> nodes = new ArrayList<>(form.graph().nodes());
        nodes.addAll(head.graph().nodes());
        Parameters parameters = form.parameters().shallowCopy();
        head.graph().parameterNames().forEach(name -> parameters.put(name, head.parameters().get(name)));
        return new Model(form.graph().edit().nodes(nodes).outputs(outputs).build(), parameters);
    }

    /** The same parts with other names for what passes from one to the other. */
    public NetworkHead renamed(Map<String, String> names) {
        return new NetworkHead(renamed(body, names), renamed(head, names), outputs.stream().map(output -> body.graph().isOutput(output) ? names.getOrDefault(output, output) : output).toList());
    }

    /** A network with other names for some of its values, inputs and outputs among them. */
    public static Model renamed(Model network, Map<String, String> names) {
        UnaryOperator<String> name = value -> names.getOrDefault(value, value);
        Graph graph = network.graph();
        Map<String, Shape> inputs = new LinkedHashMap<>();
        graph.inputs().forEach((input, shape) -> inputs.put(name.apply(input), shape));
        List<Node> nodes = graph.nodes().stream()
                .map(node -> node.withInputs(node.inputs().stream().map(name).toList()).withOutputs(node.outputs().stream().map(name).toList()))
                .toList();
        return new Model(graph.edit().inputs(inputs).nodes(nodes).outputs(graph.outputs().stream().map(name).toList()).build(), network.parameters());
    }

    private static Model part(Model network, Graph.Builder builder) {
        Graph graph = builder.build();
        return new Model(graph, network.parameters().only(graph.parameterNames()));
    }
}
