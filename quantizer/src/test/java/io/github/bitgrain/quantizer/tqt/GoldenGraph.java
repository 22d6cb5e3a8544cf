package io.github.bitgrain.quantizer.tqt;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.bitgrain.core.graph.Graph;
import io.github.bitgrain.core.graph.Node;
import io.github.bitgrain.core.op.Clip;
import io.github.bitgrain.core.op.Conv;
import io.github.bitgrain.core.op.Gemm;
import io.github.bitgrain.core.op.Identity;
import io.github.bitgrain.core.op.MatMul;
import io.github.bitgrain.core.op.Op;
import io.github.bitgrain.core.op.Pads;
import io.github.bitgrain.core.op.Resize;
import io.github.bitgrain.core.op.Size;
import io.github.bitgrain.core.tensor.Shape;
import io.github.bitgrain.testing.SharedData;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The structure of a quantized network as a golden {@code scales.json} lists it: enough to cut it into blocks. */
final class GoldenGraph {
    private GoldenGraph() {}

    static JsonNode json(String relative) throws IOException {
        return new ObjectMapper().readTree(SharedData.path(relative).toFile());
    }

    static Graph structure(JsonNode slots) {
        Map<String, List<String>> inputs = new LinkedHashMap<>();
        Map<String, List<String>> outputs = new LinkedHashMap<>();
        Map<String, String> types = new LinkedHashMap<>();
        List<String> parameters = new ArrayList<>();
        for (JsonNode slot : slots) {
            String node = slot.get("op").asText();
            types.put(node, slot.get("type").asText());
            inputs.computeIfAbsent(node, key -> new ArrayList<>());
            outputs.computeIfAbsent(node, key -> new ArrayList<>());
            String value = slot.get("var").asText();
            (slot.get("io").asText().startsWith("in") ? inputs : outputs).get(node).add(value);
            if (slot.get("param").asBoolean()) {
                parameters.add(value);
            }
        }
        List<String> made = outputs.values().stream().flatMap(List::stream).toList();
        Graph.Builder builder = Graph.builder("golden");
        inputs.values().stream().flatMap(List::stream).distinct()
                .filter(value -> !value.isEmpty() && !made.contains(value) && !parameters.contains(value))
                .forEach(value -> builder.input(value, Shape.of(1)));
        types.forEach((node, type) -> builder.node(new Node(node, op(type), inputs.get(node), outputs.get(node))));
        return builder.build();
    }

    private static Op op(String type) {
        return switch (type) {
            case "Conv" -> new Conv(Size.ONE, Pads.NONE, Size.ONE, 1);
            case "Gemm" -> new Gemm(1, 1, false, true);
            case "MatMul" -> new MatMul();
            case "Clip" -> new Clip(0, 6);
            case "Resize" -> new Resize(Resize.Mode.NEAREST, Resize.Coordinates.ASYMMETRIC, Resize.Nearest.FLOOR, 0, List.of(2f), List.of());
            default -> new Identity();
        };
    }
}
