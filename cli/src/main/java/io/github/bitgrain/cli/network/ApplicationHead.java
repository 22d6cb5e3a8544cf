package io.github.bitgrain.cli.network;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.bitgrain.cli.console.Json;
import io.github.bitgrain.core.BitgrainException;
import io.github.bitgrain.core.graph.Graph;
import io.github.bitgrain.core.graph.Model;
import io.github.bitgrain.core.graph.Names;
import io.github.bitgrain.core.graph.Node;
import io.github.bitgrain.core.op.Transpose;
import io.github.bitgrain.core.tensor.Shape;
import io.github.bitgrain.simulator.ChipProgram;
import io.github.bitgrain.simulator.lowering.LoweredModel;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * What a chip model says of the head that was cut off its network: the file beside it that holds the head, how the chip's outputs lie, and what the outputs of
 * the whole network are.
 *
 * @param file name of an ONNX file in the folder of the model
 * @param outputs outputs of the whole network, in order
 * @param axes chip output → for each axis of it, batch axis included, the network's axis
 */
public record ApplicationHead(String file, List<String> outputs, Map<String, List<Integer>> axes) {
    /** Metadata key, JSON with the names of the components. */
    public static final String KEY = "bitgrain.head";

    /** The description of a program that was lowered from the body. */
    public static ApplicationHead of(String file, List<String> outputs, LoweredModel lowered) {
        return new ApplicationHead(file, outputs, axes(lowered));
    }

    /** How the outputs of a program lie. */
    public static Map<String, List<Integer>> axes(LoweredModel lowered) {
        Map<String, List<Integer>> axes = new LinkedHashMap<>();
        lowered.program().outputs().forEach(output -> axes.put(output, lowered.axes(output)));
        return axes;
    }

    /**
     * What a program says, or null if nothing was cut off.
     *
     * @throws BitgrainException (bad input) if it cannot be read
     */
    public static ApplicationHead of(ChipProgram program) {
        String text = program.metadata().get(KEY);
        if (text == null) {
            return null;
        }
        try {
            JsonNode tree = Json.tree(text);
            String file = tree.path("file").asText();
            List<String> outputs = new ArrayList<>();
            tree.path("outputs").forEach(output -> outputs.add(output.asText()));
            Map<String, List<Integer>> axes = new LinkedHashMap<>();
            for (String output : program.outputs()) {
                List<Integer> order = new ArrayList<>();
                tree.path("axes").path(output).forEach(axis -> order.add(axis.asInt(-1)));
                require(order.size() == program.value(output).shape().size() && order.stream().sorted().toList().equals(ascending(order.size())));
                axes.put(output, List.copyOf(order));
            }
            // A model from elsewhere names no file outside its folder.
            require(!file.isEmpty() && file.indexOf('/') < 0 && file.indexOf('\\') < 0 && !outputs.isEmpty());
            return new ApplicationHead(file, outputs, axes);
        } catch (IllegalArgumentException e) {
            throw BitgrainException.badInput("the metadata \"" + KEY + "\" of the model cannot be read: " + text);
        }
    }

    private static void require(boolean fine) {
        if (!fine) {
            throw new IllegalArgumentException();
        }
    }

    private static List<Integer> ascending(int count) {
        return IntStream.range(0, count).boxed().toList();
    }

    /** The program with this in its metadata. */
    public ChipProgram describe(ChipProgram program) {
        Map<String, Object> tree = new LinkedHashMap<>();
        tree.put("file", file);
        tree.put("outputs", outputs);
        tree.put("axes", axes);
        return program.edit().metadata(KEY, Json.compact(tree)).build();
    }

    /**
     * The whole network: the simulated chip, and the head in float behind it. Closing it closes the chip's.
     *
     * @throws BitgrainException (bad input) naming the file of the head, if the two do not fit
     */
    public Network behind(Network chip, Model head, int threads) {
        for (Map.Entry<String, Shape> input : head.graph().inputs().entrySet()) {
            Shape stored = chip.outputs().get(input.getKey());
            if (stored == null || stored.size() != input.getValue().size()) {
                throw BitgrainException.badInput(file + ": reads \"" + input.getKey() + "\" " + input.getValue() + ", which "
                        + (stored == null ? "is no output of the model" : "has the shape " + stored + " there") + "; it belongs to another model");
            }
        }
        for (String output : outputs) {
            if (!head.graph().isOutput(output) && !chip.outputs().containsKey(output)) {
                throw BitgrainException.badInput(file + ": does not make \"" + output + "\", as the model says it does; it belongs to another model");
            }
        }
        return new HeadedNetwork(chip, new FloatNetwork(reading(head, axes), threads), outputs);
    }

    /**
     * A head that reads values as they lie on a chip.
     *
     * @param axes input → for each axis of it, batch axis included, the network's axis
     */
    public static Model reading(Model head, Map<String, List<Integer>> axes) {
        Graph graph = head.graph();
        Names names = new Names(head);
        Map<String, Shape> stored = new LinkedHashMap<>();
        List<Node> nodes = new ArrayList<>();
        Map<String, String> ordered = new HashMap<>();
        graph.inputs().forEach((input, shape) -> {
            List<Integer> order = axes.get(input);
            stored.put(input, Shape.of(order.stream().mapToInt(shape::dim).toArray()));
            if (!order.equals(ascending(order.size()))) {
                ordered.put(input, names.fresh(input + "_ordered"));
                nodes.add(new Node(names.fresh(input + "_Transpose"), new Transpose(ascending(order.size()).stream().map(order::indexOf).toList()), List.of(input),
                        List.of(ordered.get(input))));
            }
        });
        graph.nodes().forEach(node -> nodes.add(node.withInputs(node.inputs().stream().map(value -> ordered.getOrDefault(value, value)).toList())));
        return new Model(graph.edit().inputs(stored).nodes(nodes).build(), head.parameters());
    }
}
