package io.github.bitgrain.quantizer.pass;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.bitgrain.core.exec.Executor;
import io.github.bitgrain.core.graph.Graph;
import io.github.bitgrain.core.graph.Model;
import io.github.bitgrain.core.graph.Parameters;
import io.github.bitgrain.core.op.Clip;
import io.github.bitgrain.core.op.Div;
import io.github.bitgrain.core.op.Expand;
import io.github.bitgrain.core.op.Max;
import io.github.bitgrain.core.op.Mul;
import io.github.bitgrain.core.op.Op;
import io.github.bitgrain.core.op.ReduceSum;
import io.github.bitgrain.core.op.RmsNorm;
import io.github.bitgrain.core.op.Sqrt;
import io.github.bitgrain.core.op.Transpose;
import io.github.bitgrain.core.tensor.Shape;
import io.github.bitgrain.core.tensor.Tensor;
import io.github.bitgrain.quantizer.Profile;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FuseL2NormTest {
    private static final Shape SHAPE = Shape.of(2, 6, 3, 5);

    /** Every axis, with and without a bound, as Clip or Max, with and without Expand: equal in float to 1e-5, zero vectors included. */
    @ParameterizedTest
    @CsvSource({"3, clip, true", "3, max, false", "1, clip, true", "1, clip, false", "2, max, true", "3, none, false", "-1, none, true"})
    void computesTheSame(int axis, String bound, boolean expand) {
        Model model = network(axis, bound, 1e-12f, expand);
        Model fused = GraphPasses.apply(model);
        List<Class<?>> ops = axis == 3 || axis == -1 ? List.of(RmsNorm.class) : List.of(Transpose.class, RmsNorm.class, Transpose.class);
        assertEquals(ops, classes(fused));
        float[] x = random();
        if (!bound.equals("none")) {
            Arrays.fill(x, 0, 6 * 3 * 5, 0f);
        }
        assertArrayEquals(run(model, x), run(fused, x), 1e-5f);
    }

    /** The smallest vector that a scale can hold, one element of one step, is not changed by the bound. */
    @Test
    void theBoundDoesNotShowAtTheFinestStep() {
        float[] x = new float[SHAPE.size()];
        x[7] = -0x1p-26f;
        x[41] = 0x1p-26f;
        Model model = network(3, "clip", 6e-11f, false);
        Model fused = GraphPasses.apply(model);
        assertEquals(List.of(RmsNorm.class), classes(fused));
        assertArrayEquals(run(model, x), run(fused, x), 1e-5f);
    }

    @Test
    void aBoundThatCanBeSeenStays() {
        assertEquals(network(3, "clip", 1e-3f, true).graph().nodes(), GraphPasses.apply(network(3, "clip", 1e-3f, true)).graph().nodes());
    }

    @Test
    void parityAndOtherPatternsStay() {
        assertEquals(classes(network(3, "clip", 1e-12f, true)), classes(GraphPasses.apply(network(3, "clip", 1e-12f, true), Profile.PARITY)));
        Graph bounded = network(3, "none", 0, false).graph().edit().outputs(List.of()).output("root", "y").build();
        assertEquals(bounded.nodes(), GraphPasses.apply(new Model(bounded, new Parameters())).graph().nodes());
        Model above = network(3, "above", 0, false);
        assertEquals(classes(above), classes(GraphPasses.apply(above)));
    }

    private static List<Class<? extends Op>> classes(Model model) {
        return model.graph().nodes().stream().<Class<? extends Op>>map(node -> node.op().getClass()).toList();
    }

    private static Model network(int axis, String bound, float min, boolean expand) {
        Parameters parameters = new Parameters();
        Graph.Builder graph = Graph.builder("net").input("x", SHAPE).node("square", new Mul(), List.of("x", "x"), "s")
                .node("sum", new ReduceSum(List.of(axis), true), List.of("s"), "v").node("root", new Sqrt(), List.of("v"), "root");
        String norm = "root";
        switch (bound) {
            case "clip" -> graph.node("clip", new Clip(min, Float.POSITIVE_INFINITY), List.of("root"), norm = "c");
            case "above" -> graph.node("clip", new Clip(min, 3), List.of("root"), norm = "c");
            case "max" -> {
                parameters.put("min", Tensor.filled(Shape.of(1), min));
                graph.node("max", new Max(), List.of("root", "min"), norm = "c");
            }
            default -> { }
        }
        if (expand) {
            graph.node("expand", new Expand(List.of(2L, 6L, 3L, 5L)), List.of(norm), "e");
            norm = "e";
        }
        return new Model(graph.node("quotient", new Div(), List.of("x", norm), "y").output("y").build(), parameters);
    }

    private static float[] random() {
        SplittableRandom random = new SplittableRandom(1);
        float[] x = new float[SHAPE.size()];
        for (int i = 0; i < x.length; i++) {
            x[i] = (float) (4 * random.nextDouble() - 2);
        }
        return x;
    }

    private static float[] run(Model model, float[] x) {
        try (Executor executor = new Executor(model)) {
            return executor.run(Map.of("x", new Tensor(SHAPE, x))).get("y").data();
        }
    }
}
