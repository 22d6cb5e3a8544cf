package io.github.bitgrain.quantizer.pass;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;

import io.github.bitgrain.core.exec.Executor;
import io.github.bitgrain.core.graph.Graph;
import io.github.bitgrain.core.graph.Model;
import io.github.bitgrain.core.graph.Node;
import io.github.bitgrain.core.graph.Parameters;
import io.github.bitgrain.core.op.BatchNorm;
import io.github.bitgrain.core.op.Conv;
import io.github.bitgrain.core.tensor.Shape;
import io.github.bitgrain.core.tensor.Tensor;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ReplaceBatchNormTest {
    /** ESP-PPQ makes a convolution of two dimensions of every one, which breaks networks of one. */
    @ParameterizedTest
    @ValueSource(ints = {3, 4})
    void aBatchNormalizationAloneBecomesAConvolutionOfItsInputsDimensions(int rank) {
        Shape shape = rank == 3 ? Shape.of(1, 2, 4) : Shape.of(1, 2, 2, 2);
        Parameters parameters = new Parameters().put("gamma", Tensor.vector(new float[] {2, -1})).put("beta", Tensor.vector(new float[] {0.5f, 1}))
                .put("mean", Tensor.vector(new float[] {1, 2})).put("variance", Tensor.vector(new float[] {4, 0.25f}));
        Graph graph = Graph.builder("g").input("x", shape)
                .node("bn", new BatchNorm(0, 0.9f, false), List.of("x", "gamma", "beta", "mean", "variance"), "y").output("y").build();
        Model replaced = new ReplaceBatchNorm().apply(new Model(graph, parameters));
        Node node = replaced.graph().node("bn");
        assertInstanceOf(Conv.class, node.op());
        assertEquals(rank, replaced.parameters().get(node.input(1)).shape().rank());
        try (Executor executor = new Executor(replaced)) {
            float[] y = executor.run(Map.of("x", new Tensor(shape, new float[] {1, 3, 5, -1, 2, 3, 1, 0}))).get("y").data();
            // 2 (x − 1) / 2 + 0.5 and −(x − 2) / 0.5 + 1
            assertArrayEquals(new float[] {0.5f, 2.5f, 4.5f, -1.5f, 1, -1, 3, 5}, y, 1e-6f);
        }
    }
}
