package io.github.bitgrain.quantizer.head;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.bitgrain.core.data.DataSource;
import io.github.bitgrain.core.exec.Executor;
import io.github.bitgrain.core.graph.Graph;
import io.github.bitgrain.core.graph.Model;
import io.github.bitgrain.core.graph.Node;
import io.github.bitgrain.core.graph.Parameters;
import io.github.bitgrain.core.op.Add;
import io.github.bitgrain.core.op.Concat;
import io.github.bitgrain.core.op.Conv;
import io.github.bitgrain.core.op.GlobalAveragePool;
import io.github.bitgrain.core.op.Mul;
import io.github.bitgrain.core.op.Op;
import io.github.bitgrain.core.op.Pads;
import io.github.bitgrain.core.op.Relu;
import io.github.bitgrain.core.op.Reshape;
import io.github.bitgrain.core.op.Sigmoid;
import io.github.bitgrain.core.op.Size;
import io.github.bitgrain.core.op.Softmax;
import io.github.bitgrain.core.op.Sub;
import io.github.bitgrain.core.op.Transpose;
import io.github.bitgrain.core.tensor.Shape;
import io.github.bitgrain.core.tensor.Tensor;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

class NetworkHeadTest {
    private static final int SIDE = 4;
    private static final int CELLS = SIDE * SIDE;

    private final Random random = new Random(7);
    private final Parameters parameters = new Parameters();
    private Graph.Builder graph = Graph.builder("net").input("x", Shape.of(1, 3, SIDE, SIDE));

    private String add(String name, Op op, String... operands) {
        graph.node(name, op, List.of(operands), name);
        return name;
    }

    private String constant(String name, Shape shape, float scale) {
        Tensor tensor = Tensor.zeros(shape);
        for (int i = 0; i < tensor.size(); i++) {
            tensor.data()[i] = scale * (float) random.nextGaussian();
        }
        parameters.put(name, tensor);
        return name;
    }

    private String conv(String name, String from, int in, int out) {
        return add(name, new Conv(Size.ONE, Pads.NONE, Size.ONE, 1), from, constant(name + ".w", Shape.of(out, in, 1, 1), 1));
    }

    private Model network(String... outputs) {
        return new Model(graph.output(outputs).build(), parameters);
    }

    /** Boxes as Ultralytics decodes them: the mean of a distribution, from a point, in pixels; and scores. */
    private Model detector() {
        String features = add("relu", new Relu(), conv("features", "x", 3, 8));
        String box = add("box", new Reshape(List.of(1L, 4L, 5L, (long) CELLS), false), conv("box.conv", features, 8, 20));
        String bins = add("bins", new Softmax(1), add("turned", new Transpose(List.of(0, 2, 1, 3)), box));
        parameters.put("steps", new Tensor(Shape.of(1, 5, 1, 1), new float[] {0, 1, 2, 3, 4}));
        String mean = add("mean", new Conv(Size.ONE, Pads.NONE, Size.ONE, 1), bins, "steps");
        String distance = add("distance", new Reshape(List.of(1L, 4L, (long) CELLS), false), mean);
        String corner = add("corner", new Sub(), constant("anchors", Shape.of(1, 4, CELLS), 3), distance);
        parameters.put("stride", new Tensor(Shape.of(1), new float[] {64}));
        String pixels = add("pixels", new Mul(), corner, "stride");
        String scores = add("scores", new Sigmoid(), add("flat", new Reshape(List.of(1L, 2L, (long) CELLS), false), conv("score.conv", features, 8, 2)));
        return network(add("y", new Concat(1), pixels, scores), add("z", new GlobalAveragePool(), features));
    }

    private static List<String> nodes(Model model) {
        return model.graph().nodes().stream().map(Node::name).toList();
    }

    private Map<String, Tensor> run(Model model, Map<String, Tensor> inputs) {
        try (Executor executor = new Executor(model)) {
            return executor.run(inputs);
        }
    }

    private Tensor picture() {
        Tensor x = Tensor.zeros(Shape.of(1, 3, SIDE, SIDE));
        for (int i = 0; i < x.size(); i++) {
            x.data()[i] = (float) random.nextGaussian();
        }
        return x;
    }

    @Test
    void aDetectorIsCutBehindItsLastConvolutions() {
        Model whole = detector();
        NetworkHead head = NetworkHead.of(whole);
        assertEquals(List.of("box.conv", "score.conv", "z"), head.body().graph().outputs());
        assertEquals(List.of("features", "relu", "box.conv", "score.conv", "z"), nodes(head.body()));
        assertEquals(List.of("box", "turned", "bins", "mean", "distance", "corner", "pixels", "flat", "scores", "y"), nodes(head.head()));
        assertEquals(List.of("y", "z"), head.outputs());
        assertEquals(List.of("y"), head.head().graph().outputs());
        assertTrue(head.body().parameters().names().stream().noneMatch(List.of("steps", "anchors", "stride")::contains), "the body carries nothing of the head");

        Map<String, Tensor> x = Map.of("x", picture());
        Map<String, Tensor> wanted = run(whole, x);
        Map<String, Tensor> between = run(head.body(), x);
        assertArrayEquals(wanted.get("z").data(), between.get("z").data());
        between.remove("z");
        assertArrayEquals(wanted.get("y").data(), run(head.head(), between).get("y").data());
        Map<String, Tensor> again = run(head.behind(head.body()), x);
        assertEquals(List.of("y", "z"), List.copyOf(again.keySet()));
        assertArrayEquals(wanted.get("y").data(), again.get("y").data());
    }

    @Test
    void bothPartsKnowTheNewNamesOfWhatPassesBetweenThem() {
        Model whole = detector();
        NetworkHead head = NetworkHead.of(whole).renamed(Map.of("box.conv", "box0", "score.conv", "score0"));
        assertEquals(List.of("box0", "score0", "z"), head.body().graph().outputs());
        Map<String, Tensor> x = Map.of("x", picture());
        assertArrayEquals(run(whole, x).get("y").data(), run(head.behind(head.body()), x).get("y").data());
    }

    @Test
    void whatFinishesALayerStaysWithIt() {
        String a = add("a.relu", new Relu(), conv("a", "x", 3, 4));
        String b = conv("b", "x", 3, 4);
        String swish = add("swish", new Mul(), b, add("gate", new Sigmoid(), b));
        Model network = network(add("p", new Softmax(1), add("sum", new Add(), a, swish)));
        NetworkHead head = NetworkHead.of(network);
        assertEquals(List.of("sum"), head.body().graph().outputs());
        assertEquals(List.of("p"), nodes(head.head()));
    }

    @Test
    void aNetworkThatEndsWithALayerOrOnlyOrdersItsResultsHasNoHead() {
        conv("a", "x", 3, 4);
        assertNull(NetworkHead.of(network("a")));
        graph = Graph.builder("net").input("x", Shape.of(1, 3, SIDE, SIDE));
        add("flat", new Reshape(List.of(1L, -1L), false), add("turned", new Transpose(List.of(0, 2, 3, 1)), conv("b", "x", 3, 4)));
        assertNull(NetworkHead.of(network("flat")));
    }

    @Test
    void anOutputThatTheHeadReadsTooStaysAnOutput() {
        conv("logits", "x", 3, 4);
        NetworkHead head = NetworkHead.of(network("logits", add("p", new Softmax(1), "logits")));
        assertEquals(List.of("logits"), head.body().graph().outputs());
        assertEquals(List.of("p"), head.head().graph().outputs());
        assertEquals(List.of("logits", "p"), head.outputs());
    }

    @Test
    void pixelsBesideScoresLeaveTheScoresHardlyABit() {
        Model whole = detector();
        Map<String, Tensor> samples = new LinkedHashMap<>(Map.of("x", picture()));
        SharedScale worst = SharedScale.worst(whole, NetworkHead.of(whole), DataSource.of(samples), 1);
        Map<String, Tensor> parts = run(new Model(whole.graph().edit().outputs(List.of("pixels", "scores")).build(), parameters), samples);
        assertEquals("y", worst.joined());
        assertEquals("scores", worst.part());
        assertEquals(exponent(parts.get("pixels")) - exponent(parts.get("scores")), worst.lostBits());
        assertTrue(worst.lostBits() >= 8, worst.toString());
    }

    private static int exponent(Tensor tensor) {
        float largest = 0;
        for (float value : tensor.data()) {
            largest = Math.max(largest, Math.abs(value));
        }
        return Math.getExponent(largest);
    }
}
