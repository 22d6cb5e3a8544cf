package io.github.bitgrain.core.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.bitgrain.core.BitgrainException;
import io.github.bitgrain.core.autodiff.GradientExecutor;
import io.github.bitgrain.core.graph.Graph;
import io.github.bitgrain.core.graph.Parameters;
import io.github.bitgrain.core.op.*;
import io.github.bitgrain.core.tensor.Shape;
import io.github.bitgrain.core.tensor.Tensor;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

class TrainingLoopTest {
    private static final Graph LINE = Graph.builder("line")
            .input("x", Shape.of(1, 2))
            .input("t", Shape.of(1, 1))
            .node("product", new Gemm(1f, 1f, false, true), List.of("x", "w", "b"), "y")
            .node("error", new MeanSquaredError(), List.of("y", "t"), "loss")
            .output("loss")
            .build();

    private static Parameters start() {
        return new Parameters().put("w", new Tensor(Shape.of(1, 2), new float[] {0.1f, -0.2f})).put("b", Tensor.vector(0f));
    }

    private static Map<String, Tensor> batch(int step) {
        Random random = new Random(step);
        Tensor x = Tensor.zeros(Shape.of(8, 2));
        Tensor t = Tensor.zeros(Shape.of(8, 1));
        for (int i = 0; i < 8; i++) {
            x.data()[2 * i] = (float) random.nextGaussian();
            x.data()[2 * i + 1] = (float) random.nextGaussian();
            t.data()[i] = 2 * x.data()[2 * i] - 3 * x.data()[2 * i + 1] + 0.5f;
        }
        return Map.of("x", x, "t", t);
    }

    private static GradientExecutor executor(Parameters parameters) {
        return new GradientExecutor(LINE, parameters, 8, "loss", Set.of("w", "b"));
    }

    @Test
    void adamFindsTheLine() {
        Parameters parameters = start();
        try (GradientExecutor executor = executor(parameters)) {
            Adam adam = new Adam(parameters, executor.gradients(), List.of(
                    new Optimizer.Group(List.of("w"), Schedule.cosine(0.1, 0, 400)),
                    new Optimizer.Group(List.of("b"), Schedule.constant(0.05).warmUp(10))));
            TrainingLoop.History history = new TrainingLoop(executor, adam, TrainingLoopTest::batch).run(400);
            assertEquals(400, history.losses().length);
            assertTrue(history.losses()[0] > 1);
            assertArrayEquals(new float[] {2f, -3f}, parameters.get("w").data(), 1e-2f);
            assertEquals(0.5f, parameters.get("b").data()[0], 1e-2f);
        }
    }

    /** Adam's first step moves every weight by the rate, against the sign of its gradient. */
    @Test
    void adamFirstStepHasTheLengthOfTheRate() {
        Parameters parameters = start();
        try (GradientExecutor executor = executor(parameters)) {
            Adam adam = new Adam(parameters, executor.gradients(), List.of(
                    new Optimizer.Group(List.of("w"), Schedule.constant(0.25)), new Optimizer.Group(List.of("b"), Schedule.constant(0.5))));
            new TrainingLoop(executor, adam, TrainingLoopTest::batch).run(1);
            float[] g = executor.gradients().get("w").data();
            assertEquals(0.1f - 0.25f * Math.signum(g[0]), parameters.get("w").data()[0], 1e-5f);
            assertEquals(-0.2f - 0.25f * Math.signum(g[1]), parameters.get("w").data()[1], 1e-5f);
            assertEquals(-0.5f * Math.signum(executor.gradients().get("b").data()[0]), parameters.get("b").data()[0], 1e-5f);
        }
    }

    @Test
    void momentumFollowsItsRecurrence() {
        Parameters parameters = start();
        try (GradientExecutor executor = executor(parameters)) {
            Sgd sgd = new Sgd(parameters, executor.gradients(), List.of(new Optimizer.Group(List.of("w", "b"), Schedule.constant(0.01), 0.1)), 0.9);
            float[] w = parameters.get("w").data().clone();
            float[] v = new float[2];
            new TrainingLoop(executor, sgd, TrainingLoopTest::batch)
                    .beforeUpdate(step -> {
                        float[] g = executor.gradients().get("w").data();
                        for (int i = 0; i < 2; i++) {
                            v[i] = 0.9f * v[i] + (g[i] + 0.1f * w[i]);
                            w[i] -= 0.01f * v[i];
                        }
                    })
                    .listener((step, loss) -> {
                        assertArrayEquals(w, parameters.get("w").data(), 1e-6f);
                        return true;
                    })
                    .run(20);
        }
    }

    @Test
    void bestStateIsKeptAndEqualRunsGiveEqualBits() {
        float[] first = null;
        for (int run = 0; run < 2; run++) {
            Parameters parameters = start();
            try (GradientExecutor executor = executor(parameters)) {
                // A rate this large overshoots: later states are worse than earlier ones.
                Sgd sgd = new Sgd(parameters, executor.gradients(), List.of(new Optimizer.Group(List.of("w", "b"), Schedule.constant(0.6))), 0.5);
                Map<String, Tensor> held = batch(-1);
                TrainingLoop.History history = new TrainingLoop(executor, sgd, TrainingLoopTest::batch)
                        .keepBest(parameters.snapshot(), 3, () -> executor.loss(held))
                        .listener((step, loss) -> step < 25)
                        .run(100);
                assertEquals(26, history.losses().length);
                assertEquals(history.bestScore(), executor.loss(held));
                assertTrue(history.bestStep() % 3 == 0 || history.bestStep() == 26);
                if (run == 0) {
                    first = parameters.get("w").data().clone();
                } else {
                    assertArrayEquals(first, parameters.get("w").data());
                }
            }
        }
    }

    @Test
    void divergenceIsSaidInOneLine() {
        Parameters parameters = start();
        try (GradientExecutor executor = executor(parameters)) {
            Sgd sgd = new Sgd(parameters, executor.gradients(), List.of(new Optimizer.Group(List.of("w", "b"), Schedule.constant(1e30))), 0);
            BitgrainException e = assertThrows(BitgrainException.class, () -> new TrainingLoop(executor, sgd, TrainingLoopTest::batch).run(9));
            assertTrue(e.getMessage().startsWith("training diverged: loss"), e.getMessage());
        }
    }

    @Test
    void schedulesFollowTheirCurves() {
        Schedule staircase = Schedule.staircase(0.8, 10, 0.5);
        assertEquals(0.8, staircase.rate(9));
        assertEquals(0.4, staircase.rate(10));
        assertEquals(0.1, staircase.rate(35), 1e-12);
        Schedule cosine = Schedule.cosine(1, 0.1, 100);
        assertEquals(1, cosine.rate(0));
        assertEquals(0.55, cosine.rate(50), 1e-12);
        assertEquals(0.1, cosine.rate(500), 1e-12);
        Schedule warm = Schedule.constant(2).warmUp(4);
        assertEquals(0.5, warm.rate(0));
        assertEquals(2, warm.rate(3));
        assertEquals(2, warm.rate(400));
    }
}
