package io.github.bitgrain.quantizer.tqt;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.bitgrain.core.graph.Model;
import io.github.bitgrain.core.quant.Exponents;
import io.github.bitgrain.core.quant.Slot;
import io.github.bitgrain.core.tensor.Shape;
import io.github.bitgrain.core.tensor.Tensor;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class HeldOutNoiseTest {
    private static final Slot OUTPUT = Slot.output("fc", 0);

    private final Model model = TinyNetwork.model(new Tensor(Shape.of(2, 3), new float[] {0.3f, -0.6f, 0.9f, 0.2f, 0.7f, -0.4f}));
    private final QuantizedTwin twin = new QuantizedTwin(model, TinyNetwork.plan(-4, -3, -4));
    private final HeldOutNoise noise =
            new HeldOutNoise(model, twin, List.of(Map.of("x", new Tensor(Shape.of(2, 3), new float[] {1, 2, -3, 0.5f, -0.25f, 4}))), 1);

    @Test
    void aPassThatAddsNoiseLeavesNeitherWeightsNorExponents() {
        float[] weights = twin.parameters().get("w").data().clone();
        double before = noise.now();
        HeldOutNoise.Trial trial = noise.keepIfNotWorse(before, () -> {
            twin.parameters().get("w").data()[0] = 5;
            twin.setExponents(OUTPUT, Exponents.of(3));
        });
        assertFalse(trial.kept());
        assertTrue(trial.noise() > before);
        assertArrayEquals(weights, twin.parameters().get("w").data());
        assertEquals(-3, twin.plan().exponents(OUTPUT).single());
        assertEquals(before, noise.now());
    }

    @Test
    void aPassThatTakesNoiseAwayIsKept() {
        double before = noise.now();
        HeldOutNoise.Trial trial = noise.keepIfNotWorse(before, () -> twin.setExponents(OUTPUT, Exponents.of(-4)));
        assertTrue(trial.kept());
        assertTrue(trial.noise() < before);
        assertEquals(trial.noise(), noise.now());
        assertEquals(-4, twin.plan().exponents(OUTPUT).single());
    }

    @Test
    void aPassThatChangesNothingIsKept() {
        assertTrue(noise.keepIfNotWorse(noise.now(), () -> { }).kept());
    }
}
