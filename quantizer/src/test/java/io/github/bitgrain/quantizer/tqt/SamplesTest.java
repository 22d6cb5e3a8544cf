package io.github.bitgrain.quantizer.tqt;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.bitgrain.core.data.DataSource;
import io.github.bitgrain.core.tensor.Shape;
import io.github.bitgrain.core.tensor.Tensor;
import io.github.bitgrain.quantizer.calibrate.Batches;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class SamplesTest {
    private static final int COUNT = 20;

    /** Sample i is the one-hot vector i, so that a mixture shows what it was made of. */
    private static DataSource unitVectors() {
        Tensor vectors = Tensor.zeros(Shape.of(COUNT, COUNT));
        for (int i = 0; i < COUNT; i++) {
            vectors.data()[i * COUNT + i] = 1;
        }
        return DataSource.of(Map.of("x", vectors));
    }

    private static Set<List<Float>> rows(List<Map<String, Tensor>> batches) {
        Set<List<Float>> rows = new HashSet<>();
        for (Map<String, Tensor> batch : batches) {
            float[] data = batch.get("x").data();
            for (int r = 0; r < data.length; r += COUNT) {
                Float[] row = new Float[COUNT];
                for (int i = 0; i < COUNT; i++) {
                    row[i] = data[r + i];
                }
                rows.add(List.of(row));
            }
        }
        return rows;
    }

    @Test
    void mixturesAreOfTwoTrainingSamplesAndNoneIsMadeTwice() {
        Samples samples = Samples.split(Batches.all(unitVectors(), 5), 0.25, 60);
        assertEquals(3, samples.training().size());
        assertEquals(samples.training(), samples.mixed().subList(0, 3));
        List<Map<String, Tensor>> mixtures = samples.mixed().subList(3, samples.mixed().size());
        assertEquals(9, mixtures.size());
        Set<List<Float>> rows = rows(mixtures);
        assertEquals(45, rows.size());
        for (List<Float> row : rows) {
            float sum = 0;
            int parts = 0;
            for (int i = 0; i < COUNT; i++) {
                sum += row.get(i);
                parts += row.get(i) != 0 ? 1 : 0;
                assertTrue(i % 4 != 3 || row.get(i) == 0, "a deciding sample must not train");
            }
            assertEquals(1, sum, 1e-6);
            assertEquals(2, parts, row::toString);
        }
    }

    @Test
    void seedsMixOtherSamples() {
        Set<List<Float>> rows = rows(Samples.split(Batches.all(unitVectors(), 5), 0.25, 60).mixed());
        for (long seed : new long[] {1, 2, -7, Long.MAX_VALUE}) {
            Samples other = Samples.split(Batches.all(unitVectors(), 5).withSeed(seed), 0.25, 60);
            Set<List<Float>> mixed = rows(other.mixed().subList(3, other.mixed().size()));
            assertEquals(45, mixed.size());
            mixed.retainAll(rows);
            assertTrue(mixed.isEmpty(), "seed " + seed);
        }
    }

    @Test
    void enoughSamplesAreNotMixed() {
        Samples samples = Samples.split(Batches.all(unitVectors(), 5), 0.25, 15);
        assertEquals(samples.training(), samples.mixed());
    }
}
