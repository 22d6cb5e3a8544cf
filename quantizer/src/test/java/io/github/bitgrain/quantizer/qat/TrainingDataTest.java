package io.github.bitgrain.quantizer.qat;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.bitgrain.core.data.DataSource;
import io.github.bitgrain.core.tensor.Shape;
import io.github.bitgrain.core.tensor.Tensor;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class TrainingDataTest {
    private static final int SAMPLES = 16;

    /** Sample k is 1 at place k; the second input is twice the first. */
    private static TrainingData places(double mixed) {
        Tensor first = Tensor.zeros(Shape.of(SAMPLES, SAMPLES));
        Tensor second = Tensor.zeros(Shape.of(SAMPLES, SAMPLES));
        for (int k = 0; k < SAMPLES; k++) {
            first.data()[k * SAMPLES + k] = 1;
            second.data()[k * SAMPLES + k] = 2;
        }
        return new TrainingData(DataSource.of(Map.of("first", first, "second", second)), null, Augmentation.NONE, mixed);
    }

    /** Recipes' RandomMixture: the share that was asked for, of the sample at least a half, the rest of one other; the same in all inputs. */
    @Test
    void mixturesAreOfTwoSamplesAndOfTheShareAskedFor() {
        int[] order = IntStream.range(0, SAMPLES).toArray();
        int mixtures = 0;
        int rounds = 100;
        for (int seed = 0; seed < rounds; seed++) {
            Map<String, Tensor> inputs = places(0.5).read(order, 0, SAMPLES, seed * 977L).inputs();
            float[] first = inputs.get("first").data();
            float[] second = inputs.get("second").data();
            for (int k = 0; k < SAMPLES; k++) {
                float own = first[k * SAMPLES + k];
                float sum = 0;
                int parts = 0;
                for (int i = k * SAMPLES; i < (k + 1) * SAMPLES; i++) {
                    sum += first[i];
                    parts += first[i] == 0 ? 0 : 1;
                    assertEquals(2 * first[i], second[i], 1e-6);
                }
                assertEquals(1f, sum, 1e-6);
                assertTrue(own >= 0.5 && parts == (own > 1 - 1e-6 ? 1 : 2), own + " and " + parts + " parts");
                mixtures += parts - 1;
            }
        }
        // One in sixteen mixtures is with the sample itself.
        assertEquals(0.5 * 15 / 16, mixtures / (double) (rounds * SAMPLES), 0.04);
    }

    @Test
    void withoutAShareSamplesStayAndTheSeedDecidesMixtures() {
        int[] order = {3, 1};
        assertArrayEquals(places(0).inputs().read(3, 1).get("first").data(), places(0).read(order, 0, 1, 5).inputs().get("first").data());
        assertArrayEquals(places(1).read(order, 0, 2, 5).inputs().get("first").data(), places(1).read(order, 0, 2, 5).inputs().get("first").data());
    }
}
