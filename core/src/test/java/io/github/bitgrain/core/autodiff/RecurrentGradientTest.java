package io.github.bitgrain.core.autodiff;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.bitgrain.core.graph.Graph;
import io.github.bitgrain.core.graph.Node;
import io.github.bitgrain.core.graph.Parameters;
import io.github.bitgrain.core.op.Direction;
import io.github.bitgrain.core.op.GateQuantization;
import io.github.bitgrain.core.op.Gru;
import io.github.bitgrain.core.op.Lstm;
import io.github.bitgrain.core.op.Op;
import io.github.bitgrain.core.op.ReduceSum;
import io.github.bitgrain.core.tensor.Shape;
import io.github.bitgrain.core.tensor.Tensor;
import io.github.bitgrain.kernels.Kernels;
import io.github.bitgrain.kernels.Rounding;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** What finite differences cannot show: straight-through gradients where the chip rounds, and threads. */
class RecurrentGradientTest {
    private static final GateQuantization GATES = new GateQuantization(Rounding.HALF_EVEN, 8, GateQuantization.USUAL_EXPONENT);

    private static Graph graph(Op op, Shape x) {
        return Graph.builder("net")
                .input("x", x)
                .node(new Node("cell", op, List.of("x", "w", "r", "b", "", "", "", "scale"), List.of("y")))
                .node("loss", new ReduceSum(List.of(), false), List.of("y"), "loss")
                .output("loss")
                .build();
    }

    /**
     * One step of one unit from an empty state. All gate arguments are 0 but the candidate's, whose product w·x = 0.7 is rounded
     * to 358 · 2⁻⁹: c = ½ tanh(358/512) to 155 · 2⁻⁹, h = ½ tanh(155/512) = 0.14691 to 1 · 2⁻³.
     */
    @Test
    void scaleOfTheStateHearsOfItsRounding() {
        Parameters parameters = new Parameters()
                .put("w", new Tensor(Shape.of(1, 4, 1), new float[] {0, 0, 0, 1}))
                .put("r", Tensor.zeros(Shape.of(1, 4, 1)))
                .put("b", Tensor.zeros(Shape.of(1, 8)))
                .put("scale", Tensor.vector(-3));
        Graph graph = graph(new Lstm(1, Direction.FORWARD, GATES), Shape.of(1, 1, 1));
        try (GradientExecutor executor = new GradientExecutor(graph, parameters, 1, "loss", Set.of("w", "scale"))) {
            assertEquals(0.125f, executor.step(Map.of("x", new Tensor(Shape.of(1, 1, 1), new float[] {0.7f}))));
            double state = 0.5 * Math.tanh(155 / 512.0);
            assertEquals(0.125 * Math.log(2) * (1 - 8 * state), executor.gradients().get("scale").data()[0], 1e-6);
            double candidate = Math.tanh(358 / 512.0);
            double ofCell = 0.5 * (1 - Math.pow(Math.tanh(155 / 512.0), 2));
            assertEquals(0.7 * ofCell * 0.5 * (1 - candidate * candidate), executor.gradients().get("w").data()[3], 1e-6);
        }
    }

    /** At 2⁻¹¹ eight bits end at 127 · 2⁻¹¹, below the state: no gradient passes, and the scale hears of the end. */
    @Test
    void saturatedStatePassesNoGradient() {
        Parameters parameters = new Parameters()
                .put("w", new Tensor(Shape.of(1, 3, 1), new float[] {0, 0, 1}))
                .put("r", Tensor.zeros(Shape.of(1, 3, 1)))
                .put("b", Tensor.zeros(Shape.of(1, 6)))
                .put("scale", Tensor.vector(-11));
        Graph graph = graph(new Gru(1, Direction.FORWARD, true, GATES), Shape.of(1, 1, 1));
        try (GradientExecutor executor = new GradientExecutor(graph, parameters, 1, "loss", Set.of("w", "scale"))) {
            assertEquals(127 / 2048f, executor.step(Map.of("x", new Tensor(Shape.of(1, 1, 1), new float[] {0.7f}))));
            assertEquals(127 / 2048.0 * Math.log(2), executor.gradients().get("scale").data()[0], 1e-6);
            assertArrayEquals(new float[3], executor.gradients().get("w").data());
        }
    }

    @Test
    void threadsChangeNoBit() {
        Random random = new Random(3);
        Parameters parameters = new Parameters().put("w", random(random, 2, 20, 6)).put("r", random(random, 2, 20, 5))
                .put("b", random(random, 2, 40)).put("scale", Tensor.vector(-7));
        Tensor x = random(random, 7, 9, 6);
        Set<String> trained = new LinkedHashSet<>(List.of("w", "r", "b", "scale"));
        Graph graph = graph(new Lstm(5, Direction.BIDIRECTIONAL, GATES), x.shape());
        Map<String, Tensor> one = null;
        for (int threads = 1; threads <= 4; threads++) {
            try (GradientExecutor.Storage storage = new GradientExecutor.Storage(threads);
                    GradientExecutor executor = new GradientExecutor(graph, parameters, 7, "loss", trained, List.of(), storage, Kernels.floats())) {
                executor.step(Map.of("x", x));
                if (one == null) {
                    one = new java.util.LinkedHashMap<>();
                    for (String name : trained) {
                        one.put(name, executor.gradients().get(name).copy());
                    }
                }
                for (String name : trained) {
                    assertArrayEquals(one.get(name).data(), executor.gradients().get(name).data(), name);
                }
            }
        }
    }

    private static Tensor random(Random random, int... dims) {
        Tensor tensor = Tensor.zeros(Shape.of(dims));
        for (int i = 0; i < tensor.size(); i++) {
            tensor.data()[i] = (float) random.nextGaussian();
        }
        return tensor;
    }
}
