package io.github.bitgrain.core.autodiff;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.bitgrain.core.BitgrainException;
import io.github.bitgrain.core.differentiate.Gradients;
import io.github.bitgrain.core.graph.Graph;
import io.github.bitgrain.core.graph.Node;
import io.github.bitgrain.core.graph.Parameters;
import io.github.bitgrain.core.graph.ShapeInference;
import io.github.bitgrain.core.op.*;
import io.github.bitgrain.core.reference.FiniteDifferences;
import io.github.bitgrain.core.reference.OperatorCase;
import io.github.bitgrain.core.tensor.Shape;
import io.github.bitgrain.core.tensor.Tensor;
import io.github.bitgrain.kernels.Kernels;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class GradientTest {
    /** Fake quantization has straight-through gradients on purpose: {@link FakeQuantGradientTest}, {@link LinearQuantTest}. */
    static Stream<OperatorCase> cases() {
        return OperatorCase.all().stream().filter(test -> !(test.op() instanceof FakeQuant || test.op() instanceof LinearQuant)
                && Gradients.supported().contains(test.op().getClass()));
    }

    /** Operators that only the application computes: a loss behind one is refused by its name. */
    @Test
    void operatorsWithoutGradientAreRefusedByName() {
        Graph graph = Graph.builder("net").input("x", Shape.of(2, 5))
                .node(new Node("best", new TopK(3, 1, true, true), List.of("x"), List.of("values", "indices")))
                .node("loss", new ReduceSum(List.of(), false), List.of("values"), "loss").output("loss").build();
        BitgrainException refused = assertThrows(BitgrainException.class, () -> new GradientExecutor(graph, new Parameters(), 2, "loss", Set.of("x")));
        assertEquals("TopK \"best\" has no gradient; end the network before it", refused.getMessage());
    }

    @ParameterizedTest
    @MethodSource("cases")
    void gradientEqualsFiniteDifferences(OperatorCase test) {
        check(test.graph(), test, test.named());
    }

    /** The operand is used twice and comes from a convolution, so that gradients are added and layouts converted. */
    @ParameterizedTest
    @MethodSource("cases")
    void gradientEqualsFiniteDifferencesInsideANetwork(OperatorCase test) {
        Shape shape = test.operands().getFirst().shape();
        if (shape.rank() != 4) {
            return;
        }
        Map<String, Tensor> named = test.named();
        named.put("k", random(new Random(7), shape.dim(1), 1, 1, 1));
        Graph single = test.graph();
        Node node = single.nodes().getFirst();
        List<String> operands = node.inputs().stream().map(name -> name.equals("x0") ? "h" : name).toList();
        // The softplus-like map keeps the operand positive where the operator needs that.
        Graph graph = single.edit()
                .nodes(List.of())
                .node("before", new Conv(Size.ONE, Pads.NONE, Size.ONE, shape.dim(1)), List.of("x0", "k"), "c")
                .node("abs", new Abs(), List.of("c"), "a")
                .node("twice", new Add(), List.of("a", "x0"), "t")
                .node("exp", new Sigmoid(), List.of("t"), "h")
                .node(node.withInputs(operands))
                .node("also", new ReduceSum(List.of(), false), List.of("h"), "extra")
                .output("extra")
                .build();
        check(graph, test, named);
    }

    private static void check(Graph single, OperatorCase test, Map<String, Tensor> given) {
        Map<String, Tensor> named = new LinkedHashMap<>(given);
        Graph graph = withLoss(single, named);
        Set<String> trained = new LinkedHashSet<>(named.keySet());
        trained.removeIf(name -> name.startsWith("weight of "));
        boolean loss = test.op() instanceof CrossEntropy;
        boolean running = test.op() instanceof BatchNorm norm && norm.training();
        trained.removeIf(name -> test.op() instanceof Embedding && name.equals("x0"));
        trained.removeIf(name -> loss && name.equals("x1") || running && (name.equals("x3") || name.equals("x4")));
        Parameters parameters = new Parameters();
        named.forEach((name, tensor) -> parameters.put(name, tensor.copy()));
        try (GradientExecutor executor = new GradientExecutor(graph, parameters, named.get("x0").shape().rank() == 0 ? 1
                : named.get("x0").shape().dim(0), "loss", trained)) {
            for (int pass = 0; pass < 2; pass++) {
                executor.step(Map.of("x0", named.get("x0")));
            }
            for (String name : trained) {
                double[] expected = FiniteDifferences.of(graph, named, "loss", name);
                float[] actual = executor.gradients().get(name).data();
                double largest = 1;
                for (double e : expected) {
                    largest = Math.max(largest, Math.abs(e));
                }
                for (int i = 0; i < expected.length; i++) {
                    assertEquals(expected[i], actual[i], 3e-5 * largest, "d loss / d " + name + "[" + i + "]");
                }
            }
        }
    }

    /** Appends loss = Σ over all outputs of Σ output · random weight. */
    private static Graph withLoss(Graph graph, Map<String, Tensor> named) {
        Map<String, Shape> shapes = ShapeInference.infer(graph, name -> named.get(name).shape());
        Graph.Builder builder = graph.edit();
        List<String> terms = new ArrayList<>();
        int seed = 11;
        for (String output : graph.outputs()) {
            String weight = "weight of " + output;
            named.put(weight, random(new Random(seed++), shapes.get(output).dims()));
            builder.node("weigh " + output, new Mul(), List.of(output, weight), "weighed " + output);
            builder.node("sum " + output, new ReduceSum(List.of(), false), List.of("weighed " + output), "sum of " + output);
            terms.add("sum of " + output);
        }
        String total = terms.getFirst();
        for (int i = 1; i < terms.size(); i++) {
            builder.node("total " + i, new Add(), List.of(total, terms.get(i)), "total " + i);
            total = "total " + i;
        }
        builder.node("loss", new Identity(), List.of(total), "loss");
        return builder.outputs(List.of("loss")).build();
    }

    @Test
    void trainingFormBatchNormMovesItsRunningStatistics() {
        Tensor x = random(new Random(3), 4, 2, 3, 3);
        Graph graph = Graph.builder("net")
                .input("x", x.shape())
                .node("norm", new BatchNorm(1e-5f, 0.75f, true), List.of("x", "s", "b", "m", "v"), "y")
                .node("loss", new ReduceMean(List.of(), false), List.of("y"), "loss")
                .output("loss")
                .build();
        Parameters parameters = new Parameters().put("s", Tensor.vector(1, 2)).put("b", Tensor.vector(0, 1))
                .put("m", Tensor.vector(1, -1)).put("v", Tensor.vector(2, 3));
        try (GradientExecutor executor = new GradientExecutor(graph, parameters, 4, "loss", Set.of("s", "b"))) {
            executor.loss(Map.of("x", x));
            assertArrayEquals(new float[] {1, -1}, parameters.get("m").data());
            executor.step(Map.of("x", x));
        }
        for (int c = 0; c < 2; c++) {
            double mean = 0;
            double square = 0;
            for (int n = 0; n < 4; n++) {
                for (int i = 0; i < 9; i++) {
                    double v = x.data()[(n * 2 + c) * 9 + i];
                    mean += v / 36;
                    square += v * v / 36;
                }
            }
            assertEquals(0.75 * (c == 0 ? 1 : -1) + 0.25 * mean, parameters.get("m").data()[c], 1e-6);
            assertEquals(0.75 * (c == 0 ? 2 : 3) + 0.25 * (square - mean * mean), parameters.get("v").data()[c], 1e-6);
        }
    }

    /** Batches that come again: their layout is changed once, and they stay apart from each other and from others. */
    @Test
    void preparedBatchesGiveTheSameBits() {
        Random random = new Random(4);
        Graph graph = Graph.builder("net").input("x", Shape.of(3, 5, 6, 6)).input("t", Shape.of(3, 20, 6, 6))
                .node("conv", new Conv(Size.ONE, new Pads(1, 1, 1, 1), Size.ONE, 1), List.of("x", "w"), "y")
                .node("loss", new MeanSquaredError(), List.of("y", "t"), "loss").output("loss").build();
        Parameters parameters = new Parameters().put("w", random(random, 20, 5, 3, 3));
        List<Map<String, Tensor>> batches = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            batches.add(Map.of("x", random(random, 3, 5, 6, 6), "t", random(random, 3, 20, 6, 6)));
        }
        try (GradientExecutor executor = new GradientExecutor(graph, parameters, 3, "loss", Set.of("w"))) {
            List<Float> losses = new ArrayList<>();
            List<float[]> gradients = new ArrayList<>();
            for (Map<String, Tensor> batch : batches) {
                losses.add(executor.step(batch));
                gradients.add(executor.gradients().get("w").data().clone());
            }
            List<GradientExecutor.Batch> prepared = batches.stream().map(executor::prepare).toList();
            // Rows of 16 and 32 floats for 5 and 20 channels.
            assertTrue(executor.preparedBytes() >= 4L * 3 * 36 * (16 + 32), "bytes: " + executor.preparedBytes());
            for (int round = 0; round < 2; round++) {
                for (int i : new int[] {2, 0, 1}) {
                    assertEquals(losses.get(i), executor.step(prepared.get(i)));
                    assertArrayEquals(gradients.get(i), executor.gradients().get("w").data());
                    assertEquals(losses.get(1), executor.loss(batches.get(1)), "a batch that is not prepared");
                    assertEquals(losses.get(i), executor.loss(prepared.get(i)));
                }
            }
        }
    }

    @Test
    void threadsChangeNoBit() {
        Map<String, Tensor> one = null;
        for (int threads = 1; threads <= 4; threads++) {
            Random random = new Random(9);
            Tensor x = random(random, 7, 5, 8, 8);
            Tensor labels = Tensor.vector(0, 1, 2, 0, 1, 2, 2);
            Parameters parameters = new Parameters()
                    .put("w1", random(random, 12, 5, 3, 3))
                    .put("b1", random(random, 12))
                    .put("scale", Tensor.filled(Shape.of(12), 1f))
                    .put("shift", random(random, 12))
                    .put("mean", Tensor.zeros(Shape.of(12)))
                    .put("variance", Tensor.filled(Shape.of(12), 1f))
                    .put("w2", random(random, 12, 1, 3, 3))
                    .put("w3", random(random, 3, 12))
                    .put("b3", random(random, 3));
            Graph graph = Graph.builder("net")
                    .input("x", Shape.of(1, 5, 8, 8))
                    .input("labels", Shape.of(1))
                    .node("conv", new Conv(Size.ONE, Pads.all(1), Size.ONE, 1), List.of("x", "w1", "b1"), "c")
                    .node("norm", new BatchNorm(1e-5f, 0.9f, true), List.of("c", "scale", "shift", "mean", "variance"), "n")
                    .node("relu", new Relu(), List.of("n"), "r")
                    .node("depthwise", new Conv(new Size(2, 2), Pads.all(1), Size.ONE, 12), List.of("r", "w2"), "d")
                    .node("pool", new GlobalAveragePool(), List.of("d"), "p")
                    .node("flat", new Flatten(1), List.of("p"), "f")
                    .node("head", new Gemm(1f, 1f, false, true), List.of("f", "w3", "b3"), "logits")
                    .node("loss", new CrossEntropy(), List.of("logits", "labels"), "loss")
                    .output("loss")
                    .build();
            Set<String> trained = Set.of("w1", "b1", "scale", "shift", "w2", "w3", "b3");
            try (GradientExecutor.Storage storage = new GradientExecutor.Storage(threads);
                    GradientExecutor executor = new GradientExecutor(graph, parameters, 7, "loss", trained, List.of(), storage, Kernels.floats())) {
                executor.step(Map.of("x", x, "labels", labels));
                if (one == null) {
                    one = new LinkedHashMap<>();
                    for (String name : trained) {
                        one.put(name, executor.gradients().get(name).copy());
                    }
                    assertTrue(one.get("w1").data()[0] != 0);
                }
                for (String name : trained) {
                    assertArrayEquals(one.get(name).data(), executor.gradients().get(name).data(), name + " with " + threads + " threads");
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
