package io.github.bitgrain.quantizer.analyze;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.bitgrain.core.data.DataSource;
import io.github.bitgrain.core.graph.Graph;
import io.github.bitgrain.core.graph.Model;
import io.github.bitgrain.core.graph.Parameters;
import io.github.bitgrain.core.op.Gemm;
import io.github.bitgrain.core.op.Relu;
import io.github.bitgrain.core.quant.QuantPlan;
import io.github.bitgrain.core.quant.Slot;
import io.github.bitgrain.core.quant.Target;
import io.github.bitgrain.core.tensor.Shape;
import io.github.bitgrain.core.tensor.Tensor;
import io.github.bitgrain.quantizer.Bitgrain;
import io.github.bitgrain.quantizer.QuantizationListener;
import io.github.bitgrain.quantizer.QuantizationOptions;
import io.github.bitgrain.quantizer.analyze.ErrorAnalysis.Part;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** Two fully connected layers whose biases quantization "corrected", by far more than it ever would. */
class PartialQuantizationTest {
    private static final int WIDTH = 8;
    private static final int SAMPLES = 24;

    private final SplittableRandom random = new SplittableRandom(7);
    private final Model model = network();
    private final DataSource samples = DataSource.of(Map.of("x", random(1, SAMPLES, WIDTH)));
    private final QuantPlan plan = Bitgrain.quantize(model, samples, QuantizationOptions.plain(Target.ESP32S3).build(), QuantizationListener.NONE).plan();
    private final ErrorAnalysis analysis = new ErrorAnalysis(model, samples, 1);

    private Tensor random(double size, int... dims) {
        Tensor tensor = Tensor.zeros(Shape.of(dims));
        for (int i = 0; i < tensor.size(); i++) {
            tensor.data()[i] = (float) (size * (2 * random.nextDouble() - 1));
        }
        return tensor;
    }

    private Model network() {
        Parameters parameters = new Parameters();
        for (String name : List.of("w1", "w2")) {
            parameters.put(name, random(1, WIDTH, WIDTH));
        }
        for (String name : List.of("b1", "b2")) {
            parameters.put(name, random(0.5, WIDTH));
        }
        Graph graph = Graph.builder("net").input("x", Shape.of(1, WIDTH))
                .node("fc1", new Gemm(1f, 1f, false, true), List.of("x", "w1", "b1"), "h").node("relu", new Relu(), List.of("h"), "r")
                .node("fc2", new Gemm(1f, 1f, false, true), List.of("r", "w2", "b2"), "y").output("y").build();
        return new Model(graph, parameters);
    }

    private Model corrected(double first, double second) {
        Parameters parameters = model.parameters().copy();
        for (int i = 0; i < WIDTH; i++) {
            parameters.get("b1").data()[i] += (float) first;
            parameters.get("b2").data()[i] += (float) second;
        }
        return new Model(model.graph(), parameters);
    }

    private List<LayerError> errors(Model quantized, Part part) {
        return analysis.layerwise(quantized, plan, false, List.of(part)).get(part);
    }

    @Test
    void aCorrectionIsNoErrorOfALayerAlone() {
        for (Part part : List.of(Part.LAYER, Part.WEIGHTS, Part.ACTIVATIONS)) {
            List<LayerError> plain = errors(model, part);
            List<LayerError> shifted = errors(corrected(0.3, -0.2), part);
            List<LayerError> otherwise = errors(corrected(-0.1, 0.4), part);
            for (int i = 0; i < plain.size(); i++) {
                // Corrected anew for the layer alone, whatever the correction was for.
                assertEquals(shifted.get(i).mse(), otherwise.get(i).mse(), 1e-3 * shifted.get(i).mse(), part + ": " + plain.get(i).node());
                assertTrue(shifted.get(i).mse() < 1.1 * plain.get(i).mse(), part + ": " + shifted.get(i) + " and " + plain.get(i));
            }
            assertTrue(analysis.whole(corrected(0.3, -0.2), plan).mse() > 100 * plain.getLast().mse());
        }
    }

    /** The network that is measured is shifted by 0.2 at its outputs; whichever width the last layer has, that is what corrections aim at. */
    @Test
    void aLayerInFloatOrAtSixteenBitsHasTheMeansOfTheQuantizedNetwork() {
        Model shifted = corrected(0, 0.2);
        for (Part part : List.of(Part.ALL_OTHERS, Part.ALL_WIDER)) {
            LayerError last = errors(shifted, part).getLast();
            assertEquals("fc2", last.node());
            assertEquals(0.04, last.mse(), 0.004, part.toString());
        }
    }

    @Test
    void withoutCorrectionsOnlyThePlanDiffers() {
        assertEquals(analysis.layerwise(plan), errors(model, Part.LAYER));
        double whole = analysis.whole(model, plan).snr();
        assertTrue(errors(model, Part.ALL_OTHERS).stream().allMatch(error -> error.snr() < 1.5 * whole));
        assertTrue(errors(model, Part.LAYER).stream().allMatch(error -> error.snr() > 0 && error.snr() < 1.5 * whole));
    }

    @Test
    void learnedRoundingStaysWhileTheLayerKeepsItsBits() {
        Parameters parameters = model.parameters().copy();
        double step = Math.scalb(1.0, plan.exponents(Slot.input("fc1", 1)).single());
        for (int i = 0; i < parameters.get("w1").size(); i++) {
            parameters.get("w1").data()[i] += (float) (3 * step);
        }
        Model learned = new Model(model.graph(), parameters);
        double nearest = analysis.layerwise(learned, plan, false, List.of(Part.WEIGHTS)).get(Part.WEIGHTS).getFirst().mse();
        double moved = analysis.layerwise(learned, plan, true, List.of(Part.WEIGHTS)).get(Part.WEIGHTS).getFirst().mse();
        assertEquals(errors(model, Part.WEIGHTS).getFirst().mse(), nearest, 1e-12);
        assertTrue(moved > 4 * nearest, moved + " and " + nearest);
        LayerError inFloat = analysis.layerwise(learned, plan, true, List.of(Part.ALL_OTHERS)).get(Part.ALL_OTHERS).getFirst();
        assertEquals(errors(model, Part.ALL_OTHERS).getFirst(), inFloat);
    }
}
