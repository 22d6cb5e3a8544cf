package io.github.bitgrain.simulator;

import io.github.bitgrain.core.BitgrainException;
import io.github.bitgrain.core.quant.Target;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.Set;

/**
 * What a chip runs: integer tensors, exponents, chip layouts, fused nodes, lookup tables. It is the meaning of an
 * {@code .espdl} file without the file's physical order. Immutable.
 *
 * <p>A program is consistent: names are unique, nodes stand in an order in which they can run, every input of a node is a
 * parameter, a graph input or the output of an earlier node, and every value has a {@link ChipValue}. Omitted optional
 * inputs and outputs have the empty name.
 */
public final class ChipProgram {
    /** Metadata key of the target's name. */
    public static final String TARGET_KEY = "target";

    private final String name;
    private final int irVersion;
    private final long modelVersion;
    private final SequencedMap<String, String> metadata;
    private final List<ChipNode> nodes;
    private final SequencedMap<String, ChipTensor> parameters;
    private final SequencedMap<String, ChipValue> values;
    private final List<String> inputs;
    private final List<String> outputs;
    private final List<ChipTensor> testInputs;
    private final List<ChipTensor> testOutputs;

    private ChipProgram(Builder builder) {
        name = builder.name;
        irVersion = builder.irVersion;
        modelVersion = builder.modelVersion;
        metadata = Collections.unmodifiableSequencedMap(new LinkedHashMap<>(builder.metadata));
        nodes = List.copyOf(builder.nodes);
        parameters = Collections.unmodifiableSequencedMap(new LinkedHashMap<>(builder.parameters));
        values = Collections.unmodifiableSequencedMap(new LinkedHashMap<>(builder.values));
        inputs = List.copyOf(builder.inputs);
        outputs = List.copyOf(builder.outputs);
        testInputs = List.copyOf(builder.testInputs);
        testOutputs = List.copyOf(builder.testOutputs);
        check();
    }

    /** An empty builder. */
    public static Builder builder() {
        return new Builder();
    }

    /** A builder that starts from this program. */
    public Builder edit() {
        Builder builder = new Builder().name(name).irVersion(irVersion).modelVersion(modelVersion);
        metadata.forEach(builder::metadata);
        nodes.forEach(builder::node);
        parameters.values().forEach(builder::parameter);
        values.values().forEach(builder::value);
        inputs.forEach(builder::input);
        outputs.forEach(builder::output);
        return builder.testVectors(testInputs, testOutputs);
    }

    /** Name of the graph. */
    public String name() {
        return name;
    }

    /** ONNX IR version of the model that the program was made from. */
    public int irVersion() {
        return irVersion;
    }

    /** Version number that the model's author gave it; 0 by default. */
    public long modelVersion() {
        return modelVersion;
    }

    /** Free texts by key, in file order. */
    public SequencedMap<String, String> metadata() {
        return metadata;
    }

    /** The nodes in the order in which they run. */
    public List<ChipNode> nodes() {
        return nodes;
    }

    /** Weights, biases, tables and index lists by name, in file order. */
    public SequencedMap<String, ChipTensor> parameters() {
        return parameters;
    }

    /** Everything that nodes exchange, by name, graph inputs and outputs included, in file order. */
    public SequencedMap<String, ChipValue> values() {
        return values;
    }

    /** Names of the graph inputs. */
    public List<String> inputs() {
        return inputs;
    }

    /** Names of the graph outputs. */
    public List<String> outputs() {
        return outputs;
    }

    /** Embedded test inputs; empty when the program has no test vectors. */
    public List<ChipTensor> testInputs() {
        return testInputs;
    }

    /** The outputs (or values in between) that belong to {@link #testInputs()}. */
    public List<ChipTensor> testOutputs() {
        return testOutputs;
    }

    /** The value of a name, which must exist. */
    public ChipValue value(String valueName) {
        ChipValue value = values.get(valueName);
        if (value == null) {
            throw new IllegalArgumentException("the program has no value " + valueName);
        }
        return value;
    }

    /** Extent of the last axis of a value or parameter, as stated; 0 if there is none of that name. */
    public int channels(String valueName) {
        ChipValue value = values.get(valueName);
        ChipTensor parameter = parameters.get(valueName);
        List<Integer> shape = value != null ? value.shape() : parameter != null ? parameter.dims() : List.of(0);
        return shape.isEmpty() ? 1 : shape.getLast();
    }

    /** This with other test vectors; empty lists remove them. */
    public ChipProgram withTestVectors(List<ChipTensor> newInputs, List<ChipTensor> newOutputs) {
        return edit().testVectors(newInputs, newOutputs).build();
    }

    /**
     * The chip family that the program is for, as far as it tells: by its metadata, else by signs that only one family has
     * (plain filter layouts: C; several exponents in one tensor: ESP32-P4).
     */
    public Optional<Target> target() {
        String stated = metadata.get(TARGET_KEY);
        if (stated != null) {
            for (Target target : Target.values()) {
                if (target.aliases().contains(stated)) {
                    return Optional.of(target);
                }
            }
        }
        for (ChipTensor parameter : parameters.values()) {
            if (parameter.exponents().count() > 1) {
                return Optional.of(Target.ESP32P4);
            }
            if (PLAIN_FILTERS.contains(parameter.layout())) {
                return Optional.of(Target.C);
            }
        }
        return Optional.empty();
    }

    private static final Set<String> PLAIN_FILTERS = Set.of("NHWC", "HWCN", "NWC", "WCN");

    private void check() {
        Set<String> known = new HashSet<>(inputs);
        for (String input : inputs) {
            require(values.containsKey(input), "graph input \"" + input + "\" has no value description");
        }
        for (String parameter : parameters.keySet()) {
            require(!values.containsKey(parameter), "\"" + parameter + "\" is both a parameter and a value");
        }
        Set<String> nodeNames = new HashSet<>();
        for (ChipNode node : nodes) {
            require(!node.name().isEmpty(), "a " + node.opType() + " node has no name");
            require(nodeNames.add(node.name()), "two nodes have the name \"" + node.name() + "\"");
            for (String input : node.inputs()) {
                require(input.isEmpty() || known.contains(input) || parameters.containsKey(input),
                        "node \"" + node.name() + "\": input \"" + input
                                + "\" is no parameter, no graph input and no output of an earlier node");
            }
            for (String output : node.outputs()) {
                if (output.isEmpty()) {
                    continue;
                }
                require(values.containsKey(output),
                        "node \"" + node.name() + "\": output \"" + output + "\" has no value description");
                require(known.add(output), "node \"" + node.name() + "\": \"" + output + "\" is computed twice");
            }
        }
        for (String output : outputs) {
            require(known.contains(output), "graph output \"" + output + "\" is computed by no node");
        }
        for (ChipTensor test : testInputs) {
            require(inputs.contains(test.name()), "test input \"" + test.name() + "\" is no graph input");
        }
        for (ChipTensor test : testOutputs) {
            require(known.contains(test.name()), "test output \"" + test.name() + "\" is computed by no node");
        }
    }

    private static void require(boolean condition, String message) {
        if (!condition) {
            throw BitgrainException.badInput(message);
        }
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof ChipProgram that
                && name.equals(that.name)
                && irVersion == that.irVersion
                && modelVersion == that.modelVersion
                && List.copyOf(metadata.entrySet()).equals(List.copyOf(that.metadata.entrySet()))
                && nodes.equals(that.nodes)
                && List.copyOf(parameters.values()).equals(List.copyOf(that.parameters.values()))
                && List.copyOf(values.values()).equals(List.copyOf(that.values.values()))
                && inputs.equals(that.inputs)
                && outputs.equals(that.outputs)
                && testInputs.equals(that.testInputs)
                && testOutputs.equals(that.testOutputs);
    }

    @Override
    public int hashCode() {
        return Objects.hash(name, nodes, inputs, outputs);
    }

    /** Collects the parts of a program; not safe for use by several threads. */
    public static final class Builder {
        private String name = "";
        private int irVersion;
        private long modelVersion;
        private final Map<String, String> metadata = new LinkedHashMap<>();
        private final List<ChipNode> nodes = new ArrayList<>();
        private final Map<String, ChipTensor> parameters = new LinkedHashMap<>();
        private final Map<String, ChipValue> values = new LinkedHashMap<>();
        private final List<String> inputs = new ArrayList<>();
        private final List<String> outputs = new ArrayList<>();
        private List<ChipTensor> testInputs = List.of();
        private List<ChipTensor> testOutputs = List.of();

        private Builder() {}

        /** Sets the name of the graph. */
        public Builder name(String newName) {
            name = Objects.requireNonNull(newName, "name");
            return this;
        }

        /** Sets the ONNX IR version. */
        public Builder irVersion(int newVersion) {
            irVersion = newVersion;
            return this;
        }

        /** Sets the author's version number. */
        public Builder modelVersion(long newVersion) {
            modelVersion = newVersion;
            return this;
        }

        /** Adds or replaces a text. */
        public Builder metadata(String key, String value) {
            metadata.put(key, Objects.requireNonNull(value, "value"));
            return this;
        }

        /** Appends a node. */
        public Builder node(ChipNode node) {
            nodes.add(Objects.requireNonNull(node, "node"));
            return this;
        }

        /**
         * Adds a parameter.
         *
         * @throws BitgrainException (bad input) if one of its name exists
         */
        public Builder parameter(ChipTensor tensor) {
            require(parameters.put(tensor.name(), tensor) == null, "two parameters have the name \"" + tensor.name() + "\"");
            return this;
        }

        /**
         * Adds a value.
         *
         * @throws BitgrainException (bad input) if one of its name exists
         */
        public Builder value(ChipValue value) {
            require(values.put(value.name(), value) == null, "two values have the name \"" + value.name() + "\"");
            return this;
        }

        /** Appends a graph input. */
        public Builder input(String valueName) {
            inputs.add(Objects.requireNonNull(valueName, "input"));
            return this;
        }

        /** Appends a graph output. */
        public Builder output(String valueName) {
            outputs.add(Objects.requireNonNull(valueName, "output"));
            return this;
        }

        /** Sets the test vectors. */
        public Builder testVectors(List<ChipTensor> newInputs, List<ChipTensor> newOutputs) {
            testInputs = List.copyOf(newInputs);
            testOutputs = List.copyOf(newOutputs);
            return this;
        }

        /**
         * The finished program.
         *
         * @throws BitgrainException (bad input) if it is not consistent; the message names the node or value
         */
        public ChipProgram build() {
            return new ChipProgram(this);
        }
    }
}
