package io.github.bitgrain.cli.network;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.github.bitgrain.cli.console.Progress;
import io.github.bitgrain.cli.metric.Metrics;
import io.github.bitgrain.core.BitgrainException;
import io.github.bitgrain.core.data.DataSource;
import io.github.bitgrain.core.graph.Graph;
import io.github.bitgrain.core.graph.Model;
import io.github.bitgrain.core.graph.Parameters;
import io.github.bitgrain.core.op.Gemm;
import io.github.bitgrain.core.op.Op;
import io.github.bitgrain.core.op.Relu;
import io.github.bitgrain.core.op.Reshape;
import io.github.bitgrain.core.tensor.Shape;
import io.github.bitgrain.core.tensor.Tensor;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class EvaluationTest {
    private static final int SAMPLES = 70;

    private final StringWriter err = new StringWriter();

    /** y = x · w for x of three features. */
    private static Model gemm(String input, float... weights) {
        Graph graph = Graph.builder("gemm")
                .input(input, Shape.of(1, 3))
                .output("y")
                .node("gemm", new Gemm(1, 1, false, false), List.of(input, "w"), "y")
                .build();
        return new Model(graph, new Parameters(Map.of("w", new Tensor(Shape.of(3, weights.length / 3), weights))));
    }

    private static Model single(Op op) {
        Graph graph = Graph.builder("one").input("x", Shape.of(1, 3)).output("y").node("n", op, List.of("x"), "y").build();
        return new Model(graph, new Parameters());
    }

    /** One-hot samples, so that outputs are rows of the weights. */
    private static DataSource data() {
        float[] values = new float[SAMPLES * 3];
        for (int i = 0; i < SAMPLES; i++) {
            values[i * 3 + i % 3] = 1;
        }
        return DataSource.of(Map.of("x", new Tensor(Shape.of(SAMPLES, 3), values)));
    }

    private Map<String, Double> evaluate(Model model, Model reference, List<String> names, long[] labels) {
        try (Network network = new FloatNetwork(model, 2);
                Network other = reference == null ? null : new FloatNetwork(reference, 2)) {
            Evaluation evaluation = new Evaluation(network, other, data());
            Metrics.Column column = labels == null ? null : new Metrics.Column("l", labels.length, labels);
            Metrics metrics = Metrics.of(names, new Metrics.Truth(SAMPLES, column, null, other != null), evaluation.shape());
            return evaluation.run(metrics, new Progress(new PrintWriter(err, true), false), "evaluate");
        }
    }

    @Test
    void everySampleMeetsItsLabelAcrossBatches() {
        long[] labels = new long[SAMPLES];
        for (int i = 0; i < SAMPLES; i++) {
            labels[i] = i % 3 == 2 ? 0 : i % 3;
        }
        double share = 47.0 / SAMPLES; // samples with i % 3 = 0 (24) and 1 (23)
        assertEquals(Map.of("top1", share), evaluate(gemm("x", 1, 0, 0, 0, 1, 0, 0, 0, 1), null, List.of(), labels));
        assertEquals("100 %", err.toString().lines().toList().getLast().replaceAll(".*?(\\d+ %).*", "$1"));
    }

    @Test
    void aReferenceWithOtherInputNamesRunsBeside() {
        Map<String, Double> values = evaluate(gemm("x", 1, 0, 0, 0, 1, 0, 0, 0, 1), gemm("image", 1, 0, 0, 0, 1, 0, 0, 2, 1),
                List.of("agreement", "mse"), null);
        assertEquals(47.0 / SAMPLES, values.get("agreement"), 1e-12);
        assertEquals(23.0 / SAMPLES * 4 / 3, values.get("mse"), 1e-12);
    }

    @Test
    void aReferenceOfAnotherShapeIsRefused() {
        BitgrainException e = assertThrows(BitgrainException.class,
                () -> evaluate(gemm("x", 1, 2, 3), gemm("x", 1, 0, 0, 0, 1, 0, 0, 0, 1), List.of("mse"), null));
        assertEquals("--reference: the models have different outputs: {y=[1]} and {y=[3]}", e.getMessage());
    }

    @Test
    void aBuiltInBatchOfOneIsRunSampleBySample() {
        try (Network fixed = new FloatNetwork(single(new Reshape(List.of(3L, 1L), false)), 1);
                Network free = new FloatNetwork(single(new Relu()), 1)) {
            assertEquals(1, fixed.batch());
            assertEquals(Map.of("y", Shape.of(3, 1)), fixed.outputs());
            Tensor x = new Tensor(Shape.of(1, 3), new float[] {1, 2, 3});
            assertEquals(Shape.of(1, 3, 1), fixed.run(Map.of("x", x)).get("y").shape());
            assertEquals(32, free.batch());
        }
    }
}
