package io.github.bitgrain.quantizer.tqt;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.bitgrain.core.data.DataSource;
import io.github.bitgrain.core.graph.Graph;
import io.github.bitgrain.core.graph.Model;
import io.github.bitgrain.core.graph.Parameters;
import io.github.bitgrain.core.op.Conv;
import io.github.bitgrain.core.op.Gemm;
import io.github.bitgrain.core.op.Op;
import io.github.bitgrain.core.op.Pads;
import io.github.bitgrain.core.op.Relu;
import io.github.bitgrain.core.op.Size;
import io.github.bitgrain.core.quant.Exponents;
import io.github.bitgrain.core.quant.Slot;
import io.github.bitgrain.core.quant.SlotConfig;
import io.github.bitgrain.core.quant.Target;
import io.github.bitgrain.core.tensor.Shape;
import io.github.bitgrain.core.tensor.Tensor;
import io.github.bitgrain.quantizer.Bitgrain;
import io.github.bitgrain.quantizer.QuantizationListener;
import io.github.bitgrain.quantizer.QuantizationOptions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class WeightCompensationTest {
    private static final BiasCorrectionSetting MEANS = new BiasCorrectionSetting(List.of(), 4, 32, TqtSetting.Collecting.MEMORY, 0.25, false, false);
    private static final BiasCorrectionSetting WEIGHTS = new BiasCorrectionSetting(List.of(), 4, 32, TqtSetting.Collecting.MEMORY, 0.25, false, true);

    private static Tensor random(Shape shape, SplittableRandom random) {
        float[] values = new float[shape.size()];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) (random.nextDouble() - 0.5);
        }
        return new Tensor(shape, values);
    }

    /** Neighbouring channels are alike, as those of real networks are. */
    private static Tensor alike(Shape shape, SplittableRandom random) {
        Tensor values = random(shape, random);
        int channels = shape.dim(1);
        int inner = shape.size(2, shape.rank());
        for (int i = 0; i < values.size(); i++) {
            if (i / inner % channels > 0) {
                values.data()[i] = 0.85f * values.data()[i - inner] + 0.3f * values.data()[i];
            }
        }
        return values;
    }

    /** A layer of 4 results, on a grid that is coarse enough to see. */
    private static QuantizedTwin layer(Op op, Shape input, Shape weights, Target target) {
        SplittableRandom random = new SplittableRandom(11);
        Parameters parameters = new Parameters().put("w", random(weights, random)).put("b", random(Shape.of(4), random));
        Model model = new Model(Graph.builder("net").input("x", input).node("layer", op, List.of("x", "w", "b"), "y").output("y").build(), parameters);
        DataSource samples = DataSource.of(Map.of("x", alike(input.with(0, 64), random)));
        QuantizedTwin twin = new QuantizedTwin(model,
                Bitgrain.calibrate(model, samples, QuantizationOptions.plain(target).build(), QuantizationListener.NONE).calibratedPlan());
        Slot slot = Slot.input("layer", 1);
        twin.setExponents(slot, twin.plan().exponents(slot).plus(4));
        return twin;
    }

    private static List<Map<String, Tensor>> batches(Shape input, int count, long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        List<Map<String, Tensor>> batches = new ArrayList<>();
        for (int b = 0; b < count; b++) {
            batches.add(Map.of("x", alike(input.with(0, 32), random)));
        }
        return batches;
    }

    private static double noise(QuantizedTwin twin, BiasCorrectionSetting setting, Shape input) {
        new BiasCorrectionPass(twin, setting, false, TqtListener.NONE, 1).run(batches(input, 12, 1), batches(input, 4, 2));
        return new HeldOutNoise(twin.original(), twin, batches(input, 4, 3), 1).now();
    }

    private static void assertOnGrid(QuantizedTwin twin) {
        Slot slot = Slot.input("layer", 1);
        SlotConfig config = twin.plan().config(slot);
        Exponents exponents = twin.plan().exponents(slot);
        float[] weights = twin.parameters().get("w").data();
        for (int i = 0; i < weights.length; i++) {
            double steps = weights[i] / Math.scalb(1.0, exponents.get(exponents.count() == 1 ? 0 : i / (weights.length / 4)));
            assertEquals(Math.rint(steps), steps, "weight " + i);
            assertTrue(steps >= config.qmin() && steps <= config.qmax(), "weight " + i);
        }
    }

    @ParameterizedTest
    @EnumSource(value = Target.class, names = {"ESP32S3", "ESP32P4"})
    void weightsTakeOverWhatRoundingOthersChanges(Target target) {
        Shape input = Shape.of(1, 8, 5, 5);
        Conv conv = new Conv(new Size(1, 1), new Pads(1, 1, 1, 1), new Size(1, 1), 1);
        double nearest = noise(layer(conv, input, Shape.of(4, 8, 3, 3), target), MEANS, input);
        QuantizedTwin twin = layer(conv, input, Shape.of(4, 8, 3, 3), target);
        double compensated = noise(twin, WEIGHTS, input);
        assertTrue(compensated < 0.5 * nearest, nearest + " → " + compensated);
        assertOnGrid(twin);
    }

    @Test
    void inGroups() {
        Shape input = Shape.of(1, 8, 5, 5);
        Conv conv = new Conv(new Size(1, 1), new Pads(0, 0, 0, 0), new Size(1, 1), 2);
        double nearest = noise(layer(conv, input, Shape.of(4, 4, 2, 2), Target.ESP32P4), MEANS, input);
        QuantizedTwin twin = layer(conv, input, Shape.of(4, 4, 2, 2), Target.ESP32P4);
        double compensated = noise(twin, WEIGHTS, input);
        assertTrue(compensated < 0.7 * nearest, nearest + " → " + compensated);
        assertOnGrid(twin);
    }

    /** Rows longer than moments are taken of at once. */
    @Test
    void longRowsInPieces() {
        Shape input = Shape.of(1, 1300);
        Gemm gemm = new Gemm(1, 1, false, true);
        double nearest = noise(layer(gemm, input, Shape.of(4, 1300), Target.ESP32P4), MEANS, input);
        QuantizedTwin twin = layer(gemm, input, Shape.of(4, 1300), Target.ESP32P4);
        double compensated = noise(twin, WEIGHTS, input);
        assertTrue(compensated < nearest, nearest + " → " + compensated);
        assertOnGrid(twin);
    }

    /** The first layer's values come too small into the second one, whose own weights are exact. */
    @Test
    void weightsMakeUpForErrorsInFrontOfThem() {
        SplittableRandom random = new SplittableRandom(4);
        Gemm gemm = new Gemm(1, 1, false, true);
        Parameters parameters = new Parameters().put("w1", random(Shape.of(8, 6), random)).put("b1", random(Shape.of(8), random))
                .put("w2", random(Shape.of(3, 8), random)).put("b2", random(Shape.of(3), random));
        Model model = new Model(Graph.builder("net").input("x", Shape.of(1, 6)).node("fc1", gemm, List.of("x", "w1", "b1"), "h")
                .node("relu", new Relu(), List.of("h"), "r").node("fc2", gemm, List.of("r", "w2", "b2"), "y").output("y").build(), parameters);
        DataSource samples = DataSource.of(Map.of("x", alike(Shape.of(64, 6), random)));
        double[] noise = new double[2];
        for (BiasCorrectionSetting setting : List.of(MEANS, WEIGHTS)) {
            QuantizedTwin twin = new QuantizedTwin(model,
                    Bitgrain.calibrate(model, samples, QuantizationOptions.plain(Target.ESP32P4).build(), QuantizationListener.NONE).calibratedPlan());
            float[] weights = twin.parameters().get("w1").data();
            for (int i = 0; i < weights.length; i++) {
                weights[i] *= i / 6 % 2 == 0 ? 0.9f : 0.8f;
            }
            // The first layer stays as it is: its block ends before the second one begins.
            BiasCorrectionSetting second = new BiasCorrectionSetting(List.of("fc2"), 0, 32, TqtSetting.Collecting.MEMORY, 0.25, false, setting.weightCompensation());
            noise[setting == WEIGHTS ? 1 : 0] = noise(twin, second, Shape.of(1, 6));
        }
        assertTrue(noise[1] < 0.1 * noise[0], noise[0] + " → " + noise[1]);
    }

    @Test
    void leavesAloneWhatItCannotChange() {
        QuantizedTwin twin = layer(new Gemm(1, 1, false, true), Shape.of(1, 6), Shape.of(4, 6), Target.ESP32P4);
        assertTrue(WeightCompensation.applies(twin, twin.graph().node("layer")));
        QuantizedTwin scaled = layer(new Gemm(2, 1, false, true), Shape.of(1, 6), Shape.of(4, 6), Target.ESP32P4);
        assertFalse(WeightCompensation.applies(scaled, scaled.graph().node("layer")));
    }
}
