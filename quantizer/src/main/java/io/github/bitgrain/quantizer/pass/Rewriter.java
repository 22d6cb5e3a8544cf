package io.github.bitgrain.quantizer.pass;

import io.github.bitgrain.core.graph.Graph;
import io.github.bitgrain.core.graph.Model;
import io.github.bitgrain.core.graph.Names;
import io.github.bitgrain.core.graph.Node;
import io.github.bitgrain.core.graph.Parameters;
import io.github.bitgrain.core.tensor.Tensor;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Collects replaced and removed nodes and new parameters of one pass. */
final class Rewriter {
    private final Model model;
    private final Map<String, Node> nodes = new LinkedHashMap<>();
    private final Parameters parameters;
    private final Names names;
    private List<String> outputs;

    Rewriter(Model model) {
        this.model = model;
        model.graph().nodes().forEach(node -> nodes.put(node.name(), node));
        parameters = model.parameters().shallowCopy();
        names = new Names(model);
        outputs = model.graph().outputs();
    }

    /** The node as it stands now, or null if it has been removed. */
    Node now(Node node) {
        return nodes.get(node.name());
    }

    void replace(Node node, Node by) {
        nodes.put(node.name(), by);
    }

    /** Puts a new node in front of another. */
    void insertBefore(Node node, Node extra) {
        Map<String, Node> before = new LinkedHashMap<>(nodes);
        nodes.clear();
        before.forEach((name, other) -> {
            if (name.equals(node.name())) {
                nodes.put(extra.name(), extra);
            }
            nodes.put(name, other);
        });
    }

    void remove(Node node) {
        nodes.remove(node.name());
    }

    /** A name that nothing has, for a node, value or parameter. */
    String fresh(String base) {
        return names.fresh(base);
    }

    void put(String name, Tensor tensor) {
        parameters.put(name, tensor);
    }

    Tensor parameter(String name) {
        return parameters.get(name);
    }

    /** Has all readers of one value read another; a graph output stays with its name only if the maker is renamed instead. */
    void redirect(String from, String to) {
        nodes.replaceAll((name, node) -> {
            List<String> inputs = new ArrayList<>(node.inputs());
            inputs.replaceAll(input -> input.equals(from) ? to : input);
            return node.withInputs(inputs);
        });
        outputs = outputs.stream().map(output -> output.equals(from) ? to : output).toList();
    }

    Model build() {
        Graph graph = model.graph().edit().nodes(List.copyOf(nodes.values())).outputs(outputs).build();
        return new Model(graph, parameters);
    }

    /** The only reader of a value that is no graph output, or null. */
    static Node onlyReader(Graph graph, String value) {
        List<Node> readers = graph.consumers(value);
        boolean once = readers.size() == 1 && !graph.isOutput(value)
                && readers.getFirst().inputs().stream().filter(value::equals).count() == 1;
        return once ? readers.getFirst() : null;
    }
}
