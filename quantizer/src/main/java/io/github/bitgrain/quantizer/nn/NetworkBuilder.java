package io.github.bitgrain.quantizer.nn;

import io.github.bitgrain.core.graph.Graph;
import io.github.bitgrain.core.graph.Model;
import io.github.bitgrain.core.graph.Node;
import io.github.bitgrain.core.graph.Parameters;
import io.github.bitgrain.core.graph.ShapeInference;
import io.github.bitgrain.core.op.Identity;
import io.github.bitgrain.core.op.Op;
import io.github.bitgrain.core.tensor.Shape;
import io.github.bitgrain.core.tensor.Tensor;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Collects the nodes of a module tree; names of nodes and parameters are the paths of their modules. */
public final class NetworkBuilder {
    private final Graph.Builder graph;
    private final List<Node> nodes = new ArrayList<>();
    private final Parameters parameters = new Parameters();
    private final Set<String> trained = new LinkedHashSet<>();
    private final Set<String> names = new LinkedHashSet<>();
    private final Map<String, String> observed = new LinkedHashMap<>();
    private final Map<String, String> quantized = new LinkedHashMap<>();
    private final Map<List<Object>, String> quantizers = new LinkedHashMap<>();
    private String path = "";

    NetworkBuilder(Graph.Builder graph) {
        this.graph = graph;
    }

    /** Path of the module that is being built. */
    public String path() {
        return path;
    }

    /** Builds a child of the module that is being built. */
    public String build(Module parent, String name, String x) {
        Module child = parent.child(name);
        if (child == null) {
            throw new IllegalStateException("module \"" + path + "\" (" + parent + ") has no child \"" + name + "\"");
        }
        return in(name, () -> child.build(this, x));
    }

    /** Does something as the child of a name. */
    <T> T in(String name, java.util.function.Supplier<T> work) {
        String outer = path;
        path = Module.join(path, name);
        try {
            return work.get();
        } finally {
            path = outer;
        }
    }

    /**
     * Adds a node with one result, which it returns; it is called like the module, with a number if the module has several.
     *
     * @param operands names of the operands
     */
    public String node(Op op, String... operands) {
        return node(op, List.of(operands));
    }

    /** As {@link #node(Op, String...)}. */
    public String node(Op op, List<String> operands) {
        String name = unique(path.isEmpty() ? op.onnxType() : path);
        String result = name + ":out";
        nodes.add(new Node(name, op, operands, List.of(result)));
        return result;
    }

    /** Adds a node with several results, which it returns. */
    public List<String> node(Op op, List<String> operands, int results) {
        String name = unique(path.isEmpty() ? op.onnxType() : path);
        List<String> outputs = new ArrayList<>();
        for (int i = 0; i < results; i++) {
            outputs.add(name + ":out" + i);
        }
        nodes.add(new Node(name, op, operands, outputs));
        return outputs;
    }

    private String unique(String wanted) {
        String name = wanted;
        for (int i = 1; !names.add(name); i++) {
            name = wanted + "#" + i;
        }
        return name;
    }

    /** The value of a parameter of the module that is being built. */
    public String parameter(Module module, String name) {
        String value = Module.join(path, name);
        Tensor tensor = module.parameters().get(name);
        if (tensor != null) {
            trained.add(value);
        } else {
            tensor = module.buffers().get(name);
        }
        if (tensor == null) {
            throw new IllegalStateException("module \"" + path + "\" (" + module + ") has no parameter \"" + name + "\"");
        }
        parameters.put(value, tensor);
        return value;
    }

    /** The shape of a value, with the declared inputs. */
    public Shape shape(String value) {
        Graph sofar = graph.nodes(nodes).outputs(List.of(value)).build();
        graph.nodes(List.of());
        return ShapeInference.infer(sofar, parameters).get(value);
    }

    /** Takes note that the quantizer being built wants to see a value. */
    void observe(String x) {
        observed.put(path, x);
    }

    /**
     * Adds a quantizer's node, or gives the result of an earlier one that does the same to the same value: one pair in an exported
     * file, whatever the number of readers.
     *
     * @param same what makes two quantizers equal, or null when this one shares with none
     */
    String quantizer(Op op, List<String> operands, List<Object> same) {
        quantized.put(path, operands.getFirst());
        if (same == null) {
            return node(op, operands);
        }
        List<Object> key = new ArrayList<>(same);
        key.add(op);
        key.add(operands.getFirst());
        String known = quantizers.get(key);
        if (known == null) {
            known = node(op, operands);
            quantizers.put(key, known);
        }
        return known;
    }

    /** The network with these values as results, under these names. */
    Network finish(List<String> outputs, List<String> outputNames) {
        Map<String, String> renamed = new LinkedHashMap<>();
        List<String> results = new ArrayList<>();
        for (int i = 0; i < outputs.size(); i++) {
            boolean first = !renamed.containsKey(outputs.get(i)) && nodes.stream().anyMatch(node -> node.outputs().contains(outputs.get(results.size())));
            if (first) {
                renamed.put(outputs.get(i), outputNames.get(i));
                results.add(outputNames.get(i));
            } else if (outputs.get(i).equals(outputNames.get(i))) {
                results.add(outputNames.get(i));
            } else {
                // An input, or the value of another result, under a second name.
                nodes.add(new Node(unique(outputNames.get(i)), new Identity(), List.of(outputs.get(i)), List.of(outputNames.get(i))));
                results.add(outputNames.get(i));
            }
        }
        nodes.forEach(node -> graph.node(node.withInputs(renamed(node.inputs(), renamed)).withOutputs(renamed(node.outputs(), renamed))));
        graph.outputs(results);
        observed.replaceAll((at, value) -> renamed.getOrDefault(value, value));
        quantized.replaceAll((at, value) -> renamed.getOrDefault(value, value));
        return new Network(new Model(graph.build(), parameters), trained, observed, quantized);
    }

    private static List<String> renamed(List<String> values, Map<String, String> names) {
        return values.stream().map(value -> names.getOrDefault(value, value)).toList();
    }
}
