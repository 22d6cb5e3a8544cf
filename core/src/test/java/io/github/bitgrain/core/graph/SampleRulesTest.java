package io.github.bitgrain.core.graph;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.bitgrain.core.BitgrainException;
import io.github.bitgrain.core.exec.Executor;
import io.github.bitgrain.core.op.*;
import io.github.bitgrain.core.reference.OperatorCase;
import io.github.bitgrain.core.tensor.Shape;
import io.github.bitgrain.core.tensor.Tensor;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

class SampleRulesTest {
    private static final int BATCH = 3;

    /** What the rules call samples is computed sample by sample: the whole batch gives what its samples give alone. */
    @Test
    void samplesAloneGiveWhatTheBatchGives() {
        Set<Class<? extends Op>> seen = new HashSet<>();
        for (OperatorCase test : OperatorCase.all()) {
            if (test.operands().getFirst() != null && test.operands().getFirst().shape().rank() > 0) {
                compare(test.graph(), test.parameters(), test.operands().getFirst(), seen);
            }
        }
        // The cases of these have no batch, or more than one operand with one.
        Tensor x = new Tensor(Shape.of(1, 2, 3), new float[] {1, 2, 3, 4, 5, 6});
        for (Op op : List.of(new Expand(List.of(1L, 2L, 3L)), new ReduceMin(List.of(-1), false))) {
            compare(Graph.builder("net").input("x0", x.shape()).node("node", op, List.of("x0"), "y").output("y").build(), new Parameters(), x, seen);
        }
        Graph twice = Graph.builder("net").input("x0", x.shape()).node("node", new Concat(-2), List.of("x0", "x0"), "y").output("y").build();
        compare(twice, new Parameters(), x, seen);
        // Whole numbers that are places on their own axes.
        Tensor indices = new Tensor(Shape.of(1, 3, 3), new float[] {0, 2, 1, 1, 1, 0, 2, 0, 2});
        for (Op op : List.of(new GatherElements(1), new GatherNd(1))) {
            Tensor places = op instanceof GatherNd ? new Tensor(Shape.of(1, 2, 2), new float[] {0, 1, 1, 1}) : indices;
            compare(Graph.builder("net").input("x0", places.shape()).node("node", op, List.of("x0", "x0"), "y").output("y").build(), new Parameters(), places,
                    seen);
        }
        assertEquals(SampleRules.known(), seen);
    }

    private static void compare(Graph graph, Parameters parameters, Tensor operand, Set<Class<? extends Op>> seen) {
        if (!isOfSamples(graph, parameters, BATCH)) {
            return;
        }
        seen.add(graph.nodes().getFirst().op().getClass());
        Tensor x = batch(operand);
        Map<String, Tensor> whole = run(graph, parameters, x);
        int size = x.size() / BATCH;
        for (int n = 0; n < BATCH; n++) {
            Tensor sample = new Tensor(x.shape().with(0, 1), Arrays.copyOfRange(x.data(), n * size, (n + 1) * size));
            int index = n;
            run(graph, parameters, sample).forEach((name, value) -> assertArrayEquals(
                    Arrays.copyOfRange(whole.get(name).data(), index * value.size(), (index + 1) * value.size()), value.data(), graph.name()));
        }
    }

    @Test
    void whatMixesSamplesIsNotOfSamples() {
        assertFalse(isOfSamples(single(new Softmax(0)), new Parameters(), 4));
        assertFalse(isOfSamples(single(new Transpose(List.of(1, 0, 2, 3))), new Parameters(), 4));
        assertFalse(isOfSamples(single(new ReduceMean(List.of(), true)), new Parameters(), 4));
        assertFalse(isOfSamples(single(new Reshape(List.of(4L, -1L), false)), new Parameters(), 4));
        assertFalse(isOfSamples(single(new Slice(List.of(-4), List.of(0L), List.of(2L), List.of(1L))), new Parameters(), 4));
        assertFalse(isOfSamples(single(new LinearQuant(-128, 127, -1, LinearQuant.Range.DYNAMIC, 1f, false)), new Parameters(), 4));
        assertFalse(isOfSamples(single(new TopK(2, 0, true, true)), new Parameters(), 4));
        assertFalse(isOfSamples(single(new ArgMax(-4, true)), new Parameters(), 4));
        assertFalse(isOfSamples(single(new Tile(List.of(2L, 1L, 1L, 1L))), new Parameters(), 4));
        for (Op op : List.of(new GatherElements(0), new GatherNd(0), new IndexedGather(0), new IndexedGather(1))) {
            Graph picks = Graph.builder("net").input("x", Shape.of(1, 2)).node("node", op, List.of("x", "x"), "y").output("y").build();
            assertFalse(isOfSamples(picks, new Parameters(), 4), op.toString());
        }
        // One number per sample in a parameter ties the parameter to the batch.
        Graph sum = Graph.builder("net").input("x", Shape.of(4, 2)).node("add", new Add(), List.of("x", "p"), "y").output("y").build();
        assertFalse(isOfSamples(sum, new Parameters().put("p", Tensor.zeros(Shape.of(4, 1))), 4));
        assertTrue(isOfSamples(sum, new Parameters().put("p", Tensor.zeros(Shape.of(1, 2))), 4));
    }

    /** Values that depend on no input are no samples, but do no harm. */
    @Test
    void valuesWithoutInputsAreNotOfSamples() {
        Graph graph = Graph.builder("net").input("x", Shape.of(1, 2)).node("r", new Relu(), List.of("p"), "q").node("add", new Add(), List.of("x", "q"), "y")
                .output("y").build();
        Parameters parameters = new Parameters().put("p", Tensor.zeros(Shape.of(1, 2)));
        Map<String, Shape> shapes = ShapeInference.infer(graph, parameters, 3);
        assertTrue(SampleRules.allOf(graph, shapes, 3, List.of("y")));
        assertFalse(SampleRules.allOf(graph, shapes, 3, List.of("y", "q")));
    }

    private static Graph single(Op op) {
        return Graph.builder("net").input("x", Shape.of(1, 4, 4, 4)).node("node", op, List.of("x"), "y").output("y").build();
    }

    private static boolean isOfSamples(Graph graph, Parameters parameters, int batch) {
        try {
            return SampleRules.allOf(graph, ShapeInference.infer(graph, parameters, batch), batch, graph.outputs());
        } catch (BitgrainException e) {
            // The operator has no shape at this batch.
            return false;
        }
    }

    /** The tensor again and again, in another order each time. */
    private static Tensor batch(Tensor x) {
        Shape shape = x.shape().with(0, BATCH);
        float[] data = new float[shape.size()];
        Random random = new Random(1);
        for (int i = 0; i < data.length; i++) {
            data[i] = x.data()[random.nextInt(x.size())];
        }
        return new Tensor(shape, data);
    }

    private static Map<String, Tensor> run(Graph graph, Parameters parameters, Tensor x) {
        try (Executor executor = new Executor(graph, parameters, Executor.Options.defaults())) {
            return executor.run(Map.of("x0", x));
        }
    }
}
