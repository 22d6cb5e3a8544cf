package io.github.bitgrain.quantizer.pass;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.bitgrain.core.exec.Executor;
import io.github.bitgrain.core.graph.Graph;
import io.github.bitgrain.core.graph.Model;
import io.github.bitgrain.core.graph.Node;
import io.github.bitgrain.core.graph.Parameters;
import io.github.bitgrain.core.op.Pad;
import io.github.bitgrain.core.op.Relu;
import io.github.bitgrain.core.tensor.Shape;
import io.github.bitgrain.core.tensor.Tensor;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SliceInsteadOfCuttingTest {
    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {"-1, 0, 0, -2 | Slice", "1, -2, -1, 0 | Slice Pad", "1, 0, 0, 2 | Pad", "-1, -1, 2, -1 | Slice Pad"})
    void cutsTheSame(String pads, String types) {
        List<Integer> each = List.of(pads.split(", ")).stream().map(Integer::valueOf).toList();
        Graph graph = Graph.builder("net").input("x", Shape.of(1, 2, 5, 4))
                .node("pad", new Pad(Pad.Mode.CONSTANT, List.of(0, 0, each.get(0), each.get(1)), List.of(0, 0, each.get(2), each.get(3)), 7), List.of("x"), "y")
                .output("y").build();
        Model model = new Model(graph, new Parameters());
        Model sliced = new SliceInsteadOfCutting().apply(model);
        assertEquals(List.of(types.split(" ")), sliced.graph().nodes().stream().map(node -> node.op().onnxType()).toList());
        float[] x = new float[40];
        IntStream.range(0, 40).forEach(i -> x[i] = i);
        Map<String, Tensor> inputs = Map.of("x", new Tensor(Shape.of(1, 2, 5, 4), x));
        assertArrayEquals(run(model, inputs), run(sliced, inputs));
    }

    @Test
    void newNamesAreNobodyElses() {
        Graph graph = Graph.builder("net").input("x", Shape.of(1, 4)).node("pad/cut", new Relu(), List.of("x"), "r")
                .node("pad", new Pad(Pad.Mode.CONSTANT, List.of(0, -1), List.of(0, 1), 0), List.of("r"), "y").output("y").build();
        assertEquals(List.of("pad/cut", "pad/cut_1", "pad"),
                new SliceInsteadOfCutting().apply(new Model(graph, new Parameters())).graph().nodes().stream().map(Node::name).toList());
    }

    private static float[] run(Model model, Map<String, Tensor> inputs) {
        try (Executor executor = new Executor(model.graph(), model.parameters(), Executor.Options.defaults())) {
            return executor.run(inputs).get("y").data().clone();
        }
    }
}
