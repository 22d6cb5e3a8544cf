package io.github.bitgrain.quantizer.input;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;

import io.github.bitgrain.core.exec.Executor;
import io.github.bitgrain.core.graph.Graph;
import io.github.bitgrain.core.graph.Model;
import io.github.bitgrain.core.graph.Node;
import io.github.bitgrain.core.graph.Parameters;
import io.github.bitgrain.core.graph.ShapeInference;
import io.github.bitgrain.core.op.Concat;
import io.github.bitgrain.core.op.Direction;
import io.github.bitgrain.core.op.Gather;
import io.github.bitgrain.core.op.Lstm;
import io.github.bitgrain.core.op.Relu;
import io.github.bitgrain.core.op.Squeeze;
import io.github.bitgrain.core.op.Unsqueeze;
import io.github.bitgrain.core.tensor.Shape;
import io.github.bitgrain.core.tensor.Tensor;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class SamplesFirstTest {
    private static final int HIDDEN = 2;
    private static final int FEATURES = 3;
    private static final int SAMPLES = 4;

    private static Tensor random(Random random, Shape shape) {
        Tensor tensor = Tensor.zeros(shape);
        for (int i = 0; i < tensor.size(); i++) {
            tensor.data()[i] = (float) random.nextGaussian() / 2;
        }
        return tensor;
    }

    private static Parameters weights() {
        Random random = new Random(5);
        Parameters parameters = new Parameters();
        parameters.put("w", random(random, Shape.of(1, 4 * HIDDEN, FEATURES)));
        parameters.put("r", random(random, Shape.of(1, 4 * HIDDEN, HIDDEN)));
        return parameters;
    }

    private static Node lstm(String... states) {
        return new Node("lstm", new Lstm(HIDDEN, Direction.FORWARD, null), Stream.concat(Stream.of("x", "w", "r", "", ""), Stream.of(states)).toList(),
                List.of("all", "last", "cell"));
    }

    /** A sequence of some steps; initial states of zeros, as exporters write them. */
    private static Model sequence(int steps) {
        Parameters parameters = weights();
        parameters.put("zeros", Tensor.zeros(Shape.of(1, 1, HIDDEN)));
        return new Model(Graph.builder("g").input("x", Shape.of(steps, 1, FEATURES)).node(lstm("zeros", "zeros")).node("s", new Squeeze(List.of(1)), List.of("all"), "y")
                .output("y", "last").build(), parameters);
    }

    /** One step of a sequence, with states that the application keeps. */
    private static Model step() {
        return new Model(Graph.builder("g").input("x", Shape.of(1, 1, FEATURES)).input("h", Shape.of(1, 1, HIDDEN)).input("c", Shape.of(1, 1, HIDDEN)).node(lstm("h", "c"))
                .node("s", new Squeeze(List.of(1)), List.of("all"), "y").output("y", "last", "cell").build(), weights());
    }

    /** A state of two vectors that layers of other kinds read. */
    private static Model cells() {
        return new Model(Graph.builder("g").input("x", Shape.of(1, FEATURES)).input("state", Shape.of(2, 1, FEATURES))
                .node("h", new Gather(0, List.of(0), Shape.of()), List.of("state"), "h").node("c", new Gather(0, List.of(1), Shape.of()), List.of("state"), "c")
                .node("u", new Unsqueeze(List.of(0)), List.of("x"), "ux").node("v", new Unsqueeze(List.of(0)), List.of("h"), "uh")
                .node("next", new Concat(0), List.of("ux", "uh"), "next").node("relu", new Relu(), List.of("c"), "y").output("y", "next").build(), new Parameters());
    }

    static Stream<Arguments> networks() {
        return Stream.of(
                Arguments.of("sequence", sequence(5), Map.of("x", 1), Map.of("y", 1, "last", 1)),
                Arguments.of("sequence of one step", sequence(1), Map.of("x", 1), Map.of("y", 1, "last", 1)),
                Arguments.of("step", step(), Map.of("x", 1, "h", 1, "c", 1), Map.of("y", 1, "last", 1, "cell", 1)),
                Arguments.of("cells", cells(), Map.of("state", 1), Map.of("next", 1)));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("networks")
    void aBatchIsWhatTheExportComputesOneByOne(String name, Model exported, Map<String, Integer> inputs, Map<String, Integer> outputs) {
        SamplesFirst moved = SamplesFirst.of(exported);
        assertEquals(inputs, moved.inputs());
        assertEquals(outputs, moved.outputs());
        Random random = new Random(7);
        Map<String, Tensor> batch = new LinkedHashMap<>();
        moved.model().graph().inputs().forEach((input, shape) -> {
            assertEquals(1, shape.dim(0));
            batch.put(input, random(random, shape.with(0, SAMPLES)));
        });
        ShapeInference.infer(moved.model().graph(), moved.model().parameters()).forEach((value, shape) -> {
            if (moved.model().graph().isOutput(value)) {
                assertEquals(1, shape.dim(0), value);
            }
        });
        try (Executor whole = new Executor(moved.model()); Executor alone = new Executor(exported)) {
            Map<String, Tensor> results = whole.run(batch);
            for (int n = 0; n < SAMPLES; n++) {
                int sample = n;
                Map<String, Tensor> one = new LinkedHashMap<>();
                exported.graph().inputs().forEach((input, shape) -> one.put(input, new Tensor(shape, row(batch.get(input), sample))));
                alone.run(one).forEach((output, expected) -> assertArrayEquals(expected.data(), row(results.get(output), sample), 1e-6f, output));
            }
        }
    }

    private static float[] row(Tensor batch, int sample) {
        int size = batch.size() / SAMPLES;
        return Arrays.copyOfRange(batch.data(), sample * size, (sample + 1) * size);
    }

    @Test
    void networksWithSamplesInFrontStayTheSame() {
        Model model = new Model(Graph.builder("g").input("x", Shape.of(1, 3, 8)).node("r", new Relu(), List.of("x"), "y").output("y").build(), new Parameters());
        assertSame(model, SamplesFirst.of(model).model());
    }

    @Test
    void whatTakesNoBatchStaysTheSame() {
        Model fixed = new Model(Graph.builder("g").input("x", Shape.of(3, 8)).node("r", new Relu(), List.of("x"), "y").output("y").build(), new Parameters());
        assertSame(fixed, SamplesFirst.of(fixed).model());
        // A state that is not zero belongs to one sample.
        Model started = sequence(5);
        Parameters parameters = started.parameters().shallowCopy();
        parameters.put("zeros", new Tensor(Shape.of(1, 1, HIDDEN), new float[] {0, 1}));
        Model own = new Model(started.graph(), parameters);
        assertSame(own, SamplesFirst.of(own).model());
    }
}
