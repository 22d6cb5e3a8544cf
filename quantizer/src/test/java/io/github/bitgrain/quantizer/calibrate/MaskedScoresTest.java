package io.github.bitgrain.quantizer.calibrate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.bitgrain.core.data.DataSource;
import io.github.bitgrain.core.exec.Executor;
import io.github.bitgrain.core.graph.Graph;
import io.github.bitgrain.core.graph.Model;
import io.github.bitgrain.core.graph.Parameters;
import io.github.bitgrain.core.op.Add;
import io.github.bitgrain.core.op.Softmax;
import io.github.bitgrain.core.quant.FakeQuantization;
import io.github.bitgrain.core.quant.Slot;
import io.github.bitgrain.core.quant.Target;
import io.github.bitgrain.core.tensor.Shape;
import io.github.bitgrain.core.tensor.Tensor;
import io.github.bitgrain.quantizer.Bitgrain;
import io.github.bitgrain.quantizer.QuantizationListener;
import io.github.bitgrain.quantizer.QuantizationOptions;
import io.github.bitgrain.quantizer.QuantizationResult;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class MaskedScoresTest {
    private static final int LENGTH = 16;

    private static Model attention(float masked) {
        Parameters parameters = new Parameters();
        float[] mask = new float[LENGTH * LENGTH];
        for (int i = 0; i < mask.length; i++) {
            mask[i] = i % LENGTH > i / LENGTH ? masked : 0;
        }
        parameters.put("mask", new Tensor(Shape.of(1, LENGTH, LENGTH), mask));
        return new Model(Graph.builder("attention").input("scores", Shape.of(1, LENGTH, LENGTH))
                .node("masked", new Add(), List.of("scores", "mask"), "m").node("weights", new Softmax(-1), List.of("m"), "w")
                .output("w").build(), parameters);
    }

    private static Tensor scores() {
        SplittableRandom random = new SplittableRandom(5);
        float[] values = new float[4 * LENGTH * LENGTH];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) random.nextDouble(-6, 6);
        }
        return new Tensor(Shape.of(4, LENGTH, LENGTH), values);
    }

    @Test
    void anExponentHoldsTheScoresAndNotTheMask() {
        for (float masked : new float[] {-10_000f, -3.4e38f}) {
            Model model = attention(masked);
            DataSource samples = DataSource.of(Map.of("scores", scores()));
            QuantizationOptions options = QuantizationOptions.plain(Target.ESP32S3).build();
            QuantizationResult result = Bitgrain.quantize(model, samples, options, QuantizationListener.NONE);
            assertEquals(-3, result.plan().exponents(Slot.output("masked", 0)).single());
            Model quantized = FakeQuantization.insert(result.model(), result.plan());
            try (Executor real = new Executor(model); Executor chip = new Executor(quantized)) {
                Tensor expected = real.run(Map.of("scores", scores())).get("w");
                Tensor actual = chip.run(Map.of("scores", scores())).get("w");
                double masses = 0;
                for (int i = 0; i < expected.size(); i++) {
                    assertEquals(expected.data()[i], actual.data()[i], 0.06, "weight " + i);
                    masses = i % LENGTH > i / LENGTH % LENGTH ? Math.max(masses, actual.data()[i]) : masses;
                }
                assertTrue(masses < 0.003, "what is masked weighs " + masses);
            }
        }
    }

    @Test
    void aSoftmaxOfAnotherWidthHasItsOwnExponentForThem() {
        QuantizationOptions options = QuantizationOptions.plain(Target.ESP32S3).bitsByNode(Map.of("masked", 16)).threads(1).build();
        DataSource samples = DataSource.of(Map.of("scores", scores()));
        QuantizationResult result = Bitgrain.quantize(attention(-10_000), samples, options, QuantizationListener.NONE);
        assertEquals(-11, result.plan().exponents(Slot.output("masked", 0)).single());
        assertEquals(-3, result.plan().exponents(Slot.input("weights", 0)).single());
    }

    @Test
    void scoresWithoutAMaskAreCalibratedAsAnyValue() {
        QuantizationOptions options = QuantizationOptions.plain(Target.ESP32S3).build();
        DataSource samples = DataSource.of(Map.of("scores", scores()));
        QuantizationResult result = Bitgrain.quantize(attention(-2), samples, options, QuantizationListener.NONE);
        assertEquals(-4, result.plan().exponents(Slot.output("masked", 0)).single());
    }
}
