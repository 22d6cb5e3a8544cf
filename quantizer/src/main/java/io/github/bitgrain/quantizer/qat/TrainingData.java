package io.github.bitgrain.quantizer.qat;

import io.github.bitgrain.core.BitgrainException;
import io.github.bitgrain.core.data.DataSource;
import io.github.bitgrain.core.tensor.Shape;
import io.github.bitgrain.core.tensor.Tensor;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SplittableRandom;

/**
 * Samples with what the network is to answer.
 *
 * @param inputs samples
 * @param targets [samples] class numbers, or [samples, …] values; null where a teacher answers
 * @param augmentation how training changes samples
 * @param mixed share of the training samples that become a mixture {@code a x + (1 − a) y} with another sample, ½ ≤ a &lt; 1 (Zhang et
 *     al., mixup, 2018); only where a teacher answers, since it knows the answer to any input
 */
public record TrainingData(DataSource inputs, Tensor targets, Augmentation augmentation, double mixed) {
    /** Checks that every sample has an answer. */
    public TrainingData {
        if (inputs.samples() < 1) {
            throw BitgrainException.badInput("the training data has no samples");
        }
        if (targets != null && targets.shape().dim(0) != inputs.samples()) {
            throw BitgrainException.badInput(targets.shape().dim(0) + " labels for " + inputs.samples() + " samples");
        }
        if (!(mixed >= 0 && mixed <= 1)) {
            throw BitgrainException.usage("a share of " + mixed + " mixed samples does not work");
        }
        if (mixed > 0 && targets != null) {
            throw BitgrainException.usage("mixed samples have no labels; they need a loss that asks the teacher alone, and no labels");
        }
    }

    /** Samples that are augmented one by one. */
    public TrainingData(DataSource inputs, Tensor targets, Augmentation augmentation) {
        this(inputs, targets, augmentation, 0);
    }

    /** Samples that are used as they are. */
    public TrainingData(DataSource inputs, Tensor targets) {
        this(inputs, targets, Augmentation.NONE);
    }

    /** Number of samples. */
    public int samples() {
        return inputs.samples();
    }

    /** One batch: inputs by name, and the targets of the same samples or null. */
    public record Batch(Map<String, Tensor> inputs, Tensor targets) {
        /** Number of samples. */
        public int size() {
            return inputs.values().iterator().next().shape().dim(0);
        }
    }

    /** Consecutive samples as they are. */
    public Batch read(int first, int count) {
        int[] order = new int[count];
        for (int i = 0; i < count; i++) {
            order[i] = first + i;
        }
        return new Batch(inputs.read(first, count), targetsOf(order, 0, count));
    }

    /**
     * Samples in another order, augmented.
     *
     * @param order sample numbers
     * @param seed of the augmentation, together with the sample number
     */
    public Batch read(int[] order, int first, int count, long seed) {
        Map<String, Tensor> batch = new LinkedHashMap<>();
        inputs.sampleShapes().forEach((name, shape) -> batch.put(name, Tensor.zeros(shape.prepend(count))));
        for (int i = 0; i < count; i++) {
            int at = i;
            int sample = order[first + i];
            SplittableRandom random = new SplittableRandom(seed ^ sample * 0x9E3779B97F4A7C15L);
            inputs.read(sample, 1).forEach((name, tensor) -> {
                float[] values = tensor.data().clone();
                augmentation.apply(values, tensor.shape().without(0), random);
                mix(name, values, new SplittableRandom(seed ^ sample * 0xD1B54A32D192ED03L));
                System.arraycopy(values, 0, batch.get(name).data(), at * values.length, values.length);
            });
        }
        return new Batch(batch, targetsOf(order, first, count));
    }

    /** The random numbers of a sample are the same for all its inputs. */
    private void mix(String name, float[] values, SplittableRandom random) {
        if (random.nextDouble() >= mixed || samples() < 2) {
            return;
        }
        float share = (float) random.nextDouble(0.5, 1);
        float[] other = inputs.read(random.nextInt(samples()), 1).get(name).data();
        for (int i = 0; i < values.length; i++) {
            values[i] = share * values[i] + (1 - share) * other[i];
        }
    }

    private Tensor targetsOf(int[] order, int first, int count) {
        if (targets == null) {
            return null;
        }
        int size = targets.size() / samples();
        Shape shape = targets.shape().without(0).prepend(count);
        Tensor chosen = Tensor.zeros(shape);
        for (int i = 0; i < count; i++) {
            System.arraycopy(targets.data(), order[first + i] * size, chosen.data(), i * size, size);
        }
        return chosen;
    }
}
