package io.github.bitgrain.quantizer.equalize;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.bitgrain.core.data.DataSource;
import io.github.bitgrain.core.exec.Executor;
import io.github.bitgrain.core.graph.Graph;
import io.github.bitgrain.core.graph.Model;
import io.github.bitgrain.core.graph.Parameters;
import io.github.bitgrain.core.op.Add;
import io.github.bitgrain.core.op.Clip;
import io.github.bitgrain.core.op.Conv;
import io.github.bitgrain.core.op.Flatten;
import io.github.bitgrain.core.op.Gemm;
import io.github.bitgrain.core.op.GlobalAveragePool;
import io.github.bitgrain.core.op.MaxPool;
import io.github.bitgrain.core.op.Pads;
import io.github.bitgrain.core.op.Relu;
import io.github.bitgrain.core.op.Size;
import io.github.bitgrain.core.quant.Target;
import io.github.bitgrain.core.tensor.Shape;
import io.github.bitgrain.core.tensor.Tensor;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class RangeEqualizationTest {
    private static final int SAMPLES = 24;
    private final Random random = new Random(7);

    /** A stem, a residual pair with a depthwise layer and ReLU6, pooling and a classifier. */
    private Model network() {
        Conv padded = new Conv(Size.ONE, Pads.all(1), Size.ONE, 1);
        Conv pointwise = new Conv(Size.ONE, Pads.NONE, Size.ONE, 1);
        Graph graph = Graph.builder("net")
                .input("x", Shape.of(1, 3, 8, 8))
                .node("stem", padded, List.of("x", "w0", "b0"), "s")
                .node("relu", new Relu(), List.of("s"), "r")
                .node("pool", new MaxPool(Size.square(2), Size.square(2), Pads.NONE, Size.ONE, false), List.of("r"), "p")
                .node("project", pointwise, List.of("p", "w1"), "a")
                .node("depthwise", new Conv(Size.ONE, Pads.all(1), Size.ONE, 4), List.of("a", "w2", "b2"), "d")
                .node("relu6", new Clip(0, 6), List.of("d", "lo", "hi"), "d6")
                .node("back", pointwise, List.of("d6", "w3", "b3"), "e")
                .node("sum", new Add(), List.of("a", "e"), "f")
                .node("mean", new GlobalAveragePool(), List.of("f"), "g")
                .node("flat", new Flatten(1), List.of("g"), "h")
                .node("fc", new Gemm(1, 1, false, true), List.of("h", "w4", "b4"), "y")
                .output("y")
                .build();
        Parameters parameters = new Parameters()
                .put("w0", normal(1, 6, 3, 3, 3)).put("b0", normal(1, 6))
                .put("w1", normal(1, 4, 6, 1, 1))
                .put("w2", normal(1, 4, 1, 3, 3)).put("b2", normal(1, 4))
                .put("w3", normal(1, 4, 4, 1, 1)).put("b3", normal(1, 4))
                .put("w4", normal(1, 5, 4)).put("b4", normal(1, 5));
        for (int c = 0; c < 6; c++) {
            float[] w = parameters.get("w0").data();
            for (int i = c * 27; i < (c + 1) * 27; i++) {
                w[i] *= (float) Math.pow(3, c - 3);
            }
        }
        return new Model(graph, parameters);
    }

    private Tensor normal(float deviation, int... dims) {
        Tensor tensor = Tensor.zeros(Shape.of(dims));
        for (int i = 0; i < tensor.size(); i++) {
            tensor.data()[i] = deviation * (float) random.nextGaussian();
        }
        return tensor;
    }

    @ParameterizedTest
    @EnumSource(Target.class)
    void keepsTheFloatFunctionAndFillsTheRangeOfEveryHiddenChannel(Target target) {
        Model model = network();
        Tensor x = normal(1, SAMPLES, 3, 8, 8);
        RangeEqualization.Result result = RangeEqualization.apply(model, DataSource.of(Map.of("x", x)), 8, target, node -> 8, false, 1);
        List<String> watched = List.of("r", "d6", "f", "y");
        Map<String, Tensor> before = run(model, watched, x);
        Map<String, Tensor> after = run(result.model(), watched, x);
        assertArrayEquals(before.get("y").data(), after.get("y").data(), 1e-3f);
        assertEquals(java.util.Set.of("s", "r", "p", "a", "d", "d6", "e", "f", "g", "h"), result.maps().keySet());
        for (String value : List.of("r", "d6", "f")) {
            Tensor restored = result.maps().get(value).restore(after.get(value).copy());
            assertArrayEquals(before.get(value).data(), restored.data(), 1e-3f, value);
            assertTrue(largest(after.get(value)) <= 8.0001, value + " leaves the range: " + largest(after.get(value)));
        }
        assertEquals(8, result.maps().get("r").shift(), "zero moves to the lower end where nothing pads");
        assertEquals(0, result.maps().get("a").shift(), "the depthwise layer pads with zeros");
        for (int c = 0; c < 6 && target.perChannelWeights(); c++) {
            assertTrue(largest(channel(after.get("r"), c)) > 3, "channel " + c + " uses a part of the range only");
        }
    }

    @ParameterizedTest
    @EnumSource(Target.class)
    void shiftsBehindPadsWhenAskedTo(Target target) {
        Conv padded = new Conv(new Size(1, 2), new Pads(1, 0, 2, 1), Size.ONE, 1);
        Graph graph = Graph.builder("net").input("x", Shape.of(1, 3, 8, 8))
                .node("first", padded, List.of("x", "w0", "b0"), "a").node("relu", new Relu(), List.of("a"), "r")
                .node("second", padded, List.of("r", "w1"), "b").node("relu6", new Clip(0, 6), List.of("b", "lo", "hi"), "c")
                .node("second_pad", padded, List.of("c", "w2"), "y").output("y").build();
        Parameters parameters = new Parameters().put("w0", normal(1, 6, 3, 3, 3)).put("b0", normal(1, 6)).put("w1", normal(0.3f, 4, 6, 3, 2)).put("w2", normal(1, 2, 4, 1, 1));
        Model model = new Model(graph, parameters);
        Tensor x = normal(1, SAMPLES, 3, 8, 8);
        DataSource samples = DataSource.of(Map.of("x", x));
        RangeEqualization.Result plain = RangeEqualization.apply(model, samples, 8, target, node -> 8, false, 1);
        assertEquals(0, plain.maps().get("r").shift());
        assertEquals(5, plain.model().graph().nodes().size());
        assertTrue(RangeEqualization.shiftsBehindPads(model));
        RangeEqualization.Result shifted = RangeEqualization.apply(model, samples, 8, target, node -> 8, true, 1);
        assertEquals(8, shifted.maps().get("r").shift());
        assertEquals(8, shifted.maps().get("c").shift());
        assertEquals(List.of("Conv", "Clip", "Pad", "Conv", "Clip", "Pad", "Conv"),
                shifted.model().graph().nodes().stream().map(node -> node.op().onnxType()).toList());
        float[] expected = run(model, List.of("y"), x).get("y").data();
        assertArrayEquals(expected, run(shifted.model(), List.of("y"), x).get("y").data(), 1e-3f);
        // A convolution that stays at 16 bits takes no shift.
        assertEquals(0, RangeEqualization.apply(model, samples, 8, target, node -> node.equals("second") ? 16 : 8, true, 1).maps().get("r").shift());
    }

    private static Map<String, Tensor> run(Model model, List<String> values, Tensor x) {
        try (Executor executor = new Executor(model.graph(), model.parameters(), Executor.Options.defaults().outputs(values))) {
            return executor.run(Map.of("x", x));
        }
    }

    private static Tensor channel(Tensor tensor, int channel) {
        int inner = tensor.shape().size(2, tensor.shape().rank());
        float[] data = new float[tensor.shape().dim(0) * inner];
        for (int n = 0; n < tensor.shape().dim(0); n++) {
            System.arraycopy(tensor.data(), (n * tensor.shape().dim(1) + channel) * inner, data, n * inner, inner);
        }
        return Tensor.vector(data);
    }

    private static double largest(Tensor tensor) {
        double largest = 0;
        for (float value : tensor.data()) {
            largest = Math.max(largest, Math.abs(value));
        }
        return largest;
    }
}
