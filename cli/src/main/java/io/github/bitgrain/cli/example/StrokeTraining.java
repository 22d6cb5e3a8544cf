package io.github.bitgrain.cli.example;

import io.github.bitgrain.cli.example.StrokeImages.Split;
import io.github.bitgrain.core.autodiff.GradientExecutor;
import io.github.bitgrain.core.exec.Executor;
import io.github.bitgrain.core.graph.Model;
import io.github.bitgrain.core.graph.Parameters;
import io.github.bitgrain.core.tensor.Shape;
import io.github.bitgrain.core.tensor.Tensor;
import io.github.bitgrain.core.train.Adam;
import io.github.bitgrain.core.train.Optimizer;
import io.github.bitgrain.core.train.Schedule;
import io.github.bitgrain.core.train.TrainingLoop;
import io.github.bitgrain.kernels.Kernels;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;

/** Trains the embedded example from scratch: Adam with a cosine schedule on pictures that no other split has. */
public final class StrokeTraining {
    private static final int BATCH = 64;
    private static final int WARM_UP = 100;
    private static final double RATE = 4e-3;
    private static final double FINAL_RATE = 1e-5;
    private static final long SEED = 20261125;

    private StrokeTraining() {}

    /** Hears of the training. */
    @FunctionalInterface
    public interface Listener {
        /** Called after every step with the loss of its batch. */
        void step(int step, int steps, float loss);
    }

    /**
     * A trained network.
     *
     * @param steps training steps of {@value #BATCH} pictures, each seen once
     * @param threads threads; the result does not depend on them
     */
    public static Model train(int steps, int threads, Listener listener) {
        Parameters parameters = new Parameters();
        StrokeNet.Form form = StrokeNet.build(true, parameters, SEED);
        try (GradientExecutor.Storage storage = new GradientExecutor.Storage(threads);
                GradientExecutor executor = new GradientExecutor(form.graph(), parameters, BATCH, StrokeNet.LOSS,
                        new LinkedHashSet<>(form.trained()), List.of(), storage, Kernels.floats())) {
            Adam adam = new Adam(parameters, executor.gradients(),
                    List.of(new Optimizer.Group(form.trained(), Schedule.cosine(RATE, FINAL_RATE, steps).warmUp(WARM_UP))));
            new TrainingLoop(executor, adam, step -> batch(Split.TRAIN, step * BATCH, BATCH, true))
                    .listener((step, loss) -> {
                        listener.step(step + 1, steps, loss);
                        return true;
                    })
                    .run(steps);
        }
        return new Model(StrokeNet.build(false, parameters, SEED).graph(), parameters);
    }

    /** Consecutive pictures as network inputs, with or without their labels. */
    static Map<String, Tensor> batch(Split split, int first, int count, boolean labelled) {
        int pixels = StrokeImages.SIZE * StrokeImages.SIZE;
        byte[] drawn = new byte[count * pixels];
        float[] labels = new float[count];
        for (int i = 0; i < count; i++) {
            StrokeImages.draw(split, first + i, drawn, i * pixels);
            labels[i] = StrokeImages.label(split, first + i);
        }
        float[] values = new float[drawn.length];
        for (int i = 0; i < values.length; i++) {
            values[i] = (Byte.toUnsignedInt(drawn[i]) / 255f - 0.5f) / 0.25f;
        }
        Map<String, Tensor> batch = new LinkedHashMap<>();
        batch.put(StrokeNet.INPUT, new Tensor(Shape.of(count, 1, StrokeImages.SIZE, StrokeImages.SIZE), values));
        if (labelled) {
            batch.put(StrokeNet.TARGET, new Tensor(Shape.of(count), labels));
        }
        return batch;
    }

    /** Share of correctly named pictures among the first {@code count} of a split. */
    public static double accuracy(Model model, Split split, int count, int threads) {
        int correct = 0;
        try (Executor executor = new Executor(model.graph(), model.parameters(), Executor.Options.defaults().threads(threads))) {
            for (int first = 0; first < count; first += BATCH) {
                int size = Math.min(BATCH, count - first);
                Tensor logits = executor.run(batch(split, first, size, false)).get(StrokeNet.OUTPUT);
                for (int i = 0; i < size; i++) {
                    int best = 0;
                    for (int c = 1; c < StrokeImages.CLASSES; c++) {
                        best = logits.data()[i * StrokeImages.CLASSES + c] > logits.data()[i * StrokeImages.CLASSES + best] ? c : best;
                    }
                    correct += best == StrokeImages.label(split, first + i) ? 1 : 0;
                }
            }
        }
        return (double) correct / count;
    }
}
