package io.github.bitgrain.quantizer.tqt;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.bitgrain.core.graph.Graph;
import io.github.bitgrain.core.graph.Node;
import io.github.bitgrain.core.graph.Parameters;
import io.github.bitgrain.core.graph.ShapeInference;
import io.github.bitgrain.core.op.Gemm;
import io.github.bitgrain.core.tensor.Shape;
import io.github.bitgrain.core.tensor.Tensor;
import io.github.bitgrain.quantizer.walk.ActivationCache;
import io.github.bitgrain.quantizer.walk.Frontier;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

class BlockWalkTest {
    private static final int LAYERS = 6;

    /** A chain of layers; a walk that began at the input for every block would run the first of them six times. */
    @Test
    void everyPartOfTheNetworkRunsOncePerBatchAndChangedBlocksOnceMore() {
        Parameters parameters = new Parameters();
        Graph.Builder builder = Graph.builder("chain").input("x0", Shape.of(1, 2));
        for (int i = 0; i < LAYERS; i++) {
            parameters.put("w" + i, new Tensor(Shape.of(2, 2), new float[] {1, 0, 0, 1}));
            builder.node("fc" + i, new Gemm(1, 1, false, true), List.of("x" + i, "w" + i), "x" + (i + 1));
        }
        Graph graph = builder.output("x" + LAYERS).build();
        List<TqtBlock> blocks = new BlockBuilder(graph).build(node -> true, 0);
        assertEquals(LAYERS, blocks.size());
        List<Map<String, Tensor>> batches = List.of(Map.of("x0", new Tensor(Shape.of(1, 2), new float[] {3, 4})));
        Map<String, Integer> floatRuns = new TreeMap<>();
        Map<String, Integer> quantizedRuns = new TreeMap<>();
        List<String> visited = new ArrayList<>();
        try (Frontier original = frontier(graph, parameters, batches, floatRuns); Frontier quantized = frontier(graph, parameters, batches, quantizedRuns)) {
            BlockWalk.over(graph, blocks, original, quantized, (block, number) -> {
                visited.add(number + " " + block.name());
                assertTrue(quantizedRuns.getOrDefault(block.name(), 0) == 0, "run before it was changed");
                assertEquals(4, original.value(block.outputs().getFirst(), 0).data()[1]);
            });
        }
        assertEquals(List.of("0 fc0", "1 fc1", "2 fc2", "3 fc3", "4 fc4", "5 fc5"), visited);
        assertEquals(Map.of("fc0", 1, "fc1", 1, "fc2", 1, "fc3", 1, "fc4", 1, "fc5", 1), floatRuns);
        // Nobody reads the last block's result.
        assertEquals(Map.of("fc0", 1, "fc1", 1, "fc2", 1, "fc3", 1, "fc4", 1), quantizedRuns);
    }

    /** A node is expanded whenever it is compiled into a part, which then runs every batch once. */
    private static Frontier frontier(Graph graph, Parameters parameters, List<Map<String, Tensor>> batches, Map<String, Integer> runs) {
        Function<Node, List<Node>> counting = node -> {
            runs.merge(node.name(), 1, Integer::sum);
            return List.of(node);
        };
        return new Frontier(graph, ShapeInference.infer(graph, parameters), counting, parameters, batches,
                new ActivationCache(false, ActivationCache.LIMIT), List.of(), 1);
    }
}
