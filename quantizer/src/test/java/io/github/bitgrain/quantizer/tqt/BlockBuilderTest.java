package io.github.bitgrain.quantizer.tqt;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.bitgrain.core.graph.Graph;
import io.github.bitgrain.core.graph.Node;
import io.github.bitgrain.core.op.Add;
import io.github.bitgrain.core.op.Conv;
import io.github.bitgrain.core.op.Pads;
import io.github.bitgrain.core.op.Relu;
import io.github.bitgrain.core.op.Size;
import io.github.bitgrain.core.tensor.Shape;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BlockBuilderTest {
    @ParameterizedTest
    @CsvSource({
        "lenet, esp32s3_8_kl_tqt",
        "lenet, esp32s3_8_kl_tqt_bs4_lr1e-4_l0",
        "lenet_imb, c_8_kl_eq1_tqt",
        "mbv2, esp32s3_8_kl_tqt",
        "mbv2, esp32s3_8_kl_tqt_bs4_lr1e-4_l0",
        "yolo, esp32p4_8_kl_tqt",
        "yolo, esp32p4_8_percentile_custom_tqt200",
        "zoo_shape, esp32p4_8_kl_tqt"
    })
    void cutsTheNetworkAsEspPpqDoes(String model, String run) throws IOException {
        String folder = "golden/esp-ppq/e2e/" + model + "/" + run;
        JsonNode result = GoldenGraph.json(folder + ".result.json");
        Graph graph = GoldenGraph.structure(GoldenGraph.json(folder + ".scales.json"));
        List<String> expected = new ArrayList<>();
        for (JsonNode block : result.get("tqt_blocks")) {
            List<String> nodes = new ArrayList<>();
            block.get("ops").forEach(op -> nodes.add(op.asText()));
            expected.add(block.get("sp").asText() + " … " + block.get("ep").asText() + ": " + nodes);
        }
        assertFalse(expected.isEmpty());
        List<String> actual = new BlockBuilder(graph)
                .build(node -> true, result.get("tqt").get("block_size").asInt()).stream()
                .map(block -> block.start().name() + " … " + block.end().name() + ": " + block.nodes().stream().map(Node::name).toList())
                .toList();
        // ESP-PPQ goes by the order of the ONNX file, the golden slots by topology: both are the same set of blocks.
        assertEquals(String.join("\n", expected.stream().sorted().toList()), String.join("\n", actual.stream().sorted().toList()));
    }

    @Test
    void branchesThatMeetAreOneBlockAndWhatNoChainReachesIsInNone() {
        Conv conv = new Conv(Size.ONE, Pads.NONE, Size.ONE, 1);
        Graph graph = Graph.builder("g")
                .input("x", Shape.of(1, 2, 4, 4))
                .node("a", conv, List.of("x", "wa"), "a")
                .node("b", conv, List.of("a", "wb"), "b")
                .node("c", conv, List.of("a", "wc"), "c")
                .node("sum", new Add(), List.of("b", "c"), "sum")
                .node("relu", new Relu(), List.of("sum"), "relu")
                .node("late", new Add(), List.of("relu", "x"), "y")
                .output("y")
                .build();
        List<TqtBlock> blocks = new BlockBuilder(graph).build(node -> true, 4);
        assertEquals(1, blocks.size());
        assertEquals(List.of("a", "b", "c", "sum", "relu"), blocks.getFirst().nodes().stream().map(Node::name).toList());
        assertEquals(List.of("x"), blocks.getFirst().inputs(graph));
        assertEquals(List.of("relu"), blocks.getFirst().outputs());
    }
}
