package io.github.bitgrain.quantizer.tqt;

import io.github.bitgrain.core.data.DataSource;
import io.github.bitgrain.core.tensor.Tensor;
import io.github.bitgrain.quantizer.calibrate.Batches;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Calibration samples divided into those that train and those that decide. Deterministic: every k-th sample decides.
 *
 * <p>A network learns few samples by heart. As the float network can name the right answer for any input, weights are trained on
 * mixtures too: {@code a x + (1 − a) y} of two training samples, ½ ≤ a < 1 (Zhang et al., mixup, 2018, without labels).
 *
 * @param training batches that train
 * @param mixed the same and batches of mixtures, for what has many parameters
 * @param deciding batches that decide what is kept; the training ones when there are too few samples to spare any
 */
record Samples(List<Map<String, Tensor>> training, List<Map<String, Tensor>> mixed, List<Map<String, Tensor>> deciding) {
    /** Multiples of it spread evenly over the unit interval: the fractional part of the golden ratio. */
    private static final double GOLDEN = (Math.sqrt(5) - 1) / 2;
    /** More samples than this change little and cost memory; they are taken evenly from the whole source. */
    private static final int MOST = 512;
    /** Places where mixtures can begin, and how far those of neighbouring seeds lie apart: a prime. */
    private static final int SEEDS = 1 << 24;
    private static final long SEED_STEP = 1_299_709;
    /** With fewer samples nothing is set aside. */
    private static final int FEWEST = 16;

    /**
     * Divides the samples of some batches.
     *
     * @param holdOut share that decides
     * @param trainedSamples up to which number mixtures are made
     */
    static Samples split(Batches batches, double holdOut, int trainedSamples) {
        DataSource source = batches.source();
        int samples = Math.min(source.samples(), batches.size() * batches.count());
        int batch = batches.size();
        int count = Math.min(samples, MOST);
        int period = holdOut > 0 && count >= FEWEST ? (int) Math.max(2, Math.ceil(1 / holdOut)) : Integer.MAX_VALUE;
        List<Integer> training = new ArrayList<>();
        List<Integer> deciding = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            int sample = (int) ((long) i * samples / count) % source.samples();
            (i % period == period - 1 ? deciding : training).add(sample);
        }
        List<Map<String, Tensor>> trainingBatches = batches(source, training, batch);
        List<Map<String, Tensor>> mixed = new ArrayList<>(trainingBatches);
        int extent = trainingBatches.getFirst().values().iterator().next().shape().dim(0);
        int wanted = (trainedSamples - training.size()) / extent;
        for (int b = 0; b < wanted && training.size() > 1; b++) {
            mixed.add(mixtures(source, training, start(batches.seed()) + b * extent, extent));
        }
        return new Samples(trainingBatches, mixed, deciding.isEmpty() ? trainingBatches : batches(source, deciding, batch));
    }

    /** Seeds begin at different places of one sequence of mixtures. */
    private static int start(long seed) {
        return (int) Math.floorMod(seed * SEED_STEP, (long) SEEDS);
    }

    /** Mixture k is of sample k mod n and of another one, at another distance in every round. */
    private static Map<String, Tensor> mixtures(DataSource source, List<Integer> samples, int first, int count) {
        int n = samples.size();
        Map<String, Tensor> batch = empty(source, count);
        for (int row = 0; row < count; row++) {
            int k = first + row;
            int distance = 1 + (int) ((long) ((k / n + 1) * GOLDEN * (n - 1)) % (n - 1));
            double share = 0.5 + 0.5 * (k * GOLDEN % 1);
            Map<String, Tensor> one = source.read(samples.get(k % n), 1);
            Map<String, Tensor> other = source.read(samples.get((k + distance) % n), 1);
            for (Map.Entry<String, Tensor> input : one.entrySet()) {
                float[] a = input.getValue().data();
                float[] b = other.get(input.getKey()).data();
                float[] mixture = batch.get(input.getKey()).data();
                for (int i = 0; i < a.length; i++) {
                    mixture[row * a.length + i] = (float) (share * a[i] + (1 - share) * b[i]);
                }
            }
        }
        return batch;
    }

    private static Map<String, Tensor> empty(DataSource source, int extent) {
        Map<String, Tensor> batch = new LinkedHashMap<>();
        source.sampleShapes().forEach((name, shape) -> batch.put(name, Tensor.zeros(shape.prepend(extent))));
        return batch;
    }

    /** Batches of one size: a rest that does not fill one is completed with the first samples, so that no sample is left out. */
    private static List<Map<String, Tensor>> batches(DataSource source, List<Integer> samples, int size) {
        int extent = Math.min(size, samples.size());
        List<Map<String, Tensor>> batches = new ArrayList<>();
        for (int first = 0; first < samples.size(); first += extent) {
            Map<String, Tensor> batch = empty(source, extent);
            for (int i = 0; i < extent; i++) {
                int row = i;
                source.read(samples.get((first + i) % samples.size()), 1).forEach((name, tensor) ->
                        System.arraycopy(tensor.data(), 0, batch.get(name).data(), row * tensor.size(), tensor.size()));
            }
            batches.add(batch);
        }
        return batches;
    }
}
