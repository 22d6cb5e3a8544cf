package io.github.bitgrain.core.graph;

import io.github.bitgrain.core.BitgrainException;

/**
 * A network that can run: structure and parameters.
 *
 * @param graph structure
 * @param parameters at least all parameters of the graph
 */
public record Model(Graph graph, Parameters parameters) {
    /** Checks that no parameter is missing. */
    public Model {
        for (String name : graph.parameterNames()) {
            if (!parameters.contains(name)) {
                Node reader = graph.consumers(name).isEmpty() ? null : graph.consumers(name).getFirst();
                throw BitgrainException.badInput(graph.name() + ": value \"" + name + "\""
                        + (reader == null ? ", an output," : " of " + reader) + " has neither a producer nor data");
            }
        }
    }
}
