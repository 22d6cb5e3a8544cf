package io.github.bitgrain.quantizer.tqt;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.bitgrain.core.graph.Model;
import io.github.bitgrain.core.quant.Exponents;
import io.github.bitgrain.core.quant.QuantPlan;
import io.github.bitgrain.core.quant.Slot;
import io.github.bitgrain.core.quant.SlotConfig;
import io.github.bitgrain.core.quant.SlotState;
import io.github.bitgrain.core.tensor.Shape;
import io.github.bitgrain.core.tensor.Tensor;
import io.github.bitgrain.kernels.Rounding;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class AdaRoundTest {
    private static final int INPUTS = 16;
    private static final int OUTPUTS = 4;
    /** Coarse, so that rounding matters: weights below 1 have up to four integers on each side. */
    private static final int EXPONENT = -2;

    private static Tensor random(Shape shape, long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        float[] values = new float[shape.size()];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) (2 * random.nextDouble() - 1);
        }
        return new Tensor(shape, values);
    }

    /** Inputs that vary in three directions only: many roundings give the same errors, and the best are far from the nearest. */
    static List<Map<String, Tensor>> batches(long seed, int count) {
        float[] directions = random(Shape.of(3, INPUTS), 99).data();
        return IntStream.range(0, count).mapToObj(b -> {
            float[] mixture = random(Shape.of(32, 3), seed + b).data();
            float[] x = new float[32 * INPUTS];
            for (int i = 0; i < x.length; i++) {
                for (int k = 0; k < 3; k++) {
                    x[i] += mixture[i / INPUTS * 3 + k] * directions[k * INPUTS + i % INPUTS];
                }
            }
            return Map.of("x", new Tensor(Shape.of(32, INPUTS), x));
        }).toList();
    }

    static QuantizedTwin twin(long seed, boolean perChannel) {
        Model model = TinyNetwork.model(random(Shape.of(OUTPUTS, INPUTS), seed));
        int[] exponents = new int[perChannel ? OUTPUTS : 1];
        Arrays.setAll(exponents, c -> EXPONENT - c);
        return new QuantizedTwin(model, TinyNetwork.plan(-6, -5, exponents));
    }

    private static AdaRoundSetting setting(int steps, double gamma) {
        return new AdaRoundSetting(List.of(), false, 0.03, steps, gamma, TqtSetting.Collecting.MEMORY, 4, 0.25, 0);
    }

    @Test
    void everyWeightEndsAtTheIntegerBelowOrAboveItAndNearlyAllWereThereBefore() {
        for (boolean perChannel : new boolean[] {false, true}) {
            QuantizedTwin twin = twin(1, perChannel);
            float[] weights = twin.original().parameters().get("w").data();
            AdaRound pass = new AdaRound(twin, setting(1000, 1), false, TqtListener.NONE, 1);
            BlockReport report = pass.run(batches(10, 4), batches(50, 2)).getFirst();
            assertTrue(report.accepted());
            assertTrue(pass.decided() >= 0.95, "decided: " + pass.decided());
            float[] rounded = twin.parameters().get("w").data();
            int away = 0;
            for (int i = 0; i < weights.length; i++) {
                float scale = Math.scalb(1f, perChannel ? EXPONENT - i / INPUTS : EXPONENT);
                double below = Math.floor(weights[i] / scale);
                double integer = rounded[i] / scale;
                assertTrue(integer == below || integer == below + 1, weights[i] + " became " + rounded[i]);
                away += integer == Math.rint(weights[i] / scale) ? 0 : 1;
            }
            assertTrue(away > 0, "rounded to nearest all the same");
            assertTrue(report.lossAfter() < 0.6 * report.lossBefore(), report.lossBefore() + " → " + report.lossAfter());
        }
    }

    /** ESP-PPQ's regularizer is zero throughout: roundings stay where the error is least, between the sides. */
    @Test
    void withoutTheRegularizerRoundingsStayUndecided() {
        AdaRound without = new AdaRound(twin(1, false), setting(1000, 0), false, TqtListener.NONE, 1);
        without.run(batches(10, 4), batches(50, 2));
        AdaRound parity = new AdaRound(twin(1, false), setting(1000, 1), true, TqtListener.NONE, 1);
        List<Map<String, Tensor>> all = batches(10, 4);
        parity.run(all, all);
        assertTrue(without.decided() < 0.5, "decided: " + without.decided());
        assertTrue(parity.decided() < 0.5, "decided: " + parity.decided());
    }

    @Test
    void aBlockIsNeverWorseOnSamplesThatTrainedNothing() {
        for (long seed = 0; seed < 8; seed++) {
            QuantizedTwin twin = twin(seed, false);
            float[] before = twin.parameters().get("w").data().clone();
            // Five steps at this rate decide nothing well.
            AdaRoundSetting rash = new AdaRoundSetting(List.of(), false, 3, 5, 1, TqtSetting.Collecting.MEMORY, 4, 0.25, 0);
            BlockReport report = new AdaRound(twin, rash, false, TqtListener.NONE, 1).run(batches(10 * seed, 2), batches(500, 2)).getFirst();
            assertTrue(report.lossAfter() <= report.lossBefore());
            assertEquals(report.lossTrained() <= report.lossBefore(), report.accepted());
            if (!report.accepted()) {
                assertArrayEquals(before, twin.parameters().get("w").data());
            }
        }
    }

    @Test
    void gradientsAreThoseOfFiniteDifferences() {
        Tensor weights = new Tensor(Shape.of(2, 3), new float[] {0.11f, -0.2f, 0.37f, 1.2f, -0.55f, 0.49f});
        SlotConfig config = new SlotConfig(8, Rounding.HALF_EVEN, 0, "minmax", SlotState.ACTIVATED, Exponents.of(-2, -3));
        SoftRounding rounding = new SoftRounding(weights, config, config.exponents());
        float[] soft = new float[6];
        rounding.soft(soft);
        assertArrayEquals(weights.data(), soft, 1e-6f);
        float[] pull = {1, -2, 3, 0.5f, -1, 2};
        float[] gradient = new float[6];
        rounding.gradient(pull, 2, 0.3f, 3, gradient);
        for (int i = 0; i < 6; i++) {
            float v = rounding.variables().data()[i];
            double[] value = new double[2];
            for (int side = 0; side < 2; side++) {
                rounding.variables().data()[i] = v + (side == 0 ? -1e-2f : 1e-2f);
                rounding.soft(soft);
                float scale = i < 3 ? 0.25f : 0.125f;
                double h = soft[i] / scale - Math.floor(weights.data()[i] / scale);
                value[side] = 2 * pull[i] * soft[i] + 0.3 * (1 - Math.pow(Math.abs(2 * h - 1), 3));
            }
            rounding.variables().data()[i] = v;
            assertEquals((value[1] - value[0]) / 2e-2, gradient[i], 2e-3 * Math.max(1, Math.abs(gradient[i])), "weight " + i);
        }
    }

    @Test
    void thePlanKeepsItsExponents() {
        QuantizedTwin twin = twin(3, true);
        QuantPlan plan = twin.plan();
        new AdaRound(twin, setting(20, 1), false, TqtListener.NONE, 1).run(batches(1, 2), batches(9, 1));
        plan.slots().forEach(slot -> assertEquals(plan.exponents(slot), twin.plan().exponents(slot)));
        assertTrue(twin.plan().quantizes(Slot.input("fc", 1)));
    }
}
