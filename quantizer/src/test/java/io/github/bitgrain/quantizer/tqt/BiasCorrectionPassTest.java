package io.github.bitgrain.quantizer.tqt;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.bitgrain.core.BitgrainException;
import io.github.bitgrain.core.data.DataSource;
import io.github.bitgrain.core.exec.Executor;
import io.github.bitgrain.core.graph.Graph;
import io.github.bitgrain.core.graph.Model;
import io.github.bitgrain.core.graph.Parameters;
import io.github.bitgrain.core.op.Gemm;
import io.github.bitgrain.core.op.Relu;
import io.github.bitgrain.core.quant.Exponents;
import io.github.bitgrain.core.quant.QuantPlan;
import io.github.bitgrain.core.quant.Slot;
import io.github.bitgrain.core.quant.Target;
import io.github.bitgrain.core.tensor.Shape;
import io.github.bitgrain.core.tensor.Tensor;
import io.github.bitgrain.quantizer.calibrate.Batches;
import io.github.bitgrain.quantizer.Bitgrain;
import io.github.bitgrain.quantizer.Profile;
import io.github.bitgrain.quantizer.QuantizationListener;
import io.github.bitgrain.quantizer.QuantizationOptions;
import io.github.bitgrain.quantizer.QuantizationResult;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class BiasCorrectionPassTest {
    private static Tensor random(Shape shape, double offset, SplittableRandom random) {
        float[] values = new float[shape.size()];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) (offset + random.nextDouble() - 0.5);
        }
        return new Tensor(shape, values);
    }

    private static Model network(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        Parameters parameters = new Parameters();
        parameters.put("w1", random(Shape.of(8, 6), 0, random)).put("b1", random(Shape.of(8), 0, random))
                .put("w2", random(Shape.of(3, 8), 0, random)).put("b2", random(Shape.of(3), 0, random));
        Gemm gemm = new Gemm(1, 1, false, true);
        return new Model(Graph.builder("net").input("x", Shape.of(1, 6)).node("fc1", gemm, List.of("x", "w1", "b1"), "h")
                .node("relu", new Relu(), List.of("h"), "r").node("fc2", gemm, List.of("r", "w2", "b2"), "y").output("y").build(), parameters);
    }

    private static QuantPlan plan(Model model) {
        return plan(model, Target.ESP32P4);
    }

    private static QuantPlan plan(Model model, Target target) {
        DataSource samples = DataSource.of(Map.of("x", random(Shape.of(64, 6), 0.3, new SplittableRandom(7))));
        return Bitgrain.calibrate(model, samples, QuantizationOptions.plain(target).build(), QuantizationListener.NONE).calibratedPlan();
    }

    private static List<Map<String, Tensor>> batches(double... offsets) {
        SplittableRandom random = new SplittableRandom(3);
        return Arrays.stream(offsets).mapToObj(offset -> Map.of("x", random(Shape.of(16, 6), offset, random))).toList();
    }

    private static float[] biases(boolean parity, int steps, List<Map<String, Tensor>> batches) {
        Model model = network(1);
        QuantizedTwin twin = new QuantizedTwin(model, plan(model), parity);
        new BiasCorrectionPass(twin, new BiasCorrectionSetting(List.of(), 4, steps, TqtSetting.Collecting.MEMORY, 0, !parity, false), parity, TqtListener.NONE, 1)
                .run(batches, batches);
        float[] biases = new float[11];
        System.arraycopy(twin.parameters().get("b1").data(), 0, biases, 0, 8);
        System.arraycopy(twin.parameters().get("b2").data(), 0, biases, 8, 3);
        return biases;
    }

    /** That of a dead channel, whose exponent lowering changes. */
    @Test
    void aBiasThatNeverFittedLeavesTheOthersTheirCorrection() {
        Model model = network(1);
        QuantizedTwin twin = new QuantizedTwin(model, plan(model));
        Slot weights = Slot.input("fc1", 1);
        int[] exponents = twin.plan().exponents(weights).toArray();
        exponents[0] = -60;
        twin.setExponents(weights, Exponents.of(exponents));
        assertFalse(twin.biasFits(twin.plan()));
        List<Map<String, Tensor>> batches = batches(0, 0.6, -0.4);
        List<BlockReport> reports = new BiasCorrectionPass(twin,
                new BiasCorrectionSetting(List.of(), 4, 32, TqtSetting.Collecting.MEMORY, 0, true, false), false, TqtListener.NONE, 1).run(batches, batches);
        assertTrue(reports.stream().allMatch(BlockReport::accepted), reports.toString());
        assertFalse(Arrays.equals(model.parameters().get("b2").data(), twin.parameters().get("b2").data()));
    }

    @Test
    void stepsBoundTheBatchesThatMeansAreTakenOverUnlessParity() {
        List<Map<String, Tensor>> batches = batches(0, 0.6, -0.4);
        float[] one = biases(false, 1, batches);
        assertArrayEquals(biases(false, 1, batches.subList(0, 1)), one);
        assertFalse(Arrays.equals(one, biases(false, 3, batches)));
        assertArrayEquals(biases(true, 3, batches), biases(true, 1, batches));
        assertFalse(Arrays.equals(biases(true, 1, batches), biases(true, 1, batches.subList(0, 1))));
    }

    @Test
    void theMeanErrorOfEveryChannelIsGone() {
        Model model = network(1);
        QuantizedTwin twin = new QuantizedTwin(model, plan(model));
        List<Map<String, Tensor>> batches = batches(0.3, 0.3);
        for (String name : List.of("b1", "b2")) {
            float[] bias = twin.parameters().get(name).data();
            for (int c = 0; c < bias.length; c++) {
                bias[c] += 0.04f * (c % 3 - 1);
            }
        }
        double before = meanError(model, twin, batches);
        new BiasCorrectionPass(twin, BiasCorrectionSetting.IMPROVED, false, TqtListener.NONE, 1).run(batches, batches);
        double after = meanError(model, twin, batches);
        assertTrue(after < 0.1 * before, before + " → " + after);
    }

    /** Largest difference of the channel means of the result. */
    private static double meanError(Model model, QuantizedTwin twin, List<Map<String, Tensor>> batches) {
        double[] sum = new double[3];
        try (var exact = new Executor(model);
                var rounded = new Executor(twin.quantized())) {
            for (Map<String, Tensor> batch : batches) {
                float[] f = exact.run(batch).get("y").data();
                float[] q = rounded.run(batch).get("y").data();
                for (int i = 0; i < f.length; i++) {
                    sum[i % 3] += (q[i] - f[i]) / (16.0 * batches.size());
                }
            }
        }
        return Arrays.stream(sum).map(Math::abs).max().getAsDouble();
    }

    private static final BiasCorrectionSetting MEANS_ONLY = new BiasCorrectionSetting(List.of(), 4, 32, TqtSetting.Collecting.MEMORY, 0.25, false, false);

    /**
     * The weights of every channel are too large or too small by a tenth, beyond what rounding does: its gain is brought back, and no bias can do that. A
     * channel without weights stays as it is.
     */
    @Test
    void theGainOfEveryChannelIsBroughtBack() {
        for (Target target : List.of(Target.ESP32P4, Target.ESP32S3)) {
            double[] noise = new double[2];
            for (boolean reestimated : new boolean[] {false, true}) {
                Model model = network(2);
                Arrays.fill(model.parameters().get("w1").data(), 0, 6, 0);
                QuantizedTwin twin = new QuantizedTwin(model, plan(model, target));
                for (String name : List.of("w1", "w2")) {
                    float[] weights = twin.parameters().get(name).data();
                    int row = name.equals("w1") ? 6 : 8;
                    for (int i = 0; i < weights.length; i++) {
                        weights[i] *= i / row % 2 == 0 ? 0.9f : 0.8f;
                    }
                }
                List<Map<String, Tensor>> batches = batches(0.3, 0.3, 0.3);
                new BiasCorrectionPass(twin, reestimated ? BiasCorrectionSetting.IMPROVED : MEANS_ONLY, false, TqtListener.NONE, 1).run(batches, batches);
                noise[reestimated ? 1 : 0] = new HeldOutNoise(model, twin, batches(0.3), 1).now();
                assertArrayEquals(new float[6], Arrays.copyOf(twin.parameters().get("w1").data(), 6));
            }
            assertTrue(noise[1] < 0.1 * noise[0], target + ": " + noise[0] + " → " + noise[1]);
        }
    }

    @Test
    void parityRefusesToMendVariances() {
        QuantizationOptions.Builder parity = QuantizationOptions.plain(Target.ESP32P4, Profile.PARITY).tuning(new TuningPasses(BiasCorrectionSetting.IMPROVED, null));
        BitgrainException refused = assertThrows(BitgrainException.class, parity::build);
        assertEquals("bias_correct_setting.bn_reestimation: belongs to --profile improved; ESP-PPQ corrects means only", refused.getMessage());
    }

    @Test
    void noBlockEndsWorseOnTheSamplesThatJudge() {
        for (long seed = 0; seed < 20; seed++) {
            Model model = network(seed);
            QuantizedTwin twin = new QuantizedTwin(model, plan(model));
            List<Map<String, Tensor>> judges = batches(-0.5);
            float[] before = twin.parameters().get("b1").data().clone();
            List<BlockReport> reports = new BiasCorrectionPass(twin, BiasCorrectionSetting.IMPROVED, false, TqtListener.NONE, 1)
                    .run(batches(0.5), judges);
            assertEquals(1, reports.size());
            assertEquals(reports.getFirst().lossTrained() <= reports.getFirst().lossBefore(), reports.getFirst().accepted());
            if (!reports.getFirst().accepted()) {
                assertArrayEquals(before, twin.parameters().get("b1").data());
            }
        }
    }

    @Test
    void theWholePassIsTakenBackWhenHeldOutSamplesDoNotConfirmIt() {
        for (long seed = 0; seed < 10; seed++) {
            DataSource samples = DataSource.of(Map.of("x", random(Shape.of(32, 6), 0.2, new SplittableRandom(seed))));
            QuantizationOptions options = QuantizationOptions.plain(Target.ESP32S3).calibBatch(8)
                    .tuning(new TuningPasses(BiasCorrectionSetting.IMPROVED, null)).build();
            Model model = network(seed);
            QuantizationResult result = Bitgrain.quantize(model, samples, options, QuantizationListener.NONE);
            Samples split = Samples.split(new Batches(samples, 8, 4), 0.25, 0);
            QuantizedTwin twin = new QuantizedTwin(result.calibrated(), result.calibratedPlan());
            HeldOutNoise noise = new HeldOutNoise(result.calibrated(), twin, split.deciding(), 1);
            double before = noise.now();
            for (String name : List.of("b1", "b2")) {
                System.arraycopy(result.model().parameters().get(name).data(), 0, twin.parameters().get(name).data(), 0,
                        twin.parameters().get(name).size());
            }
            assertTrue(noise.now() <= before, "seed " + seed);
        }
    }
}
