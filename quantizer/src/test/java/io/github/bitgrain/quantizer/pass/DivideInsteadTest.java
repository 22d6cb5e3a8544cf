package io.github.bitgrain.quantizer.pass;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.bitgrain.core.exec.Executor;
import io.github.bitgrain.core.graph.Graph;
import io.github.bitgrain.core.graph.Model;
import io.github.bitgrain.core.graph.Parameters;
import io.github.bitgrain.core.op.Add;
import io.github.bitgrain.core.op.Div;
import io.github.bitgrain.core.op.Mul;
import io.github.bitgrain.core.op.ReduceMean;
import io.github.bitgrain.core.op.Reciprocal;
import io.github.bitgrain.core.op.RmsNorm;
import io.github.bitgrain.core.op.Sqrt;
import io.github.bitgrain.core.tensor.Shape;
import io.github.bitgrain.core.tensor.Tensor;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DivideInsteadTest {
    @Test
    void aReciprocalBecomesADivisionOfOne() {
        Model model = new Model(Graph.builder("net").input("x", Shape.of(1, 3)).node("r", new Reciprocal(), List.of("x"), "y").output("y").build(),
                new Parameters());
        Model rewritten = GraphPasses.apply(model);
        assertEquals(List.of(new Div()), rewritten.graph().nodes().stream().map(node -> node.op()).toList());
        assertArrayEquals(new float[] {0.5f, -4, 1}, run(rewritten, 2, -0.25f, 1), 0);
    }

    /** The forms in which exporters write x / sqrt(mean(x²) + ε): a division, a reciprocal, one divided by the root. */
    @ParameterizedTest
    @ValueSource(strings = {"divide", "reciprocal", "one"})
    void everyFormOfAnRmsNormalizationIsFused(String form) {
        Parameters parameters = new Parameters();
        parameters.put("eps", Tensor.filled(Shape.of(1), 1e-3f));
        parameters.put("scale", new Tensor(Shape.of(3), new float[] {1, 2, 3}));
        parameters.put("unit", Tensor.filled(Shape.of(1), 1f));
        Graph.Builder graph = Graph.builder("net").input("x", Shape.of(1, 3)).node("square", new Mul(), List.of("x", "x"), "s")
                .node("mean", new ReduceMean(List.of(-1), true), List.of("s"), "m").node("sum", new Add(), List.of("m", "eps"), "v")
                .node("root", new Sqrt(), List.of("v"), "r");
        switch (form) {
            case "divide" -> graph.node("normal", new Div(), List.of("x", "r"), "n");
            case "reciprocal" -> graph.node("inverse", new Reciprocal(), List.of("r"), "i").node("normal", new Mul(), List.of("x", "i"), "n");
            default -> graph.node("inverse", new Div(), List.of("unit", "r"), "i").node("normal", new Mul(), List.of("i", "x"), "n");
        }
        Model model = new Model(graph.node("gain", new Mul(), List.of("n", "scale"), "y").output("y").build(), parameters);
        Model rewritten = GraphPasses.apply(model);
        assertEquals(List.of(new RmsNorm(-1, 1e-3f)), rewritten.graph().nodes().stream().map(node -> node.op()).toList());
        assertArrayEquals(run(model, 1, -2, 0.5f), run(rewritten, 1, -2, 0.5f), 1e-5f);
    }

    private static float[] run(Model model, float... x) {
        try (Executor executor = new Executor(model)) {
            return executor.run(Map.of("x", new Tensor(Shape.of(1, 3), x))).get("y").data();
        }
    }
}
