package io.github.bitgrain.quantizer.tqt;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.bitgrain.core.exec.Executor;
import io.github.bitgrain.core.graph.Model;
import io.github.bitgrain.core.tensor.Shape;
import io.github.bitgrain.core.tensor.Tensor;
import java.util.Map;
import org.junit.jupiter.api.Test;

class QuantizedTwinTest {
    private static final float[] WEIGHTS = {0.124f, -0.126f, 0.374f, 9, -0.49f, 0.51f};

    private static float[] run(QuantizedTwin twin) {
        Model model = twin.quantized();
        try (Executor executor = new Executor(model.graph(), model.parameters(), Executor.Options.defaults())) {
            return executor.run(Map.of("x", new Tensor(Shape.of(2, 3), new float[] {1, 2, -3, 0.5f, -0.25f, 4}))).get("y").data();
        }
    }

    @Test
    void settledWeightsAreOnTheGridAndComputeTheSame() {
        QuantizedTwin twin = new QuantizedTwin(TinyNetwork.model(new Tensor(Shape.of(2, 3), WEIGHTS.clone())), TinyNetwork.plan(-4, -3, -2));
        float[] before = run(twin);
        twin.settleWeights();
        assertArrayEquals(new float[] {0, -0.25f, 0.25f, 9, -0.5f, 0.5f}, twin.parameters().get("w").data());
        assertArrayEquals(before, run(twin));
        assertEquals(WEIGHTS[0], twin.original().parameters().get("w").data()[0], "the float network stays as it is");
    }

    @Test
    void everyRowSettlesOnItsOwnGridAndInItsRange() {
        QuantizedTwin twin = new QuantizedTwin(TinyNetwork.model(new Tensor(Shape.of(2, 3), WEIGHTS.clone())), TinyNetwork.plan(-4, -3, -1, -4));
        float[] before = run(twin);
        twin.settleWeights();
        assertArrayEquals(new float[] {0, 0, 0.5f, 127 / 16f, -0.5f, 0.5f}, twin.parameters().get("w").data());
        assertArrayEquals(before, run(twin));
    }
}
