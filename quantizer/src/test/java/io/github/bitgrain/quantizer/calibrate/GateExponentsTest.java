package io.github.bitgrain.quantizer.calibrate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;

import io.github.bitgrain.core.data.DataSource;
import io.github.bitgrain.core.graph.Graph;
import io.github.bitgrain.core.graph.Model;
import io.github.bitgrain.core.graph.Node;
import io.github.bitgrain.core.graph.Parameters;
import io.github.bitgrain.core.op.Direction;
import io.github.bitgrain.core.op.Gru;
import io.github.bitgrain.core.op.Lstm;
import io.github.bitgrain.core.op.Op;
import io.github.bitgrain.core.op.Relu;
import io.github.bitgrain.core.op.Transpose;
import io.github.bitgrain.core.tensor.Shape;
import io.github.bitgrain.core.tensor.Tensor;
import io.github.bitgrain.quantizer.plan.OperatorTraits;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** One unit whose weights are all w, on sequences of three ones. */
class GateExponentsTest {
    private static Tensor filled(Shape shape, float value) {
        Tensor tensor = Tensor.zeros(shape);
        Arrays.fill(tensor.data(), value);
        return tensor;
    }

    private static Model network(Op op, int gates, float w, float r, float bias, boolean lastOnly) {
        int walks = op instanceof Lstm lstm ? lstm.direction().count() : ((Gru) op).direction().count();
        Parameters parameters = new Parameters().put("w", filled(Shape.of(walks, gates, 1), w)).put("r", filled(Shape.of(walks, gates, 1), r))
                .put("b", filled(Shape.of(walks, 2 * gates), bias));
        Graph graph = Graph.builder("g").input("x", Shape.of(1, 3, 1)).node("t", new Transpose(List.of(1, 0, 2)), List.of("x"), "s")
                .node(new Node("walk", op, List.of("s", "w", "r", "b"), lastOnly ? List.of("", "y") : List.of("y"))).output("y").build();
        return new Model(graph, parameters);
    }

    private static int exponent(Model model) {
        Batches batches = Batches.all(DataSource.of(Map.of("x", filled(Shape.of(2, 3, 1), 1))), 2);
        return OperatorTraits.gateExponent(GateExponents.apply(model, batches, 1).graph().node("walk").op());
    }

    /** 0.8 of ±64 is 51.2, of ±128 102.4, of ±256 204.8; beyond ±1024 there is nothing coarser. */
    @ParameterizedTest
    @CsvSource({"1, 0, 0, -9", "51, 0, 0, -9", "52, 0, 0, -8", "-52, 0, 0, -8", "30, 0, 12, -8", "-60, 0, 30, -8", "150, 0, 0, -7", "9000, 0, 0, -5", "0, 0, 26, -8", "40, 40, 0, -8"})
    void largeArgumentsGetACoarserExponent(float w, float r, float bias, int expected) {
        for (boolean last : new boolean[] {false, true}) {
            assertEquals(expected, exponent(network(new Lstm(1, Direction.FORWARD, null), 4, w, r, bias, last)));
            assertEquals(expected, exponent(network(new Lstm(1, Direction.BIDIRECTIONAL, null), 4, w, r, bias, last)));
        }
    }

    @Test
    void gatedUnitsToo() {
        assertEquals(-9, exponent(network(new Gru(1, Direction.FORWARD, true, null), 3, 51, 0, 0, false)));
        assertEquals(-8, exponent(network(new Gru(1, Direction.FORWARD, true, null), 3, 52, 0, 0, false)));
    }

    @Test
    void othersStayTheSame() {
        Model model = new Model(Graph.builder("g").input("x", Shape.of(1, 3)).node("r", new Relu(), List.of("x"), "y").output("y").build(), new Parameters());
        assertSame(model, GateExponents.apply(model, Batches.all(DataSource.of(Map.of("x", Tensor.zeros(Shape.of(2, 3)))), 2), 1));
    }
}
