package io.github.bitgrain.core.exec;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.github.bitgrain.core.BitgrainException;
import io.github.bitgrain.core.graph.Graph;
import io.github.bitgrain.core.graph.Node;
import io.github.bitgrain.core.graph.Parameters;
import io.github.bitgrain.core.graph.ShapeInference;
import io.github.bitgrain.core.op.*;
import io.github.bitgrain.core.tensor.Shape;
import io.github.bitgrain.core.tensor.Tensor;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class IndexOperatorsTest {
    private static Map<String, Tensor> run(Graph graph, Parameters parameters, Tensor x, Executor.Options options) {
        try (Executor executor = new Executor(graph, parameters, options)) {
            executor.run(Map.of("x", x));
            return executor.run(Map.of("x", x));
        }
    }

    private static Map<String, Tensor> run(Op op, Tensor x, Parameters operands, String... outputs) {
        List<String> inputs = operands.names().isEmpty() ? List.of("x") : List.of("x", "i");
        Graph graph = Graph.builder("net").input("x", x.shape()).node(new Node("node", op, inputs, List.of(outputs))).outputs(List.of(outputs)).build();
        return run(graph, operands, x, Executor.Options.defaults());
    }

    private static String failure(Op op, Tensor x, Tensor second) {
        return assertThrows(BitgrainException.class, () -> run(op, x, new Parameters().put("i", second), "y")).getMessage();
    }

    /** Few different values, so that ties are many. */
    private static Tensor random(int seed, int values, int... dims) {
        Random random = new Random(seed);
        Tensor tensor = Tensor.zeros(Shape.of(dims));
        for (int i = 0; i < tensor.size(); i++) {
            tensor.data()[i] = random.nextInt(values) - values / 2;
        }
        return tensor;
    }

    /** Element by element: how many others precede it is its rank. */
    @Property(tries = 200)
    void topKIsWhatCountingGives(@ForAll @IntRange(min = 1, max = 40) int extent, @ForAll @IntRange(min = 1, max = 40) int k,
            @ForAll @IntRange(min = 1, max = 50) int values, @ForAll boolean largest, @ForAll int seed) {
        int most = Math.min(k, extent);
        Tensor x = random(seed, values, 2, extent, 3);
        Map<String, Tensor> results = run(new TopK(most, 1, largest, true), x, new Parameters(), "v", "i");
        for (int row = 0; row < 6; row++) {
            int first = row / 3 * extent * 3 + row % 3;
            for (int i = 0; i < extent; i++) {
                float a = x.data()[first + i * 3];
                int rank = 0;
                for (int j = 0; j < extent; j++) {
                    float b = x.data()[first + j * 3];
                    rank += (largest ? b > a : b < a) || b == a && j < i ? 1 : 0;
                }
                if (rank < most) {
                    int at = row / 3 * most * 3 + rank * 3 + row % 3;
                    assertEquals(i, results.get("i").data()[at]);
                    assertEquals(a, results.get("v").data()[at]);
                }
            }
        }
    }

    @Property(tries = 100)
    void gatherElementsIsWhatItsDefinitionGives(@ForAll @IntRange(min = 1, max = 9) int extent, @ForAll @IntRange(min = 1, max = 12) int picked,
            @ForAll int seed) {
        Tensor x = random(seed, 1000, 3, extent, 4);
        Tensor indices = random(seed + 1, 2 * extent, 2, picked, 3);
        Tensor y = run(new GatherElements(1), x, new Parameters().put("i", indices), "y").get("y");
        for (int n = 0; n < 2; n++) {
            for (int i = 0; i < picked; i++) {
                for (int c = 0; c < 3; c++) {
                    int at = (n * picked + i) * 3 + c;
                    int index = Math.floorMod((int) indices.data()[at], extent);
                    assertEquals(x.data()[(n * extent + index) * 4 + c], y.data()[at]);
                }
            }
        }
    }

    @Test
    void whatIsNoNumberComesLast() {
        Tensor x = new Tensor(Shape.of(1, 5), new float[] {Float.NaN, 2, Float.NEGATIVE_INFINITY, Float.NaN, 3});
        for (boolean largest : new boolean[] {true, false}) {
            float[] indices = run(new TopK(5, 1, largest, true), x, new Parameters(), "v", "i").get("i").data();
            assertArrayEquals(largest ? new float[] {4, 1, 2, 0, 3} : new float[] {2, 1, 4, 0, 3}, indices);
        }
        assertArrayEquals(new float[] {4}, run(new ArgMax(1, false), x, new Parameters(), "y").get("y").data());
    }

    @Test
    void indicesWithoutValuesAreEnough() {
        Tensor x = new Tensor(Shape.of(1, 3), new float[] {1, 3, 2});
        Graph graph = Graph.builder("net").input("x", x.shape()).node(new Node("best", new TopK(2, -1, true, true), List.of("x"), List.of("", "i")))
                .output("i").build();
        assertArrayEquals(new float[] {1, 2}, run(graph, new Parameters(), x, Executor.Options.defaults()).get("i").data());
    }

    @Test
    void numbersThatAreNoPlaceAreRefusedByNode() {
        Tensor x = Tensor.zeros(Shape.of(1, 8));
        assertEquals("node \"node\" (GatherElements): index 8.0 is no place on an axis of 8",
                failure(new GatherElements(1), x, new Tensor(Shape.of(1, 1), new float[] {8})));
        assertEquals("node \"node\" (Gather): index -9.0 is no place on an axis of 8", failure(new IndexedGather(1), x, Tensor.vector(-9)));
        assertEquals("node \"node\" (GatherND): index 0.5 is no place on an axis of 8",
                failure(new GatherNd(1), x, new Tensor(Shape.of(1, 1), new float[] {0.5f})));
        assertEquals("node \"node\" (Div): divides by 0", failure(new IntegerDiv(), x, Tensor.vector(0)));
        assertEquals("node \"node\" (Mod): divides by 0", failure(new Mod(false), x, Tensor.vector(0)));
        assertEquals("node \"node\" (Mod): 3.3554432E7 is no whole number up to 16777216", failure(new Mod(false), x, Tensor.vector(1 << 25)));
    }

    @Test
    void axesAreNoLongerThanFloatsCount() {
        Shape x = Shape.of(1, WholeNumbers.LARGEST + 1);
        for (Op op : List.of(new TopK(1, 1, true, true), new ArgMax(1, true), new GatherElements(1), new IndexedGather(1), new GatherNd(1))) {
            String message = assertThrows(IllegalArgumentException.class, () -> ShapeInference.of(op, List.of(x, Shape.of(1, 1)), 1)).getMessage();
            assertEquals("axis 1 of [1, 16777217] is too long: indices are exact up to 16777216", message);
        }
        String message = assertThrows(IllegalArgumentException.class, () -> ShapeInference.of(new TopK(9, 1, true, true), List.of(Shape.of(1, 8)), 2)).getMessage();
        assertEquals("k = 9 of 8 elements along axis 1", message);
    }

    /** As exporters write x[arange(1), index] for one sample: the place is counted from the start of the batch. */
    private static Graph ofOneSample() {
        return Graph.builder("net").input("x", Shape.of(1, 5, 2))
                .node("largest", new ReduceMax(List.of(-1), false), List.of("x"), "m")
                .node(new Node("best", new TopK(3, 1, true, true), List.of("m"), List.of("v", "i")))
                .node("flat", new Flatten(2), List.of("x"), "f")
                .node("pick", new IndexedGather(0), List.of("f", "i"), "y")
                .output("y").build();
    }

    @Test
    void samplesOfABatchDoNotPickFromEachOther() {
        Tensor x = random(3, 1000, 4, 5, 2);
        for (int threads : new int[] {1, 3, 7}) {
            float[] batch = run(ofOneSample(), new Parameters(), x, Executor.Options.defaults().threads(threads)).get("y").data();
            for (int n = 0; n < 4; n++) {
                Tensor sample = new Tensor(Shape.of(1, 5, 2), Arrays.copyOfRange(x.data(), n * 10, (n + 1) * 10));
                assertArrayEquals(run(ofOneSample(), new Parameters(), sample, Executor.Options.defaults()).get("y").data(),
                        Arrays.copyOfRange(batch, n * 6, (n + 1) * 6));
            }
        }
    }

    @Test
    void aBatchThatMustStayWholeIsRefused() {
        Executor.Options observed = Executor.Options.defaults().observe(Set.of("m"), view -> { });
        String message = assertThrows(BitgrainException.class, () -> run(ofOneSample(), new Parameters(), random(3, 9, 4, 5, 2), observed)).getMessage();
        assertEquals("net: Gather \"pick\" picks by computed indices, which may point at other samples in a batch; use a batch of 1,"
                + " or end the network before it (--head cut)", message);
        run(ofOneSample(), new Parameters(), random(3, 9, 1, 5, 2), observed);
    }
}
