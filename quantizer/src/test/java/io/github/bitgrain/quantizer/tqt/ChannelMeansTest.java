package io.github.bitgrain.quantizer.tqt;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import io.github.bitgrain.core.graph.Graph;
import io.github.bitgrain.core.graph.Node;
import io.github.bitgrain.core.graph.Parameters;
import io.github.bitgrain.core.graph.ShapeInference;
import io.github.bitgrain.core.op.Gemm;
import io.github.bitgrain.core.op.Relu;
import io.github.bitgrain.core.tensor.Shape;
import io.github.bitgrain.core.tensor.Tensor;
import io.github.bitgrain.quantizer.walk.ActivationCache;
import io.github.bitgrain.quantizer.walk.Frontier;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class ChannelMeansTest {
    @Test
    void batchesCountAlikeHoweverLongTheyAre() {
        ChannelMeans means = new ChannelMeans();
        means.add(Map.of("x", new Tensor(Shape.of(1, 2, 2), new float[] {1, 3, 10, 20})));
        means.add(Map.of("x", new Tensor(Shape.of(2, 2, 2), new float[] {4, 4, 0, 0, 8, 8, 2, 2})));
        assertArrayEquals(new double[] {8, 16}, means.sum("x"));
        assertArrayEquals(new double[] {4, 8}, means.mean("x"));
    }

    @Test
    void nodesOfOneNetworkAreMeasuredOnTheValuesOfAnother() {
        Graph graph = Graph.builder("g").input("x", Shape.of(1, 2)).node("fc", new Gemm(1, 1, false, true), List.of("x", "w"), "h")
                .node("relu", new Relu(), List.of("h"), "y").output("y").build();
        Node relu = graph.node("relu");
        try (Frontier single = frontier(graph, 1); Frontier twice = frontier(graph, 2)) {
            twice.advanceTo(List.of("h"), Set.of(relu));
            assertArrayEquals(new double[] {2, 6}, ChannelMeans.of(List.of("y"), List.of(relu), single, twice, List.of(0, 1)).mean("y"));
            assertArrayEquals(new double[] {2, 4}, ChannelMeans.of(List.of("y"), List.of(relu), single, twice, List.of(1)).mean("y"));
        }
    }

    private static Frontier frontier(Graph graph, float factor) {
        Parameters parameters = new Parameters().put("w", new Tensor(Shape.of(2, 2), new float[] {factor, 0, 0, factor}));
        List<Map<String, Tensor>> batches = List.of(Map.of("x", new Tensor(Shape.of(1, 2), new float[] {1, 4})),
                Map.of("x", new Tensor(Shape.of(1, 2), new float[] {1, 2})));
        return new Frontier(graph, ShapeInference.infer(graph, parameters), List::of, parameters, batches,
                new ActivationCache(false, ActivationCache.LIMIT), List.of(), 1);
    }
}
