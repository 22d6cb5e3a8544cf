package io.github.bitgrain.quantizer.search;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.bitgrain.core.data.DataSource;
import io.github.bitgrain.core.graph.Graph;
import io.github.bitgrain.core.graph.Model;
import io.github.bitgrain.core.graph.Parameters;
import io.github.bitgrain.core.op.Flatten;
import io.github.bitgrain.core.op.Gemm;
import io.github.bitgrain.core.op.Relu;
import io.github.bitgrain.core.op.Softmax;
import io.github.bitgrain.core.quant.Target;
import io.github.bitgrain.core.tensor.Shape;
import io.github.bitgrain.core.tensor.Tensor;
import io.github.bitgrain.quantizer.Bitgrain;
import io.github.bitgrain.quantizer.QuantizationListener;
import io.github.bitgrain.quantizer.QuantizationOptions;
import io.github.bitgrain.quantizer.QuantizationResult;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

class MixedPrecisionTest {
    private static final int SIZE = 32;

    /** Four layers of the same size; the third has one huge weight, so that a scale for all of them leaves the others few steps. */
    private static Model network() {
        Gemm gemm = new Gemm(1, 1, false, true);
        Graph graph = Graph.builder("net")
                .input("x", Shape.of(1, SIZE))
                .node("fc1", gemm, List.of("x", "w1"), "h1")
                .node("relu1", new Relu(), List.of("h1"), "r1")
                .node("flatten", new Flatten(1), List.of("r1"), "f1")
                .node("fc2", gemm, List.of("f1", "w2"), "h2")
                .node("relu2", new Relu(), List.of("h2"), "r2")
                .node("fc3", gemm, List.of("r2", "w3"), "h3")
                .node("relu3", new Relu(), List.of("h3"), "r3")
                .node("fc4", gemm, List.of("r3", "w4"), "h4")
                .node("softmax", new Softmax(1), List.of("h4"), "y")
                .output("y")
                .build();
        Random random = new Random(3);
        Parameters parameters = new Parameters();
        for (int layer = 1; layer <= 4; layer++) {
            float[] weights = new float[SIZE * SIZE];
            for (int i = 0; i < weights.length; i++) {
                weights[i] = (float) random.nextGaussian() / 8;
            }
            weights[5] = layer == 3 ? 30 : weights[5];
            parameters.put("w" + layer, new Tensor(Shape.of(SIZE, SIZE), weights));
        }
        return new Model(graph, parameters);
    }

    private static DataSource samples() {
        Random random = new Random(4);
        float[] data = new float[16 * SIZE];
        for (int i = 0; i < data.length; i++) {
            data[i] = (float) random.nextGaussian();
        }
        return DataSource.of(Map.of("x", new Tensor(Shape.of(16, SIZE), data)));
    }

    private static MixedPrecision mixture() {
        QuantizationResult calibrated = Bitgrain.calibrate(network(), samples(),
                QuantizationOptions.plain(Target.ESP32S3).calibration("minmax").calibBatch(16).threads(1).build(), QuantizationListener.NONE);
        return new MixedPrecision(calibrated.calibrated(), calibrated.calibratedPlan());
    }

    @Test
    void theLayerWithCoarseWeightsHasTheLargestErrorAndIsRaisedFirst() {
        MixedPrecision mixture = mixture();
        List<Integer> done = new ArrayList<>();
        Map<String, Double> errors = mixture.errors(samples(), 1, done::add);
        assertEquals(List.of(1, 2, 3, 4), done);
        assertEquals(List.of("fc1", "fc2", "fc3", "fc4"), List.copyOf(errors.keySet()));
        errors.forEach((node, error) -> assertTrue(node.equals("fc3") ? error > 0.01 : error > 0 && error < errors.get("fc3") / 3, errors::toString));
        MixedPrecision.Choice choice = mixture.choose(errors, 1.35);
        assertEquals(List.of("fc3", "relu3"), choice.nodes());
        assertEquals("fc3", choice.layers().getFirst().node());
        assertTrue(choice.layers().getFirst().wide() && choice.latency() > 1.25 && choice.latency() <= 1.35, choice::toString);
        assertEquals(0.25, choice.wideMacs(), 1e-9);
    }

    @Test
    void theBudgetIsKeptAndNeighboursWithWhatLiesBetweenAreCheaper() {
        MixedPrecision mixture = mixture();
        Map<String, Double> errors = Map.of("fc1", 0.2, "fc2", 0.11, "fc3", 0.0, "fc4", 0.12);
        assertEquals(List.of(), mixture.choose(errors, 1).nodes());
        // fc4 removes a little more than fc2, but next to fc1 no conversion is needed for fc2.
        MixedPrecision.Choice two = mixture.choose(errors, 1.52);
        assertEquals(List.of("fc1", "relu1", "flatten", "fc2", "relu2"), two.nodes());
        // fc3 has no error: it stays at 8 bits under any budget.
        MixedPrecision.Choice all = mixture.choose(errors, 10);
        assertEquals(List.of("fc1", "relu1", "flatten", "fc2", "relu2", "fc4"), all.nodes());
        assertEquals(0.75, all.wideMacs(), 1e-9);
    }
}
