package io.github.bitgrain.quantizer.pass;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.bitgrain.core.exec.Executor;
import io.github.bitgrain.core.graph.Graph;
import io.github.bitgrain.core.graph.Model;
import io.github.bitgrain.core.graph.Parameters;
import io.github.bitgrain.core.op.Gather;
import io.github.bitgrain.core.op.Reshape;
import io.github.bitgrain.core.op.Slice;
import io.github.bitgrain.core.op.Transpose;
import io.github.bitgrain.core.tensor.Shape;
import io.github.bitgrain.core.tensor.Tensor;
import io.github.bitgrain.quantizer.Profile;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class SliceShuffledChannelsTest {
    private static Model shuffle(boolean read) {
        Graph.Builder graph = Graph.builder("net").input("x", Shape.of(1, 6, 2, 3))
                .node("group", new Reshape(List.of(3L, 2L, 6L), false), List.of("x"), "g")
                .node("exchange", new Transpose(List.of(1, 0, 2)), List.of("g"), "t")
                .node("split", new Reshape(List.of(2L, -1L, 3L, 2L, 3L), false), List.of("t"), "s")
                .node("even", new Gather(0, List.of(0), Shape.of()), List.of("s"), "a")
                .node("odd", new Gather(0, List.of(-1), Shape.of()), List.of("s"), "b").output("a", "b");
        return new Model((read ? graph.output("t") : graph).build(), new Parameters());
    }

    private static float[] run(Model model, int batch, String output) {
        float[] x = new float[batch * 36];
        for (int i = 0; i < x.length; i++) {
            x[i] = i;
        }
        try (Executor executor = new Executor(model)) {
            return executor.run(Map.of("x", new Tensor(Shape.of(batch, 6, 2, 3), x))).get(output).data();
        }
    }

    @Test
    void everySecondChannelIsOneSliceWhateverTheBatch() {
        Model sliced = GraphPasses.apply(shuffle(false));
        assertEquals(List.of(Slice.class, Slice.class), sliced.graph().nodes().stream().map(node -> node.op().getClass()).toList());
        for (String output : List.of("a", "b")) {
            assertArrayEquals(run(shuffle(false), 1, output), run(sliced, 1, output));
            assertArrayEquals(run(shuffle(false), 3, output), run(sliced, 3, output));
        }
    }

    @Test
    void whatIsReadElsewhereAndWhatEspPpqHasStay() {
        assertEquals(5, GraphPasses.apply(shuffle(true)).graph().nodes().size());
        assertEquals(5, GraphPasses.apply(shuffle(false), Profile.PARITY).graph().nodes().size());
    }
}
