package io.github.bitgrain.core.autodiff;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.bitgrain.core.exec.Executor;
import io.github.bitgrain.core.graph.Graph;
import io.github.bitgrain.core.graph.Parameters;
import io.github.bitgrain.core.op.*;
import io.github.bitgrain.core.tensor.Shape;
import io.github.bitgrain.core.tensor.Tensor;
import io.github.bitgrain.kernels.Rounding;
import io.github.bitgrain.testing.Npy;
import io.github.bitgrain.testing.SharedData;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class FakeQuantGradientTest {
    /** spec/quantization-pipeline.md §5.5: s = 2^-5, 8 bit, half-even, upstream gradient 1. */
    @Test
    void referenceVectorOfTheFormula() {
        float[] x = {0.011f, -0.2f, 3.9f, 4.2f, -4.3f, 1f};
        float[] dx = {1, 1, 1, 0, 0, 1};
        double[] dAlpha = {-0.0076246, 0.0086643, 0.0043321, 2.7509279, -2.7725887, 0};
        for (int i = 0; i < x.length; i++) {
            Map<String, Tensor> gradients = gradients(new FakeQuant(8, Rounding.HALF_EVEN, FakeQuant.PER_TENSOR),
                    Tensor.vector(x[i]), Tensor.vector(-5f), Tensor.vector(1f));
            assertEquals(dx[i], gradients.get("x").data()[0]);
            assertEquals(dAlpha[i], gradients.get("alpha").data()[0], 1e-6);
        }
    }

    /** Padding of the channels-last layout must not reach the gradient of alpha. */
    @Test
    void layoutsGiveTheSameGradient() {
        Tensor x = Tensor.zeros(Shape.of(2, 5, 3, 3));
        Tensor g = Tensor.zeros(x.shape());
        java.util.Random random = new java.util.Random(4);
        for (int i = 0; i < x.size(); i++) {
            x.data()[i] = (float) random.nextGaussian();
            g.data()[i] = (float) random.nextGaussian();
        }
        FakeQuant op = new FakeQuant(4, Rounding.HALF_UP, FakeQuant.PER_TENSOR);
        Map<String, Tensor> dense = gradients(op, x, Tensor.vector(-2f), g);
        Graph graph = loss(op, x.shape()).edit().nodes(List.of())
                .node("pool", new AveragePool(Size.ONE, Size.ONE, Pads.NONE, false, false), List.of("x"), "channels last")
                .node("quantize", op, List.of("channels last", "alpha"), "y")
                .node("weigh", new Mul(), List.of("y", "g"), "weighed")
                .node("sum", new ReduceSum(List.of(), false), List.of("weighed"), "loss").build();
        Parameters parameters = new Parameters().put("alpha", Tensor.vector(-2f)).put("g", g);
        try (GradientExecutor executor = new GradientExecutor(graph, parameters, 2, "loss", Set.of("x", "alpha"))) {
            executor.step(Map.of("x", x));
            assertArrayEquals(dense.get("x").data(), executor.gradients().get("x").data());
            float expected = dense.get("alpha").data()[0];
            assertEquals(expected, executor.gradients().get("alpha").data()[0], 1e-6 * Math.abs(expected));
        }
    }

    @Test
    void goldenGradientsAgree() throws IOException {
        Path folder = SharedData.path("golden/esp-ppq/unit/tqt");
        JsonNode cases = new ObjectMapper().readTree(folder.resolve("tqt_grad.json").toFile());
        assertTrue(cases.size() >= 48);
        for (JsonNode test : cases) {
            String name = test.get("case").asText();
            Tensor x = tensor(folder, name + "_x");
            Tensor alpha = new Tensor(Shape.of(test.get("alpha").size()), floats(test.get("alpha")));
            int axis = test.get("per_channel").asBoolean() ? test.get("axis").asInt() : FakeQuant.PER_TENSOR;
            FakeQuant op = new FakeQuant(test.get("bits").asInt(), rounding(test), axis);
            Map<String, Tensor> gradients = gradients(op, x, alpha, tensor(folder, name + "_g"));
            assertArrayEquals(tensor(folder, name + "_y").data(), forward(op, x, alpha), name);
            assertArrayEquals(tensor(folder, name + "_dx").data(), gradients.get("x").data(), name);
            float[] expected = tensor(folder, name + "_dalpha").data();
            // The reference sums g·q·s and g·x apart, in single precision: what cancels between them leaves its rounding.
            double noise = Math.ulp(1f) * magnitude(x.data(), tensor(folder, name + "_g").data());
            for (int i = 0; i < expected.length; i++) {
                assertEquals(expected[i], gradients.get("alpha").data()[i], Math.max(1e-5 * Math.abs(expected[i]), noise), name);
            }
        }
    }

    /** ln 2 · Σ |g x|: the size of either of the two sums whose difference is the gradient of alpha. */
    private static double magnitude(float[] x, float[] g) {
        double sum = 0;
        for (int i = 0; i < x.length; i++) {
            sum += Math.abs((double) g[i] * x[i]);
        }
        return Math.log(2) * sum;
    }

    @Test
    void goldenFakeQuantizationIsExact() throws IOException {
        Path folder = SharedData.path("golden/esp-ppq/unit/fakequant");
        JsonNode root = new ObjectMapper().readTree(folder.resolve("fakequant.json").toFile());
        Tensor x = tensor(folder, "x");
        assertTrue(root.get("cases").size() >= 28);
        for (JsonNode test : root.get("cases")) {
            float[] alpha = floats(test.get("scale"));
            for (int i = 0; i < alpha.length; i++) {
                alpha[i] = Math.getExponent(alpha[i]);
            }
            int axis = test.get("per_channel").asBoolean() ? test.get("axis").asInt() : FakeQuant.PER_TENSOR;
            float[] actual = forward(new FakeQuant(test.get("bits").asInt(), rounding(test), axis), x, Tensor.vector(alpha));
            String file = test.get("y").asText();
            assertArrayEquals(Npy.read(folder.resolve(file)).floats(), actual, file);
        }
    }

    private static Graph loss(FakeQuant op, Shape shape) {
        return Graph.builder("quantizer")
                .input("x", shape)
                .node("quantize", op, List.of("x", "alpha"), "y")
                .node("weigh", new Mul(), List.of("y", "g"), "weighed")
                .node("sum", new ReduceSum(List.of(), false), List.of("weighed"), "loss")
                .output("y", "loss")
                .build();
    }

    private static Map<String, Tensor> gradients(FakeQuant op, Tensor x, Tensor alpha, Tensor g) {
        Parameters parameters = new Parameters().put("alpha", alpha).put("g", g);
        try (GradientExecutor executor = new GradientExecutor(loss(op, x.shape()), parameters, x.shape().dim(0), "loss", Set.of("x", "alpha"))) {
            executor.step(Map.of("x", x));
            return executor.gradients();
        }
    }

    private static float[] forward(FakeQuant op, Tensor x, Tensor alpha) {
        Parameters parameters = new Parameters().put("alpha", alpha).put("g", x);
        Executor.Options options = Executor.Options.defaults().outputs(List.of("y"));
        try (Executor executor = new Executor(loss(op, x.shape()), parameters, options)) {
            return executor.run(Map.of("x", x)).get("y").data();
        }
    }

    private static Rounding rounding(JsonNode test) {
        String name = test.get("rounding").asText().substring("ROUND_".length());
        return Rounding.valueOf(name.equals("HALF_FAR_FORM_ZERO") ? "HALF_FAR_FROM_ZERO" : name);
    }

    private static float[] floats(JsonNode array) {
        float[] values = new float[array.size()];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) array.get(i).asDouble();
        }
        return values;
    }

    private static Tensor tensor(Path folder, String name) {
        Npy npy = Npy.read(folder.resolve(name + ".npy"));
        return new Tensor(Shape.of(npy.shape()), npy.floats());
    }
}
