package io.github.bitgrain.quantizer.plan;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.bitgrain.core.graph.Graph;
import io.github.bitgrain.core.op.Add;
import io.github.bitgrain.core.op.Conv;
import io.github.bitgrain.core.op.Mul;
import io.github.bitgrain.core.op.Pads;
import io.github.bitgrain.core.op.Relu;
import io.github.bitgrain.core.op.Sigmoid;
import io.github.bitgrain.core.op.Size;
import io.github.bitgrain.core.op.Sqrt;
import io.github.bitgrain.core.tensor.Shape;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class DispatcherTest {
    private static final Conv CONV = new Conv(Size.ONE, Pads.NONE, Size.ONE, 1);

    /** Preprocessing is before every convolution, and a Sqrt ends what is reached; a way around it is enough. */
    private static Graph graph() {
        return Graph.builder("net").input("x", Shape.of(1, 2, 4, 4))
                .node("scale", new Mul(), List.of("x", "c"), "s").node("clip", new Relu(), List.of("s"), "r")
                .node("conv", CONV, List.of("r", "w"), "a").node("relu", new Relu(), List.of("a"), "b")
                .node("root", new Sqrt(), List.of("b"), "d").node("gate", new Sigmoid(), List.of("d"), "e")
                .node("around", new Add(), List.of("b", "e"), "f").node("late", new Relu(), List.of("f"), "g")
                .node("side", new Add(), List.of("d", "s"), "h").output("g", "h").build();
    }

    @Test
    void conservativeLeavesFloatWhatIsNotBehindAComputingOperator() {
        assertEquals(Map.of("scale", 0, "clip", 0, "root", 0, "gate", 0, "side", 0), Dispatcher.CONSERVATIVE.bits(graph(), Map.of()));
    }

    @Test
    void theTableWinsAndAllinChangesNothing() {
        Map<String, Integer> table = Map.of("scale", 16, "conv", 0);
        assertEquals(Map.of("scale", 16, "clip", 0, "conv", 0, "root", 0, "gate", 0, "side", 0), Dispatcher.CONSERVATIVE.bits(graph(), table));
        assertEquals(table, Dispatcher.ALLIN.bits(graph(), table));
    }
}
