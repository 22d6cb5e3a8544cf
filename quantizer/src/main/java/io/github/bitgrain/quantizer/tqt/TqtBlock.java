package io.github.bitgrain.quantizer.tqt;

import io.github.bitgrain.core.graph.Graph;
import io.github.bitgrain.core.graph.Node;
import java.util.ArrayList;
import java.util.List;

/**
 * A part of the network that is trained as one.
 *
 * @param start the computing node that the block begins with
 * @param end the node whose results are compared with the float network
 * @param nodes all members in topological order
 */
public record TqtBlock(Node start, Node end, List<Node> nodes) {
    /** Takes a copy of the list. */
    public TqtBlock {
        nodes = List.copyOf(nodes);
    }

    /** What progress and reports call the block: the name of its start. */
    public String name() {
        return start.name();
    }

    /** Values that members read and no member makes, without parameters; in order of first use. */
    public List<String> inputs(Graph graph) {
        return graph.inputsOf(nodes);
    }

    /** The results of {@link #end}. */
    public List<String> outputs() {
        List<String> outputs = new ArrayList<>(end.outputs());
        outputs.removeIf(String::isEmpty);
        return outputs;
    }
}
