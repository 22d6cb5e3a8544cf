package io.github.bitgrain.core.exec;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.bitgrain.core.BitgrainException;
import io.github.bitgrain.core.graph.Graph;
import io.github.bitgrain.core.graph.Parameters;
import io.github.bitgrain.core.op.*;
import io.github.bitgrain.core.op.FakeQuant;
import io.github.bitgrain.core.reference.OperatorCase;
import io.github.bitgrain.core.reference.ReferenceEvaluator;
import io.github.bitgrain.core.tensor.Shape;
import io.github.bitgrain.core.tensor.Tensor;
import io.github.bitgrain.kernels.Kernels;
import io.github.bitgrain.kernels.Rounding;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class ExecutorTest {
    static Stream<OperatorCase> cases() {
        return OperatorCase.all().stream();
    }

    @ParameterizedTest
    @MethodSource("cases")
    void operatorEqualsTheDoublePrecisionReference(OperatorCase test) {
        assertEqualsReference(test.graph(), test.parameters(), test.named());
    }

    /** Operands between two convolutions are channels last, so that the other form of each evaluator runs. */
    @ParameterizedTest
    @MethodSource("cases")
    void operatorEqualsTheReferenceOnChannelsLastOperands(OperatorCase test) {
        Shape shape = test.operands().getFirst().shape();
        if (shape.rank() != 4) {
            return;
        }
        int c = shape.dim(1);
        Tensor identity = Tensor.zeros(Shape.of(c, c, 1, 1));
        for (int i = 0; i < c; i++) {
            identity.data()[i * c + i] = 1f;
        }
        Graph single = test.graph();
        Graph graph = single.edit()
                .nodes(List.of())
                .node("before", new Conv(Size.ONE, Pads.NONE, Size.ONE, 1), List.of("x0", "identity"), "x0 again")
                .node(single.nodes().getFirst().withInputs(single.nodes().getFirst().inputs().stream()
                        .map(name -> name.equals("x0") ? "x0 again" : name).toList()))
                .build();
        Map<String, Tensor> named = test.named();
        named.put("identity", identity);
        assertEqualsReference(graph, test.parameters().put("identity", identity), named);
    }

    @Test
    void threadsAndBatchesChangeNoBit() {
        Random random = new Random(5);
        Graph graph = network();
        Parameters parameters = parameters(random);
        Tensor x = random(random, 5, 3, 9, 9);
        float[] one = run(graph, parameters, x, 1);
        for (int threads = 2; threads <= 4; threads++) {
            assertArrayEquals(one, run(graph, parameters, x, threads));
        }
        float[] first = run(graph, parameters, new Tensor(Shape.of(1, 3, 9, 9), java.util.Arrays.copyOf(x.data(), 3 * 81)), 1);
        assertArrayEquals(first, java.util.Arrays.copyOf(one, first.length));
    }

    /** Threads share the rows of an image. */
    @Test
    void bandsOfAnImageChangeNoBit() {
        int convolutions = 0;
        for (OperatorCase test : OperatorCase.all()) {
            if (!(test.op() instanceof Conv)) {
                continue;
            }
            convolutions++;
            Map<String, Tensor> x = Map.of("x0", test.named().get("x0"));
            float[] one = run(test, 1, x);
            for (int threads = 2; threads <= 5; threads++) {
                assertArrayEquals(one, run(test, threads, x), test.name() + ", " + threads + " threads");
            }
        }
        assertTrue(convolutions > 5, convolutions + " cases");
    }

    private static float[] run(OperatorCase test, int threads, Map<String, Tensor> x) {
        try (Executor executor = new Executor(test.graph(), test.parameters(), Executor.Options.defaults().threads(threads))) {
            return executor.run(x).values().iterator().next().data();
        }
    }

    /** Maps that leave the cache are computed a few samples at a time; observed values are not, so that they show the whole batch. */
    @Test
    void dividedBatchesGiveTheSameBits() {
        Graph graph = network().edit().inputs(Map.of("x", Shape.of(1, 3, 71, 90))).build();
        Parameters parameters = parameters(new Random(5));
        Tensor x = random(new Random(6), 7, 3, 71, 90);
        float[] whole;
        try (Executor executor = new Executor(graph, parameters, Executor.Options.defaults().observe(Set.of("a"), view -> { }))) {
            whole = executor.run(Map.of("x", x)).get("y").data();
        }
        Set<Integer> groups = new TreeSet<>();
        for (int threads = 1; threads <= 4; threads++) {
            BatchParts parts = BatchParts.of(graph, parameters, graph.outputs(), 7, threads);
            groups.add(parts.group());
            assertArrayEquals(whole, run(graph, parameters, x, threads), threads + " threads");
        }
        assertTrue(groups.stream().anyMatch(group -> 7 % group != 0), groups.toString());
        try (Executor executor = new Executor(graph, parameters, Executor.Options.defaults())) {
            BitgrainException wrong = assertThrows(BitgrainException.class, () -> executor.run(Map.of("x", random(new Random(6), 7, 3, 71, 91))));
            assertTrue(wrong.getMessage().contains("input \"x\" needs shape"), wrong.getMessage());
        }
    }

    @Test
    void profileNamesEveryNodeInOrder() {
        Graph graph = network();
        try (Executor executor = new Executor(graph, parameters(new Random(5)), Executor.Options.defaults())) {
            Map<String, Long> times = executor.profile(Map.of("x", random(new Random(5), 2, 3, 9, 9)), 3);
            List<String> nodes = graph.nodes().stream().map(node -> node.name()).filter(times::containsKey).toList();
            assertEquals(nodes, times.keySet().stream().filter(nodes::contains).toList());
            assertTrue(nodes.size() > 1 && times.values().stream().allMatch(time -> time >= 0), times.toString());
        }
    }

    /** Where somebody looks at the values in between nothing is joined; the bits are the same. */
    @Test
    void functionsAndSumsJoinTheirConvolution() {
        Graph graph = network();
        Parameters parameters = parameters(new Random(5));
        Tensor x = random(new Random(5), 2, 3, 9, 9);
        try (Executor executor = new Executor(graph, parameters, Executor.Options.defaults())) {
            Set<String> nodes = executor.profile(Map.of("x", x), 1).keySet();
            assertTrue(nodes.containsAll(Set.of("conv", "depthwise", "pool")) && !nodes.contains("relu") && !nodes.contains("sum"), nodes.toString());
        }
        Executor.Options observing = Executor.Options.defaults().observe(Set.of("a", "r", "d", "s"), view -> { });
        try (Executor executor = new Executor(graph, parameters, observing)) {
            assertTrue(executor.profile(Map.of("x", x), 1).keySet().containsAll(Set.of("relu", "sum")));
            assertArrayEquals(run(graph, parameters, x, 1), executor.run(Map.of("x", x)).get("y").data());
        }
    }

    /** A sum joins the convolution at whose time its other operand exists, the later one; x · sigmoid(x) joins as a whole. */
    @Test
    void sumsOfConvolutionsJoinTheLaterOne() {
        Conv pointwise = new Conv(Size.ONE, Pads.NONE, Size.ONE, 1);
        Graph graph = Graph.builder("net")
                .input("x0", Shape.of(1, 3, 5, 5))
                .node("first", pointwise, List.of("x0", "w1"), "a")
                .node("second", pointwise, List.of("x0", "w2"), "b")
                .node("sigmoid", new Sigmoid(), List.of("b"), "c")
                .node("swish", new Mul(), List.of("c", "b"), "d")
                .node("sum", new Add(), List.of("a", "d"), "e")
                .node("end", new Relu(), List.of("e"), "y")
                .output("y")
                .build();
        Random random = new Random(5);
        Parameters parameters = new Parameters().put("w1", random(random, 20, 3, 1, 1)).put("w2", random(random, 20, 3, 1, 1));
        Tensor x = random(random, 1, 3, 5, 5);
        try (Executor executor = new Executor(graph, parameters, Executor.Options.defaults())) {
            assertEquals(Set.of("first", "second", "end"),
                    new java.util.HashSet<>(executor.profile(Map.of("x0", x), 1).keySet()));
        }
        assertEqualsReference(graph, parameters, new java.util.LinkedHashMap<>(Map.of("x0", x, "w1", parameters.get("w1"), "w2", parameters.get("w2"))));
    }

    /** Fake quantization with one scale joins the convolution before it, behind a function and before a sum; one with many does not. */
    @Test
    void fakeQuantizationJoinsItsConvolution() {
        Conv pointwise = new Conv(Size.ONE, Pads.NONE, Size.ONE, 1);
        Graph graph = Graph.builder("net")
                .input("x0", Shape.of(1, 3, 5, 5))
                .node("first", pointwise, List.of("x0", "w1"), "a")
                .node("rounded channels", new FakeQuant(8, Rounding.HALF_UP, 1), List.of("a", "alphas"), "b")
                .node("second", pointwise, List.of("x0", "w2"), "c")
                .node("relu", new Relu(), List.of("c"), "d")
                .node("rounded", new FakeQuant(4, Rounding.HALF_UP, FakeQuant.PER_TENSOR), List.of("d", "alpha"), "e")
                .node("sum", new Add(), List.of("b", "e"), "y")
                .output("y")
                .build();
        Random random = new Random(5);
        Parameters parameters = new Parameters().put("w1", random(random, 20, 3, 1, 1)).put("w2", random(random, 20, 3, 1, 1))
                .put("alpha", Tensor.vector(-2.4f)).put("alphas", random(random, 20));
        Tensor x = random(random, 3, 3, 5, 5);
        Executor.Options observing = Executor.Options.defaults().observe(Set.of("c", "d", "e"), view -> { });
        try (Executor executor = new Executor(graph, parameters, Executor.Options.defaults());
                Executor apart = new Executor(graph, parameters, observing)) {
            Set<String> nodes = executor.profile(Map.of("x0", x), 1).keySet();
            assertTrue(nodes.containsAll(Set.of("first", "rounded channels", "second")), nodes.toString());
            assertTrue(Collections.disjoint(nodes, Set.of("relu", "rounded", "sum")), nodes.toString());
            for (float alpha : new float[] {-2.4f, -1f, 0.6f}) {
                parameters.get("alpha").data()[0] = alpha;
                executor.refresh();
                apart.refresh();
                assertArrayEquals(apart.run(Map.of("x0", x)).get("y").data(), executor.run(Map.of("x0", x)).get("y").data());
            }
        }
    }

    @Test
    void observerSeesValuesInOrder() {
        Random random = new Random(5);
        Parameters parameters = parameters(random);
        Tensor x = random(random, 2, 3, 9, 9);
        List<String> seen = new ArrayList<>();
        Graph graph = network();
        Map<String, Tensor> given = new java.util.LinkedHashMap<>(Map.of("x", x));
        parameters.names().forEach(name -> given.put(name, parameters.get(name)));
        Map<String, Tensor> reference = ReferenceEvaluator.runTensors(graph, given);
        Executor.Options options = Executor.Options.defaults().observe(Set.of("x", "a", "r", "y"), view -> {
            seen.add(view.name());
            assertClose(reference.get(view.name()), view.tensor(), view.name());
            double sum = 0;
            for (int row = 0; row < view.rows(); row++) {
                sum += Kernels.scalarFloats().sum(view.length(), view.data(), view.offset() + row * view.stride());
            }
            double expected = 0;
            for (float v : reference.get(view.name()).data()) {
                expected += v;
            }
            assertEquals(expected, sum, 1e-4);
        });
        try (Executor executor = new Executor(graph, parameters, options)) {
            executor.run(Map.of("x", x));
        }
        assertEquals(List.of("x", "a", "r", "y"), seen);
    }

    @Test
    void changedParametersTakeEffectAfterRefresh() {
        Random random = new Random(5);
        Parameters parameters = parameters(random);
        Tensor x = random(random, 2, 3, 9, 9);
        try (Executor executor = new Executor(network(), parameters, Executor.Options.defaults())) {
            float[] before = executor.run(Map.of("x", x)).get("y").data();
            parameters.get("w2").data()[3] += 1f;
            executor.refresh();
            float[] after = executor.run(Map.of("x", x)).get("y").data();
            assertTrue(!java.util.Arrays.equals(before, after));
            assertArrayEquals(run(network(), parameters, x, 1), after);
        }
    }

    private static Graph network() {
        return Graph.builder("net")
                .input("x", Shape.of(1, 3, 9, 9))
                .node("conv", new Conv(new Size(2, 2), Pads.all(1), Size.ONE, 1), List.of("x", "w1", "b1"), "a")
                .node("relu", new Relu(), List.of("a"), "r")
                .node("depthwise", new Conv(Size.ONE, Pads.all(1), Size.ONE, 20), List.of("r", "w2"), "d")
                .node("sum", new Add(), List.of("d", "r"), "s")
                .node("pool", new GlobalAveragePool(), List.of("s"), "p")
                .node("flat", new Flatten(1), List.of("p"), "f")
                .node("head", new Gemm(1f, 1f, false, true), List.of("f", "w3", "b3"), "g")
                .node("soft", new Softmax(-1), List.of("g"), "y")
                .output("y")
                .build();
    }

    private static Parameters parameters(Random random) {
        return new Parameters()
                .put("w1", random(random, 20, 3, 3, 3))
                .put("b1", random(random, 20))
                .put("w2", random(random, 20, 1, 3, 3))
                .put("w3", random(random, 4, 20))
                .put("b3", random(random, 4));
    }

    private static Tensor random(Random random, int... dims) {
        Tensor tensor = Tensor.zeros(Shape.of(dims));
        for (int i = 0; i < tensor.size(); i++) {
            tensor.data()[i] = (float) random.nextGaussian();
        }
        return tensor;
    }

    private static float[] run(Graph graph, Parameters parameters, Tensor x, int threads) {
        try (Executor executor = new Executor(graph, parameters, Executor.Options.defaults().threads(threads))) {
            return executor.run(Map.of("x", x)).get("y").data();
        }
    }

    private static void assertEqualsReference(Graph graph, Parameters parameters, Map<String, Tensor> named) {
        Map<String, Tensor> expected = ReferenceEvaluator.runTensors(graph, named);
        try (Executor executor = new Executor(graph, parameters, Executor.Options.defaults())) {
            for (int repeat = 0; repeat < 2; repeat++) {
                executor.run(Map.of("x0", named.get("x0"))).forEach((name, value) -> assertClose(expected.get(name), value, name));
            }
        }
    }

    private static void assertClose(Tensor expected, Tensor actual, String name) {
        assertEquals(expected.shape(), actual.shape(), name);
        for (int i = 0; i < expected.size(); i++) {
            float e = expected.data()[i];
            assertEquals(e, actual.data()[i], 2e-5 * Math.max(1, Math.abs(e)), name + "[" + i + "]");
        }
    }
}
