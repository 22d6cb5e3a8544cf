package io.github.bitgrain.quantizer.equalize;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.bitgrain.core.BitgrainException;
import io.github.bitgrain.core.data.DataSource;
import io.github.bitgrain.core.exec.Executor;
import io.github.bitgrain.core.graph.Graph;
import io.github.bitgrain.core.graph.Model;
import io.github.bitgrain.core.graph.Parameters;
import io.github.bitgrain.core.op.Conv;
import io.github.bitgrain.core.op.Flatten;
import io.github.bitgrain.core.op.Gemm;
import io.github.bitgrain.core.op.Pads;
import io.github.bitgrain.core.op.Relu;
import io.github.bitgrain.core.op.Size;
import io.github.bitgrain.core.tensor.Shape;
import io.github.bitgrain.core.tensor.Tensor;
import io.github.bitgrain.quantizer.calibrate.Batches;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** Passes that change weights and keep the function. */
class LayerSplitTest {
    private static final Tensor X = random(Shape.of(3, 2, 4, 4), 9, 1);

    /** conv1 → Relu → conv2 → Flatten → fc1 → Relu → fc2, with one channel of conv1 and one of fc1 far wider than the others. */
    private static Model model() {
        Parameters parameters = new Parameters();
        parameters.put("w1", random(Shape.of(5, 2, 3, 3), 1, 0.3f));
        parameters.put("b1", random(Shape.of(5), 2, 1));
        parameters.put("w2", random(Shape.of(4, 5, 1, 1), 3, 0.3f));
        parameters.put("w3", random(Shape.of(16, 6), 4, 0.3f));
        parameters.put("b3", random(Shape.of(6), 5, 1));
        parameters.put("w4", random(Shape.of(3, 6), 6, 0.3f));
        parameters.get("w1").data()[1 * 18] = 4;
        parameters.get("w2").data()[1] = 3;
        Conv first = new Conv(Size.ONE, Pads.NONE, Size.ONE, 1);
        return new Model(Graph.builder("net").input("x", Shape.of(1, 2, 4, 4)).node("conv1", first, List.of("x", "w1", "b1"), "c1")
                .node("relu1", new Relu(), List.of("c1"), "r1").node("conv2", first, List.of("r1", "w2"), "c2")
                .node("flat", new Flatten(1), List.of("c2"), "f").node("fc1", new Gemm(1, 1, false, false), List.of("f", "w3", "b3"), "g")
                .node("relu2", new Relu(), List.of("g"), "r2").node("fc2", new Gemm(1, 1, false, true), List.of("r2", "w4"), "y").output("y").build(),
                parameters);
    }

    private static ChannelSplitSetting split(int iterations, double threshold) {
        return new ChannelSplitSetting(1, iterations, threshold, false, 0.5, false, 0.5, List.of());
    }

    @Test
    void wideChannelsAreMadeTwiceAndTheFunctionStays() {
        Model once = ChannelSplit.apply(model(), split(1, 1));
        assertEquals(Shape.of(6, 2, 3, 3), once.parameters().get("w1").shape());
        assertEquals(Shape.of(4, 6, 1, 1), once.parameters().get("w2").shape());
        assertEquals(Shape.of(6), once.parameters().get("b1").shape());
        assertEquals(4 / (float) Math.sqrt(2), once.parameters().get("w1").data()[18], 1e-6);
        assertArrayEquals(run(model()), run(once), 1e-5f);
        Model twice = ChannelSplit.apply(model(), split(2, 1));
        assertEquals(8, twice.parameters().get("w1").shape().dim(0));
        assertArrayEquals(run(model()), run(twice), 1e-5f);
        Model all = ChannelSplit.apply(model(), split(1, 0));
        assertEquals(Shape.of(16, 12), all.parameters().get("w3").shape());
        assertEquals(Shape.of(3, 12), all.parameters().get("w4").shape());
        assertArrayEquals(run(model()), run(all), 1e-5f);
    }

    @Test
    void splittingWithoutEndIsRefused() {
        BitgrainException refused = assertThrows(BitgrainException.class, () -> ChannelSplit.apply(model(), split(20, 0)));
        assertTrue(refused.getMessage().startsWith("channel_split_setting.value_threshold: 0.0 makes node"), refused.getMessage());
    }

    @Test
    void largeWeightsAreDividedBetweenTwoLayers() {
        for (WeightSplitSetting.Method method : WeightSplitSetting.Method.values()) {
            Model split = WeightSplit.apply(model(), new WeightSplitSetting(List.of("conv1", "fc2"), 1, method));
            assertEquals(model().graph().nodes().size() + 2, split.graph().nodes().size(), "fc2 has no weight beyond 1");
            assertArrayEquals(run(model()), run(split), 1e-5f);
            float[] first = split.parameters().get("w1").data();
            float[] second = split.parameters().get("conv1/split_weight").data();
            assertEquals(4, first[18] + second[18]);
            assertTrue(method == WeightSplitSetting.Method.RANDOM || first[18] == 2 && second[18] == 2);
            assertEquals(0, second[0]);
        }
    }

    @Test
    void layersToSplitAreNamedAndKnown() {
        refused("weight_split_setting.interested_layers: names no layer");
        refused("weight_split_setting.interested_layers: \"relu1\" is no Conv, Gemm or MatMul", "relu1");
        refused("weight_split_setting.interested_layers: \"conv9\" is no Conv, Gemm or MatMul", "conv9");
    }

    private static void refused(String reason, String... layers) {
        BitgrainException refused = assertThrows(BitgrainException.class,
                () -> WeightSplit.apply(model(), new WeightSplitSetting(List.of(layers), 1, WeightSplitSetting.Method.BALANCE)));
        assertTrue(refused.getMessage().startsWith(reason), refused.getMessage());
    }

    /** k = sqrt(d / max(u, act · multiplier)): esp-ppq: quantization/algorithm/equalization.py, one iteration worked out by hand. */
    @Test
    void activationsCountInEqualizationWhenWanted() {
        Batches batches = new Batches(DataSource.of(Map.of("x", X)), 2, 2);
        EqualizationSetting with = new EqualizationSetting(1, 1, 0.1, false, 0.5, true, 0.5, List.of());
        Model equalized = LayerEqualization.apply(model(), with, batches, 1);
        assertArrayEquals(run(model()), run(equalized), 1e-5f);
        float[] conv;
        Graph cut = model().graph().edit().outputs(List.of("c1")).build();
        try (Executor executor = new Executor(cut, model().parameters(), Executor.Options.defaults())) {
            conv = executor.run(Map.of("x", X)).get("c1").data();
        }
        for (int c = 0; c < 5; c++) {
            float act = 0;
            float up = 0;
            float down = 0;
            for (int n = 0; n < 3; n++) {
                for (int i = 0; i < 4; i++) {
                    act = Math.max(act, Math.abs(conv[(n * 5 + c) * 4 + i]));
                }
            }
            for (int i = 0; i < 18; i++) {
                up = Math.max(up, Math.abs(model().parameters().get("w1").data()[c * 18 + i]));
            }
            for (int n = 0; n < 4; n++) {
                down = Math.max(down, Math.abs(model().parameters().get("w2").data()[n * 5 + c]));
            }
            double factor = Math.clamp(Math.sqrt(down / Math.max(up, act * 0.5)), 0.1, 10);
            assertEquals(model().parameters().get("b1").data()[c] * factor, equalized.parameters().get("b1").data()[c], 1e-5, "channel " + c);
        }
    }

    private static float[] run(Model model) {
        try (Executor executor = new Executor(model)) {
            return executor.run(Map.of("x", X)).get("y").data();
        }
    }

    private static Tensor random(Shape shape, long seed, float size) {
        SplittableRandom random = new SplittableRandom(seed);
        float[] values = new float[shape.size()];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) (2 * random.nextDouble() - 1) * size;
        }
        return new Tensor(shape, values);
    }
}
