package io.github.bitgrain.core.autodiff;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.bitgrain.core.BitgrainException;
import io.github.bitgrain.core.exec.Executor;
import io.github.bitgrain.core.graph.Graph;
import io.github.bitgrain.core.graph.Node;
import io.github.bitgrain.core.graph.Parameters;
import io.github.bitgrain.core.op.LinearQuant;
import io.github.bitgrain.core.op.ReduceSum;
import io.github.bitgrain.core.tensor.Shape;
import io.github.bitgrain.core.tensor.Tensor;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Golden vectors: spec/ptq-qat-toolkit.md §2.8. */
class LinearQuantTest {
    private static final int TENSOR = LinearQuant.PER_TENSOR;

    private static LinearQuant range(int qmin, int qmax, int axis) {
        return new LinearQuant(qmin, qmax, axis, LinearQuant.Range.AMAX, 1f, false);
    }

    private static Tensor row(float... values) {
        return new Tensor(Shape.of(1, values.length), values);
    }

    private static Graph graph(LinearQuant op, Shape shape, int operands) {
        List<String> inputs = new ArrayList<>(List.of("x"));
        for (int i = 0; i < operands; i++) {
            inputs.add("p" + i);
        }
        return Graph.builder("quantizer").input("x", shape).node(new Node("quantizer", op, inputs, List.of("y")))
                .node("sum", new ReduceSum(List.of(), false), List.of("y"), "loss").output("y", "loss").build();
    }

    private static Parameters parameters(Tensor... tensors) {
        Parameters parameters = new Parameters();
        for (int i = 0; i < tensors.length; i++) {
            parameters.put("p" + i, tensors[i]);
        }
        return parameters;
    }

    private static float[] forward(LinearQuant op, Tensor x, Tensor... operands) {
        try (Executor executor = new Executor(graph(op, x.shape(), operands.length), parameters(operands),
                Executor.Options.defaults().outputs(List.of("y")))) {
            return executor.run(Map.of("x", x)).get("y").data();
        }
    }

    private static Map<String, Tensor> gradients(LinearQuant op, Tensor x, Tensor... operands) {
        Set<String> trained = new LinkedHashSet<>(List.of("x"));
        for (int i = 0; i < operands.length && (op.range() == LinearQuant.Range.LEARNED || op.range().isLogarithm()); i++) {
            trained.add("p" + i);
        }
        try (GradientExecutor executor = new GradientExecutor(graph(op, x.shape(), operands.length), parameters(operands), 1, "loss", trained)) {
            executor.step(Map.of("x", x));
            return executor.gradients();
        }
    }

    @Test
    void theUserGuidesVectorIsReproduced() {
        float[] x = {0.9817f, 0.8796f, 0.9921f, 0.4611f, 0.0832f, 0.1784f, 0.3674f, 0.5676f, 0.3376f, 0.2119f};
        float[] y = forward(range(-128, 127, TENSOR), row(x), Tensor.vector(0.9921f));
        int[] q = {126, 113, 127, 59, 11, 23, 47, 73, 43, 27};
        float[] published = {.9843f, .8827f, .9921f, .4609f, .0859f, .1797f, .3672f, .5703f, .3359f, .2109f};
        for (int i = 0; i < x.length; i++) {
            assertEquals(q[i] * (0.9921f / 127), y[i]);
            assertEquals(published[i], y[i], 5.1e-5);
        }
    }

    @Test
    void signedNarrowAndMaskAreExact() {
        float[] x = {-300, -128, -127.5f, -127, -2.5f, -1.5f, -0.5f, 0, 0.5f, 1.5f, 2.5f, 126.5f, 127, 127.5f, 300};
        float[] full = {-128, -128, -128, -127, -2, -2, 0, 0, 0, 2, 2, 126, 127, 127, 127};
        float[] narrow = full.clone();
        narrow[0] = narrow[1] = narrow[2] = -127;
        float[] mask = {0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0};
        assertSame(full, forward(range(-128, 127, TENSOR), row(x), Tensor.vector(127f)));
        assertSame(narrow, forward(range(-127, 127, TENSOR), row(x), Tensor.vector(127f)));
        assertSame(mask, gradients(range(-128, 127, TENSOR), row(x), Tensor.vector(127f)).get("x").data());
    }

    /** Equal up to the sign of zero. */
    private static void assertSame(float[] expected, float[] actual) {
        for (int i = 0; i < expected.length; i++) {
            assertEquals(expected[i], actual[i] + 0f, "element " + i);
        }
    }

    @Test
    void unsignedIsExactAndRefusesNegativeValues() {
        float[] x = {0, .5f, 1.5f, 2.5f, 127.5f, 128, 254.5f, 255, 256, 300};
        assertArrayEquals(new float[] {0, 0, 2, 2, 128, 128, 254, 255, 255, 255}, forward(range(0, 255, TENSOR), row(x), Tensor.vector(255f)));
        LinearQuant strict = new LinearQuant(0, 255, TENSOR, LinearQuant.Range.AMAX, 1f, true);
        String message = assertThrows(BitgrainException.class, () -> forward(strict, row(1, -0.25f), Tensor.vector(255f))).getMessage();
        assertTrue(message.contains("quantizer: an unsigned quantizer got -0.25"), message);
    }

    @Test
    void channelsHaveTheirOwnRangeAndOneWithoutRangeIsZero() {
        Tensor x = new Tensor(Shape.of(3, 3), new float[] {0.5f, -1, 0.25f, 0.02f, 0.01f, -0.04f, 0, 0, 0});
        float[] y = forward(range(-128, 127, 0), x, Tensor.vector(1f, 0.04f, 0f));
        float[] q = {64, -127, 32, 63, 32, -127, 0, 0, 0};
        float[] scale = {1f / 127, 0.04f / 127, 0};
        for (int i = 0; i < q.length; i++) {
            assertEquals(q[i] * scale[i / 3], y[i]);
        }
        assertSame(new float[9], forward(range(-128, 127, 0), x, Tensor.vector(0x1p-24f, 0x1p-24f, 0x1p-24f)));
    }

    @Test
    void learnedBoundsGetTheGradientOfWhatTheyClip() {
        LinearQuant op = new LinearQuant(-128, 127, TENSOR, LinearQuant.Range.LEARNED, 1f, false);
        Map<String, Tensor> gradients = gradients(op, row(-2, -1, -.5f, .5f, 1, 2), Tensor.vector(-1f), Tensor.vector(1f));
        assertArrayEquals(new float[] {0, 0, 1, 1, 0, 0}, gradients.get("x").data());
        assertEquals(2f, gradients.get("p0").data()[0]);
        assertEquals(2f, gradients.get("p1").data()[0]);
    }

    /** Esser et al. 2020, equation 3: round(x/s) − x/s inside, the limit outside; times ds/dt = s ln 2. */
    @Test
    void aLearnedScaleGetsTheGradientOfRoundingAndClipping() {
        LinearQuant op = new LinearQuant(-8, 7, TENSOR, LinearQuant.Range.LOG2, 1f, false);
        float[] x = {-20, -8, -2.25f, 0.4f, 1.75f, 7, 9};
        double[] d = {-8, 0, 0.25, -0.4f, 0.25, 0, 7};
        Map<String, Tensor> gradients = gradients(op, row(x), Tensor.vector((float) (Math.log(7) / Math.log(2))));
        assertArrayEquals(new float[] {0, 1, 1, 1, 1, 1, 0}, gradients.get("x").data());
        assertEquals(Math.log(2) * java.util.Arrays.stream(d).sum(), gradients.get("p0").data()[0], 1e-5);
    }

    @Test
    void aLearnedPowerOfTwoIsTheNextOneAboveAndEveryChannelHasItsOwn() {
        LinearQuant op = new LinearQuant(-7, 7, 1, LinearQuant.Range.LOG2_POWER, 1f, false);
        Tensor x = new Tensor(Shape.of(1, 2, 2), new float[] {3, 20, 0.6f, -3});
        Tensor t = Tensor.vector((float) (Math.log(13.5) / Math.log(2)), (float) (Math.log(1.7) / Math.log(2)));
        assertArrayEquals(new float[] {4, 14, 0.5f, -1.75f}, forward(op, x, t));
        Map<String, Tensor> gradients = gradients(op, x, t);
        assertArrayEquals(new float[] {1, 0, 1, 0}, gradients.get("x").data());
        assertEquals(Math.log(2) * 2 * (2 - 1.5 + 7), gradients.get("p0").data()[0], 1e-5);
        assertEquals(Math.log(2) * 0.25 * (2 - 2.4 - 7), gradients.get("p0").data()[1], 1e-5);
    }

    /** Descent on the squared error finds a range for Gaussian values near the best one of a search, from far too wide and far too narrow. */
    @Test
    void descentOnALearnedScaleFindsTheBestRange() {
        Tensor x = Tensor.zeros(Shape.of(1, 4000));
        java.util.Random random = new java.util.Random(3);
        for (int i = 0; i < x.size(); i++) {
            x.data()[i] = (float) random.nextGaussian();
        }
        LinearQuant op = new LinearQuant(-4, 3, TENSOR, LinearQuant.Range.LOG2, 1f, false);
        Graph graph = Graph.builder("fit").input("x", x.shape()).node(new Node("quantizer", op, List.of("x", "p0"), List.of("y")))
                .node("error", new io.github.bitgrain.core.op.MeanSquaredError(), List.of("y", "x"), "loss").output("loss").build();
        double best = Double.POSITIVE_INFINITY;
        for (double t = -2; t < 4; t += 0.02) {
            best = Math.min(best, error(op, x, (float) t));
        }
        for (float start : new float[] {-2, 4}) {
            Parameters parameters = parameters(Tensor.vector(start));
            try (GradientExecutor executor = new GradientExecutor(graph, parameters, 1, "loss", Set.of("p0"))) {
                for (int step = 0; step < 400; step++) {
                    executor.step(Map.of("x", x));
                    parameters.get("p0").data()[0] -= 0.2f * executor.gradients().get("p0").data()[0];
                }
            }
            double reached = error(op, x, parameters.get("p0").data()[0]);
            assertTrue(reached < 1.02 * best, reached + " from " + start + ", best " + best);
        }
    }

    private static double error(LinearQuant op, Tensor x, float t) {
        float[] y = forward(op, x, Tensor.vector(t));
        double sum = 0;
        for (int i = 0; i < y.length; i++) {
            sum += (double) (y[i] - x.data()[i]) * (y[i] - x.data()[i]) / y.length;
        }
        return sum;
    }

    /** The sums of many images are the same whoever adds them. */
    @Test
    void threadsDoNotChangeTheGradientOfAScale() {
        LinearQuant op = new LinearQuant(-8, 7, TENSOR, LinearQuant.Range.LOG2, 1f, false);
        Tensor x = Tensor.zeros(Shape.of(9, 3, 5, 7));
        java.util.SplittableRandom random = new java.util.SplittableRandom(7);
        for (int i = 0; i < x.size(); i++) {
            x.data()[i] = (float) random.nextDouble(-2, 2);
        }
        Graph graph = graph(op, x.shape(), 1);
        float[] sums = new float[3];
        for (int threads = 1; threads <= 3; threads++) {
            try (GradientExecutor executor = new GradientExecutor(graph, parameters(Tensor.vector(0.3f)), 9, "loss", Set.of("p0"), List.of(),
                    new GradientExecutor.Storage(threads), io.github.bitgrain.kernels.Kernels.floats())) {
                executor.step(Map.of("x", x));
                sums[threads - 1] = executor.gradients().get("p0").data()[0];
            }
        }
        assertEquals(sums[0], sums[1]);
        assertEquals(sums[0], sums[2]);
    }

    @Test
    void withoutRangeTheLargestValueOfEachCallCounts() {
        LinearQuant op = new LinearQuant(-7, 7, TENSOR, LinearQuant.Range.DYNAMIC, 1f, false);
        assertArrayEquals(new float[] {7, -3, 0}, forward(op, row(7, -3.2f, 0.4f)));
        assertArrayEquals(new float[] {14, -6, 0}, forward(op, row(14, -6.4f, 0.8f)));
        assertArrayEquals(new float[] {1, 1, 1}, gradients(op, row(7, -3.2f, 0.4f)).get("x").data());
    }

    /** ONNX: saturate(round(x / s) + z); the gradient passes where nothing saturates. */
    @Test
    void zeroPointsShiftTheIntegers() {
        LinearQuant op = LinearQuant.ofScale(0, 255, TENSOR);
        Tensor[] operands = {Tensor.vector(0.5f), Tensor.vector(128f)};
        assertSame(new float[] {-64, 63.5f, 1, 0}, forward(op, row(-100, 100, 1.2f, -0.25f), operands));
        assertArrayEquals(new float[] {0, 0, 1, 1}, gradients(op, row(-100, 100, 1.2f, -0.25f), operands).get("x").data());
        assertArrayEquals(new float[] {1, 0, 1, 0}, gradients(op, row(-64.25f, -64.26f, 63.7f, 63.75f), operands).get("x").data());
    }
}
