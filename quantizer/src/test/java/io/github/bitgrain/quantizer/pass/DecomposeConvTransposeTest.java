package io.github.bitgrain.quantizer.pass;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.bitgrain.core.BitgrainException;
import io.github.bitgrain.core.exec.Executor;
import io.github.bitgrain.core.graph.Graph;
import io.github.bitgrain.core.graph.Model;
import io.github.bitgrain.core.graph.Parameters;
import io.github.bitgrain.core.graph.ShapeInference;
import io.github.bitgrain.core.op.ConvTranspose;
import io.github.bitgrain.core.op.Pads;
import io.github.bitgrain.core.op.Size;
import io.github.bitgrain.core.tensor.Shape;
import io.github.bitgrain.core.tensor.Tensor;
import io.github.bitgrain.quantizer.Profile;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DecomposeConvTransposeTest {
    @ParameterizedTest
    @CsvSource({"1, 1, 1, 0", "2, 1, 1, 0", "2, 1, 1, 1", "2, 1, 2, 1", "1, 2, 1, 0", "3, 2, 2, 1", "1, 2, 1, 1", "2, 1, 4, 0"})
    void computesTheSameWithoutTransposedConvolutions(int stride, int dilation, int groups, int outputPadding) {
        Model model = model(stride, dilation, groups, outputPadding, new Pads(1, 0, 1, 2));
        Model rewritten = GraphPasses.apply(model);
        assertTrue(rewritten.graph().nodes().stream().noneMatch(node -> node.op() instanceof ConvTranspose));
        float[] expected = run(model);
        assertArrayEquals(expected, run(rewritten), 1e-5f);
    }

    /** Defect D6: the padding does not grow with the dilation, so the picture comes out smaller. */
    @Test
    void parityForgetsTheDilation() {
        Model model = model(1, 2, 1, 0, Pads.NONE);
        assertEquals(Shape.of(1, 4, 9, 8), shape(GraphPasses.apply(model)));
        assertEquals(Shape.of(1, 4, 5, 4), shape(GraphPasses.apply(model, Profile.PARITY)));
    }

    @Test
    void padsBeyondTheKernelAreRefusedByName() {
        BitgrainException refused = assertThrows(BitgrainException.class, () -> GraphPasses.apply(model(1, 1, 1, 0, Pads.all(3))));
        assertTrue(refused.getMessage().contains("node \"up\""), refused.getMessage());
    }

    private static Model model(int stride, int dilation, int groups, int outputPadding, Pads pads) {
        Parameters parameters = new Parameters();
        parameters.put("w", random(Shape.of(4, 4 / groups, 3, 3), 1));
        parameters.put("b", random(Shape.of(4), 2));
        ConvTranspose op = new ConvTranspose(Size.square(stride), pads, Size.square(dilation), groups, Size.square(outputPadding));
        Graph graph = Graph.builder("net").input("x", Shape.of(1, 4, 5, 4))
                .node("up", op, List.of("x", "w", "b"), "y").output("y").build();
        return new Model(graph, parameters);
    }

    private static float[] run(Model model) {
        try (Executor executor = new Executor(model)) {
            return executor.run(Map.of("x", random(Shape.of(1, 4, 5, 4), 3))).get("y").data();
        }
    }

    private static Shape shape(Model model) {
        return ShapeInference.infer(model.graph(), model.parameters()).get("y");
    }

    private static Tensor random(Shape shape, long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        float[] values = new float[shape.size()];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) (2 * random.nextDouble() - 1);
        }
        return new Tensor(shape, values);
    }
}
