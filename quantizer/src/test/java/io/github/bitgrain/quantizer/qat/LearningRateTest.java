package io.github.bitgrain.quantizer.qat;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.bitgrain.core.graph.Model;
import io.github.bitgrain.core.tensor.Tensor;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Numbers: spec/ptq-qat-toolkit.md §5.5. */
class LearningRateTest {
    @Test
    void theCosineHasThePublishedValues() {
        LearningRate cosine = LearningRate.cosine(5e-6, 0.01);
        assertEquals(5e-6, cosine.onCosine(0, 288), 5e-12);
        assertEquals(4.99985e-6, cosine.onCosine(1, 288), 5e-12);
        assertEquals(2.538452e-6, cosine.onCosine(144, 288), 5e-12);
        assertEquals(5.014623e-8, cosine.onCosine(288, 288), 5e-14);
    }

    /** A rate that follows from a step is the next one's. */
    @Test
    void cosineAppliesAfterTheStepAndAfterWarmUp() {
        double[] rates = LearningRate.cosine(1, 0).warmUp(1, 0, 0.1).rates(3, 4);
        assertArrayEquals(new double[] {0.1, 0.1, 0.1, 0.1}, java.util.Arrays.copyOf(rates, 4), 1e-12);
        assertEquals(1, rates[4], 1e-12);
        assertEquals(1, rates[5], 1e-12);
        assertEquals(0.5 * (1 + Math.cos(Math.PI * 1 / 9)), rates[6], 1e-12);
    }

    @Test
    void warmUpByStepsIsLinearAndEndsInTheFirstEpoch() {
        double[] rates = LearningRate.constant(1).warmUp(0, 5, 0.2).rates(2, 10);
        assertArrayEquals(new double[] {0.2, 0.4, 0.6, 0.8, 1, 1}, java.util.Arrays.copyOf(rates, 6), 1e-12);
        assertEquals(1, LearningRate.cosine(1, 0.01).warmUp(0, 1000, 0.01).rates(2, 10)[9], 1e-12);
        double[] usual = LearningRate.constant(1).warmUp(3, 0, null).rates(5, 1);
        assertArrayEquals(new double[] {0.25, 0.5, 0.75, 1, 1}, usual, 1e-12);
    }

    @Test
    void stepsFallAtTheEndOfTheirEpoch() {
        assertArrayEquals(new double[] {1, 1, 0.1, 0.1, 0.01, 0.01}, LearningRate.step(1, 0.1, List.of(1, 3)).rates(6, 1), 1e-12);
    }

    /** lr0 · decay^(step / S), lr0 · (1 − step / steps)^0.9, after each step. */
    @Test
    void exponentialAndPolynomialRatesFollowTheirFormulas() {
        LearningRate exponential = new LearningRate(LearningRate.Mode.EXPONENTIAL, 2, 0, 0, null, 0, 1, List.of(), 0.5);
        LearningRate poly = new LearningRate(LearningRate.Mode.POLY, 2, 0, 0, null, 0, 1, List.of(), 1);
        double[] falling = exponential.rates(3, 4);
        double[] bending = poly.rates(3, 4);
        assertEquals(2, falling[0]);
        assertEquals(2, bending[0]);
        for (int step = 1; step < 12; step++) {
            assertEquals(2 * Math.pow(0.5, (step - 1) / 4.0), falling[step], 1e-12);
            assertEquals(2 * Math.pow(1 - (step - 1) / 12.0, 0.9), bending[step], 1e-12);
        }
    }

    @Test
    void averagesHaveThePublishedDecay() {
        Ema.Setting exp = new Ema.Setting(Ema.Growth.EXP, 0.9999, 15);
        assertEquals(0.139278, exp.decay(10, 1000), 1e-6);
        assertEquals(0.776792, exp.decay(100, 1000), 1e-6);
        assertEquals(0.55, new Ema.Setting(Ema.Growth.THRESHOLD, 0.9999, 0).decay(10, 1000), 1e-12);
    }

    @Test
    void rangesAreCopiedIntoTheAverage() {
        Map<String, Tensor> state = new LinkedHashMap<>(Map.of("w", Tensor.vector(1f), "amax", Tensor.vector(1f)));
        Ema ema = new Ema(new Ema.Setting(Ema.Growth.CONSTANT, 0.75, 0), 10, new Trainee() {
            @Override
            public Model training() {
                return null;
            }

            @Override
            public Model evaluation() {
                return null;
            }

            @Override
            public Set<String> trained() {
                return Set.of();
            }

            @Override
            public Map<String, Tensor> state() {
                return state;
            }

            @Override
            public Set<String> ranges() {
                return Set.of("amax");
            }
        });
        state.get("w").data()[0] = 3f;
        state.get("amax").data()[0] = 3f;
        ema.update(1);
        ema.swap();
        assertEquals(1.5f, state.get("w").data()[0]);
        assertEquals(3f, state.get("amax").data()[0]);
        ema.swap();
        assertEquals(3f, state.get("w").data()[0]);
    }
}
