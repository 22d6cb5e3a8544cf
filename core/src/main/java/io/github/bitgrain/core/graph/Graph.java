package io.github.bitgrain.core.graph;

import io.github.bitgrain.core.BitgrainException;
import io.github.bitgrain.core.op.Op;
import io.github.bitgrain.core.tensor.Shape;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/**
 * The structure of a network: operators and the values between them, in ONNX's axes. Immutable; a pass builds a new one
 * through {@link #edit()}. Nodes are in topological order. Values that no node makes and that are no graph input are
 * parameters; their tensors are in {@link Parameters}.
 */
public final class Graph {
    private final String name;
    private final Map<String, Shape> inputs;
    private final List<String> outputs;
    private final List<Node> nodes;
    private final Map<String, String> metadata;
    private final int irVersion;
    private final int opset;
    private final Map<String, Node> nodesByName;
    private final Map<String, Node> producers;
    private final Map<String, List<Node>> consumers;
    private final Set<String> parameterNames;

    private Graph(Builder builder, List<Node> sorted) {
        name = builder.name;
        inputs = Collections.unmodifiableMap(new LinkedHashMap<>(builder.inputs));
        outputs = List.copyOf(builder.outputs);
        nodes = List.copyOf(sorted);
        metadata = Collections.unmodifiableMap(new LinkedHashMap<>(builder.metadata));
        irVersion = builder.irVersion;
        opset = builder.opset;
        nodesByName = new HashMap<>();
        producers = new HashMap<>();
        consumers = new HashMap<>();
        Set<String> parameters = new LinkedHashSet<>();
        for (Node node : nodes) {
            nodesByName.put(node.name(), node);
            node.outputs().stream().filter(value -> !value.isEmpty()).forEach(value -> producers.put(value, node));
        }
        for (Node node : nodes) {
            for (int i = 0; i < node.inputs().size(); i++) {
                if (!node.isTensorInput(i)) {
                    continue;
                }
                String value = node.input(i);
                List<Node> readers = consumers.computeIfAbsent(value, key -> new ArrayList<>());
                if (readers.isEmpty() || readers.getLast() != node) {
                    readers.add(node);
                }
                if (!producers.containsKey(value) && !inputs.containsKey(value)) {
                    parameters.add(value);
                }
            }
        }
        for (String value : outputs) {
            if (!producers.containsKey(value) && !inputs.containsKey(value)) {
                parameters.add(value);
            }
        }
        consumers.replaceAll((value, readers) -> List.copyOf(readers));
        parameterNames = Collections.unmodifiableSet(parameters);
    }

    /** A builder of an empty graph. */
    public static Builder builder(String name) {
        return new Builder(name);
    }

    /** A builder that starts from this graph. */
    public Builder edit() {
        Builder builder = new Builder(name);
        builder.inputs.putAll(inputs);
        builder.outputs.addAll(outputs);
        builder.nodes.addAll(nodes);
        builder.metadata.putAll(metadata);
        builder.irVersion = irVersion;
        builder.opset = opset;
        return builder;
    }

    /** The graph's name. */
    public String name() {
        return name;
    }

    /** Names and declared shapes of the inputs, in order. The first extent is the batch, normally 1. */
    public Map<String, Shape> inputs() {
        return inputs;
    }

    /** Names of the results, in order. */
    public List<String> outputs() {
        return outputs;
    }

    /** All nodes; each comes after the makers of its operands. */
    public List<Node> nodes() {
        return nodes;
    }

    /** Key-value pairs that travel with the model, in order. */
    public Map<String, String> metadata() {
        return metadata;
    }

    /** ONNX IR version of the file that the graph came from. */
    public int irVersion() {
        return irVersion;
    }

    /** ONNX operator set of the file that the graph came from. */
    public int opset() {
        return opset;
    }

    /** The node of a name, or null. */
    public Node node(String nodeName) {
        return nodesByName.get(nodeName);
    }

    /** The node that makes a value, or null for inputs and parameters. */
    public Node producer(String value) {
        return producers.get(value);
    }

    /** The nodes that read a value as a tensor, each once, in graph order. */
    public List<Node> consumers(String value) {
        return consumers.getOrDefault(value, List.of());
    }

    /** Whether the value is a result of the graph. */
    public boolean isOutput(String value) {
        return outputs.contains(value);
    }

    /** Whether the value is neither made by a node nor given as input. */
    public boolean isParameter(String value) {
        return parameterNames.contains(value);
    }

    /** Names of all parameters, in order of first use. Labels of structural operands are not among them. */
    public Set<String> parameterNames() {
        return parameterNames;
    }

    /** The nodes that these values depend on, in graph order. */
    public List<Node> needed(Collection<String> values) {
        Set<String> wanted = new HashSet<>(values);
        List<Node> needed = new ArrayList<>();
        for (Node node : nodes.reversed()) {
            if (node.outputs().stream().anyMatch(wanted::contains)) {
                needed.add(node);
                for (int i = 0; i < node.inputs().size(); i++) {
                    if (node.isTensorInput(i)) {
                        wanted.add(node.input(i));
                    }
                }
            }
        }
        return needed.reversed();
    }

    /** Values that some nodes read and none of them makes, without parameters; in order of first use. */
    public List<String> inputsOf(List<Node> some) {
        Set<String> made = new HashSet<>();
        some.forEach(node -> made.addAll(node.outputs()));
        Set<String> read = new LinkedHashSet<>();
        for (Node node : some) {
            for (int i = 0; i < node.inputs().size(); i++) {
                if (node.isTensorInput(i) && !made.contains(node.input(i)) && !isParameter(node.input(i))) {
                    read.add(node.input(i));
                }
            }
        }
        return List.copyOf(read);
    }

    /** The graph that computes these values and nothing else: it has only the inputs that they depend on. */
    public Graph part(List<String> values) {
        List<Node> kept = needed(values);
        Set<String> read = new HashSet<>(values);
        kept.forEach(node -> read.addAll(node.inputs()));
        Map<String, Shape> few = new LinkedHashMap<>(inputs);
        few.keySet().retainAll(read);
        return edit().inputs(few).nodes(kept).outputs(values).build();
    }

    /** Collects the parts of a graph; not safe for use by several threads. */
    public static final class Builder {
        private final String name;
        private final Map<String, Shape> inputs = new LinkedHashMap<>();
        private final List<String> outputs = new ArrayList<>();
        private final List<Node> nodes = new ArrayList<>();
        private final Map<String, String> metadata = new LinkedHashMap<>();
        private int irVersion = 8;
        private int opset = 18;

        private Builder(String name) {
            this.name = Objects.requireNonNull(name, "name");
        }

        /** Adds an input with its declared shape. */
        public Builder input(String value, Shape shape) {
            if (inputs.put(value, shape) != null) {
                throw BitgrainException.badInput(name + ": input \"" + value + "\" is declared twice");
            }
            return this;
        }

        /** Adds results. */
        public Builder output(String... values) {
            outputs.addAll(List.of(values));
            return this;
        }

        /** Replaces all results. */
        public Builder outputs(List<String> values) {
            outputs.clear();
            outputs.addAll(values);
            return this;
        }

        /** Appends a node. */
        public Builder node(Node node) {
            nodes.add(node);
            return this;
        }

        /** Appends a node with one result. */
        public Builder node(String nodeName, Op op, List<String> operands, String result) {
            return node(new Node(nodeName, op, operands, List.of(result)));
        }

        /** Replaces all nodes. */
        public Builder nodes(List<Node> newNodes) {
            nodes.clear();
            nodes.addAll(newNodes);
            return this;
        }

        /** Replaces all inputs. */
        public Builder inputs(Map<String, Shape> newInputs) {
            inputs.clear();
            inputs.putAll(newInputs);
            return this;
        }

        /** Sets a key-value pair that travels with the model. */
        public Builder metadata(String key, String value) {
            metadata.put(key, value);
            return this;
        }

        /** Sets the versions of the file. */
        public Builder versions(int newIrVersion, int newOpset) {
            irVersion = newIrVersion;
            opset = newOpset;
            return this;
        }

        /**
         * The graph. Nodes keep their order if it is topological; otherwise they are sorted, earliest ready first.
         *
         * @throws BitgrainException (bad input) for a name used twice, or a cycle
         */
        public Graph build() {
            return new Graph(this, sorted());
        }

        private List<Node> sorted() {
            Map<String, Node> makers = new HashMap<>();
            Set<String> names = new HashSet<>();
            for (Node node : nodes) {
                if (!names.add(node.name())) {
                    throw BitgrainException.badInput(name + ": two nodes have the name \"" + node.name() + "\"");
                }
                for (String value : node.outputs()) {
                    if (!value.isEmpty() && (makers.put(value, node) != null || inputs.containsKey(value))) {
                        throw BitgrainException.badInput(name + ": value \"" + value + "\" is made twice");
                    }
                }
            }
            Map<Node, Integer> missing = new HashMap<>();
            Map<Node, List<Node>> followers = new HashMap<>();
            boolean ordered = true;
            Set<Node> seen = new HashSet<>();
            for (Node node : nodes) {
                Set<Node> sources = new LinkedHashSet<>();
                for (int i = 0; i < node.inputs().size(); i++) {
                    Node maker = node.isTensorInput(i) ? makers.get(node.input(i)) : null;
                    if (maker != null && sources.add(maker)) {
                        followers.computeIfAbsent(maker, key -> new ArrayList<>()).add(node);
                    }
                }
                missing.put(node, sources.size());
                ordered &= seen.containsAll(sources);
                seen.add(node);
            }
            if (ordered) {
                return nodes;
            }
            ArrayDeque<Node> ready = new ArrayDeque<>();
            nodes.stream().filter(node -> missing.get(node) == 0).forEach(ready::add);
            List<Node> sorted = new ArrayList<>();
            while (!ready.isEmpty()) {
                Node node = ready.remove();
                sorted.add(node);
                for (Node follower : followers.getOrDefault(node, List.of())) {
                    if (missing.merge(follower, -1, Integer::sum) == 0) {
                        ready.add(follower);
                    }
                }
            }
            if (sorted.size() != nodes.size()) {
                Node inCycle = nodes.stream().filter(node -> missing.get(node) > 0).findFirst().orElseThrow();
                throw BitgrainException.badInput(name + ": " + inCycle + " is part of a cycle");
            }
            return sorted;
        }
    }
}
