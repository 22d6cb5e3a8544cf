package io.github.bitgrain.quantizer.nn;

import io.github.bitgrain.core.graph.Graph;
import io.github.bitgrain.core.graph.Model;
import io.github.bitgrain.core.tensor.Shape;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * A module tree compiled to a graph. The parameters are the modules' own tensors: training the graph trains the modules.
 *
 * @param model graph and parameters
 * @param trained names of the parameters that training may change
 * @param observed quantizer path → value that it wants to collect
 * @param quantized quantizer path → value that it quantizes
 */
public record Network(Model model, Set<String> trained, Map<String, String> observed, Map<String, String> quantized) {
    /** Name of the input of a tree that was built in Java. */
    public static final String INPUT = "input";

    /** Name of its result. */
    public static final String OUTPUT = "output";

    /** Takes copies. */
    public Network {
        trained = Collections.unmodifiableSet(new LinkedHashSet<>(trained));
        observed = Collections.unmodifiableMap(new LinkedHashMap<>(observed));
        quantized = Collections.unmodifiableMap(new LinkedHashMap<>(quantized));
    }

    /**
     * Compiles a tree with one input, called {@value #INPUT}, and one result, called {@value #OUTPUT}.
     *
     * @param shape of the input, with batch 1
     */
    public static Network of(Module root, Shape shape) {
        if (root instanceof GraphModule imported) {
            return of(imported);
        }
        NetworkBuilder builder = new NetworkBuilder(Graph.builder("network").input(INPUT, shape));
        return builder.finish(List.of(root.build(builder, INPUT)), List.of(OUTPUT));
    }

    /** Compiles an imported network: inputs and outputs are called as in the file. */
    public static Network of(GraphModule root) {
        Graph.Builder graph = Graph.builder(root.name());
        root.inputs().forEach(graph::input);
        root.metadata().forEach(graph::metadata);
        NetworkBuilder builder = new NetworkBuilder(graph);
        return builder.finish(root.buildAll(builder), root.outputs());
    }
}
