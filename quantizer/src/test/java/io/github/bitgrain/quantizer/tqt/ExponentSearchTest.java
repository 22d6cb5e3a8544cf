package io.github.bitgrain.quantizer.tqt;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.bitgrain.core.quant.Slot;
import io.github.bitgrain.core.tensor.Shape;
import io.github.bitgrain.core.tensor.Tensor;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ExponentSearchTest {
    private static final int SAMPLES = 64;

    /** Input 0 is large and hardly counts, input 1 is small and counts: many times the error in x, and less in y. */
    @Test
    void anExponentIsJudgedByTheOutputNotByTheErrorOfTheValues() {
        Tensor weights = new Tensor(Shape.of(1, 2), new float[] {0, 1});
        float[] x = new float[2 * SAMPLES];
        SplittableRandom random = new SplittableRandom(7);
        for (int i = 0; i < SAMPLES; i++) {
            x[2 * i] = (float) random.nextDouble(-120, 120);
            x[2 * i + 1] = (float) random.nextDouble(-1, 1);
        }
        float[] y = new float[SAMPLES];
        for (int i = 0; i < SAMPLES; i++) {
            y[i] = x[2 * i + 1];
        }
        List<Map<String, Tensor>> batches = List.of(Map.of("x", new Tensor(Shape.of(SAMPLES, 2), x)));
        List<Map<String, Tensor>> targets = List.of(Map.of("y", new Tensor(Shape.of(SAMPLES, 1), y)));
        QuantizedTwin twin = new QuantizedTwin(TinyNetwork.model(weights), TinyNetwork.plan(0, -7, -7));
        ExponentSearch search = new ExponentSearch(twin, 1);
        search.leastError(batches);
        assertEquals(0, twin.plan().exponents(Slot.input("fc", 0)).single(), "by the values alone nothing is clipped");
        search.refine(batches, targets, batches, targets);
        assertEquals(-1, twin.plan().exponents(Slot.input("fc", 0)).single());
    }

    /** A finer step halves the error of most outputs and would clip the rest of them by half. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aStepThatClipsFewOutputsHardIsNotTaken(boolean large) {
        float[] x = new float[SAMPLES];
        float[] y = new float[SAMPLES];
        SplittableRandom random = new SplittableRandom(7);
        for (int i = 0; i < SAMPLES; i++) {
            x[i] = large && i % 4 == 0 ? 7.875f : Math.scalb((float) random.nextInt(-64, 64), -4);
            y[i] = 3.9375f * x[i];
        }
        List<Map<String, Tensor>> batches = List.of(Map.of("x", new Tensor(Shape.of(SAMPLES, 1), x)));
        List<Map<String, Tensor>> targets = List.of(Map.of("y", new Tensor(Shape.of(SAMPLES, 1), y)));
        QuantizedTwin twin = new QuantizedTwin(TinyNetwork.model(new Tensor(Shape.of(1, 1), new float[] {3.9375f})), TinyNetwork.plan(-4, -2, -5));
        new ExponentSearch(twin, 1).refine(batches, targets, batches, targets);
        assertEquals(large ? -2 : -3, twin.plan().exponents(Slot.output("fc", 0)).single());
    }
}
