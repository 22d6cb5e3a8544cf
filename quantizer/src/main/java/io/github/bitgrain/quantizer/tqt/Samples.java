package io.github.bitgrain.quantizer.tqt;

import io.github.bitgrain.core.data.DataSource;
import io.github.bitgrain.core.tensor.Shape;
import io.github.bitgrain.core.tensor.Tensor;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Calibration samples divided into those that train and those that decide. Deterministic: every k-th sample decides.
 *
 * @param training batches that train
 * @param deciding batches that decide what is kept; the training ones when there are too few samples to spare any
 */
record Samples(List<Map<String, Tensor>> training, List<Map<String, Tensor>> deciding) {
    /** More samples than this change little and cost memory; they are taken evenly from the whole source. */
    private static final int MOST = 512;
    /** With fewer samples nothing is set aside. */
    private static final int FEWEST = 16;

    static Samples split(DataSource source, int samples, int batch, double holdOut) {
        int count = Math.min(samples, MOST);
        int period = holdOut > 0 && count >= FEWEST ? (int) Math.max(2, Math.ceil(1 / holdOut)) : Integer.MAX_VALUE;
        List<Integer> training = new ArrayList<>();
        List<Integer> deciding = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            int sample = (int) ((long) i * samples / count) % source.samples();
            (i % period == period - 1 ? deciding : training).add(sample);
        }
        List<Map<String, Tensor>> trainingBatches = batches(source, training, batch);
        return new Samples(trainingBatches, deciding.isEmpty() ? trainingBatches : batches(source, deciding, batch));
    }

    /** Batches of one size: a rest that does not fill one is completed with the first samples, so that no sample is left out. */
    private static List<Map<String, Tensor>> batches(DataSource source, List<Integer> samples, int size) {
        int extent = Math.min(size, samples.size());
        List<Map<String, Tensor>> batches = new ArrayList<>();
        for (int first = 0; first < samples.size(); first += extent) {
            Map<String, Tensor> batch = new LinkedHashMap<>();
            for (Map.Entry<String, Shape> input : source.sampleShapes().entrySet()) {
                batch.put(input.getKey(), Tensor.zeros(input.getValue().prepend(extent)));
            }
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
