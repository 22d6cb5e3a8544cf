package io.github.bitgrain.cli.example;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.bitgrain.cli.example.StrokeImages.Split;
import io.github.bitgrain.core.graph.Model;
import io.github.bitgrain.exporter.onnx.OnnxWriter;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

class StrokeDataTest {
    @Test
    void theEmbeddedNetworkNamesUnseenFigures() {
        double accuracy = StrokeTraining.accuracy(StrokeData.model(), Split.EVALUATION, 512, 1);
        assertTrue(accuracy > 0.93, "accuracy " + accuracy);
    }

    @Test
    void trainingGivesTheSameBytesOnAnyNumberOfThreads() {
        byte[] one = OnnxWriter.write(StrokeTraining.train(2, 1, (step, steps, loss) -> { }));
        byte[] two = OnnxWriter.write(StrokeTraining.train(2, 2, (step, steps, loss) -> { }));
        assertEquals(Arrays.hashCode(one), Arrays.hashCode(two));
    }

    @Test
    void trainingChangesTheNetwork() {
        Model before = StrokeTraining.train(1, 1, (step, steps, loss) -> { });
        Model after = StrokeTraining.train(3, 1, (step, steps, loss) -> { });
        assertNotEquals(Arrays.hashCode(OnnxWriter.write(before)), Arrays.hashCode(OnnxWriter.write(after)));
    }
}
