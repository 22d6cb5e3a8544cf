package io.github.bitgrain.quantizer.tqt;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.bitgrain.core.autodiff.GradientExecutor;
import io.github.bitgrain.core.graph.Model;
import io.github.bitgrain.core.graph.ShapeInference;
import io.github.bitgrain.core.quant.QuantPlan;
import io.github.bitgrain.core.quant.Target;
import io.github.bitgrain.core.tensor.Shape;
import io.github.bitgrain.core.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BlockTrainingTest {
    private static final Tensor IDENTITY = new Tensor(Shape.of(3, 3), new float[] {1, 0, 0, 0, 1, 0, 0, 0, 1});
    private static final Tensor X = new Tensor(Shape.of(2, 3), new float[] {1, 2, 3, 4, 5, 6});

    private static BlockTraining training(BlockTraining.Data data, Map<String, float[]> weights, GradientExecutor.Storage storage) {
        Model model = TinyNetwork.model(IDENTITY);
        QuantizedTwin twin = new QuantizedTwin(model, QuantPlan.builder(Target.ESP32P4).build());
        TqtBlock block = new TqtBlock(model.graph().node("fc"), model.graph().node("fc"), List.of(model.graph().node("fc")));
        return new BlockTraining(twin, block, ShapeInference.infer(model.graph(), model.parameters()), slot -> false, data, weights, storage);
    }

    @Test
    void aBlockCountsItsErrorByChannel() {
        Tensor target = new Tensor(Shape.of(2, 3), new float[] {2, 2, 3, 4, 3, 9});
        try (GradientExecutor.Storage storage = new GradientExecutor.Storage(1);
                BlockTraining training = training(new BlockTraining.Data(List.of(2), batch -> Map.of("x", X), batch -> Map.of("y", target), true),
                        Map.of("y", new float[] {2, 0.5f, 0.25f}), storage)) {
            // Errors 1 in channel 0, 2 in channel 1, 3 in channel 2, mean over six elements.
            assertEquals((2 * 1 + 0.5 * 4 + 0.25 * 9) / 6, training.loss(List.of(0)), 1e-5);
        }
    }

    /** Activations of all batches need not fit into memory: only a batch that is used is read. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aBatchIsReadWhenItIsNeeded(boolean inMemory) {
        List<String> read = new ArrayList<>();
        BlockTraining.Data data = new BlockTraining.Data(List.of(2, 2, 2),
                batch -> {
                    read.add("inputs " + batch);
                    return Map.of("x", X);
                },
                batch -> {
                    read.add("targets " + batch);
                    return Map.of("y", X);
                }, inMemory);
        try (GradientExecutor.Storage storage = new GradientExecutor.Storage(1);
                BlockTraining training = training(data, Map.of(), storage)) {
            assertEquals(List.of(), read);
            training.step(1);
            assertEquals(List.of("inputs 1", "targets 1"), read);
            training.loss(List.of(2));
            assertEquals(List.of("inputs 1", "targets 1", "inputs 2", "targets 2"), read);
            training.step(1);
            assertEquals(inMemory ? 4 : 6, read.size(), "what is in memory anyway is kept as it is wanted");
        }
    }
}
