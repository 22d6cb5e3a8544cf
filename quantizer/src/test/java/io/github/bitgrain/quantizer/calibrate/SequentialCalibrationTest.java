package io.github.bitgrain.quantizer.calibrate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.bitgrain.core.BitgrainException;
import io.github.bitgrain.core.data.DataSource;
import io.github.bitgrain.core.graph.Graph;
import io.github.bitgrain.core.graph.Model;
import io.github.bitgrain.core.graph.Parameters;
import io.github.bitgrain.core.op.Add;
import io.github.bitgrain.core.op.Concat;
import io.github.bitgrain.core.op.Gemm;
import io.github.bitgrain.core.op.Relu;
import io.github.bitgrain.core.quant.QuantPlan;
import io.github.bitgrain.core.quant.Slot;
import io.github.bitgrain.core.quant.SlotState;
import io.github.bitgrain.core.quant.Target;
import io.github.bitgrain.core.tensor.Shape;
import io.github.bitgrain.core.tensor.Tensor;
import io.github.bitgrain.quantizer.Bitgrain;
import io.github.bitgrain.quantizer.Profile;
import io.github.bitgrain.quantizer.QuantizationListener;
import io.github.bitgrain.quantizer.QuantizationOptions;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class SequentialCalibrationTest {
    private static final Gemm GEMM = new Gemm(1, 1, false, true);

    private static Tensor random(Shape shape, long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        float[] values = new float[shape.size()];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) random.nextDouble(-1, 1);
        }
        return new Tensor(shape, values);
    }

    private static QuantizationOptions options(String algorithm, Map<String, Double> fixed, int threads) {
        return QuantizationOptions.plain(Target.ESP32P4).calibration(algorithm).fixedScales(fixed).calibBatch(4).calibSteps(5).threads(threads).build();
    }

    private static QuantPlan plan(Model model, DataSource samples, QuantizationOptions options) {
        return Bitgrain.calibrate(model, samples, options, QuantizationListener.NONE).plan();
    }

    /** The first layer's values reach 4, its integers 1: what the second layer gets ends at 1. */
    @Test
    void aLayerIsObservedOnWhatTheOneBeforeItLeaves() {
        Parameters parameters = new Parameters();
        parameters.put("w1", new Tensor(Shape.of(1, 1), new float[] {4})).put("w2", new Tensor(Shape.of(1, 1), new float[] {1}));
        Model model = new Model(Graph.builder("net").input("x", Shape.of(1, 1)).node("fc1", GEMM, List.of("x", "w1"), "h")
                .node("fc2", GEMM, List.of("h", "w2"), "y").output("y").build(), parameters);
        DataSource samples = DataSource.of(Map.of("x", new Tensor(Shape.of(4, 1), new float[] {0.1f, 0.5f, 0.7f, 0.9f})));
        for (String algorithm : List.of("minmax", "mse")) {
            QuantizationOptions options = options(algorithm, Map.of("fc1", 1.0 / 128), 1);
            assertEquals(-5, plan(model, samples, options).exponents(Slot.output("fc2", 0)).single());
            QuantPlan plan = plan(model, samples, options.edit().sequential(true).build());
            assertEquals(-7, plan.exponents(Slot.output("fc2", 0)).single());
            assertEquals(-7, plan.exponents(Slot.output("fc1", 0)).single());
        }
    }

    /** Two branches, a sum with its activation, both inputs joined to it: links are those of any other calibration, and everything has its exponent. */
    private static Model branches() {
        Parameters parameters = new Parameters();
        parameters.put("w1", random(Shape.of(6, 4), 1)).put("b1", random(Shape.of(6), 2)).put("w2", random(Shape.of(6, 4), 3))
                .put("w3", random(Shape.of(6, 6), 4)).put("w4", random(Shape.of(3, 10), 5)).put("b4", random(Shape.of(3), 6));
        return new Model(Graph.builder("branches").input("x", Shape.of(1, 4)).input("z", Shape.of(1, 4))
                .node("fc1", GEMM, List.of("x", "w1", "b1"), "h1").node("relu1", new Relu(), List.of("h1"), "r1")
                .node("fc2", GEMM, List.of("z", "w2"), "h2")
                .node("fc3", GEMM, List.of("r1", "w3"), "h3")
                .node("sum", new Add(), List.of("h2", "h3"), "s").node("relu2", new Relu(), List.of("s"), "r2")
                .node("again", new Add(), List.of("r2", "r1"), "a")
                .node("joined", new Concat(1), List.of("a", "z"), "j")
                .node("fc4", GEMM, List.of("j", "w4", "b4"), "y").output("y", "r2").build(), parameters);
    }

    private static DataSource twoInputs() {
        return DataSource.of(Map.of("x", random(Shape.of(17, 4), 8), "z", random(Shape.of(17, 4), 9)));
    }

    @Test
    void linksAreThoseOfAnyOtherCalibration() {
        for (String algorithm : List.of("kl", "percentile", "minmax", "mse", "isotone")) {
            QuantizationOptions options = options(algorithm, Map.of(), 1);
            QuantPlan usual = plan(branches(), twoInputs(), options);
            QuantPlan sequential = plan(branches(), twoInputs(), options.edit().sequential(true).build());
            assertEquals(usual.slots(), sequential.slots());
            for (Slot slot : usual.slots()) {
                assertEquals(usual.config(slot).state(), sequential.config(slot).state(), slot::toString);
                assertEquals(usual.root(slot), sequential.root(slot), slot::toString);
                assertEquals(usual.exponents(slot) == null, sequential.exponents(slot) == null, slot::toString);
            }
        }
    }

    @Test
    void threadsMakeNoDifferenceAndBatchesMayBeginAgain() {
        QuantizationOptions options = options("kl", Map.of(), 1).edit().sequential(true).build();
        // 17 samples: four batches of 4 and one of 1; the fifth is the last different one.
        QuantPlan one = plan(branches(), twoInputs(), options);
        QuantPlan four = plan(branches(), twoInputs(), options("kl", Map.of(), 4).edit().sequential(true).build());
        for (Slot slot : one.slots()) {
            assertEquals(one.exponents(slot), four.exponents(slot), slot::toString);
        }
        QuantPlan looped = plan(branches(), twoInputs().range(0, 8), options);
        assertTrue(looped.slots().stream().noneMatch(slot -> looped.config(slot).state() == SlotState.INITIAL));
    }

    @Test
    void parityRefusesItWithTheReason() {
        QuantizationOptions.Builder parity = QuantizationOptions.plain(Target.ESP32P4, Profile.PARITY).sequential(true);
        BitgrainException refused = assertThrows(BitgrainException.class, parity::build);
        assertEquals("quantize_activation_setting.sequential: belongs to --profile improved; ESP-PPQ observes every layer on activations that are "
                + "not quantized", refused.getMessage());
    }
}
