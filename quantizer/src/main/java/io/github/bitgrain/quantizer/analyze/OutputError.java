package io.github.bitgrain.quantizer.analyze;

import io.github.bitgrain.core.exec.Executor;
import io.github.bitgrain.core.tensor.Tensor;
import java.util.List;
import java.util.Map;
import java.util.function.DoubleConsumer;
import java.util.function.IntFunction;

/** How far results are from what they should be. */
public final class OutputError {
    private static final double FLOOR = 1e-7;

    private OutputError() {}

    /**
     * Noise ÷ signal in two means over samples and outputs.
     *
     * @param typical geometric mean, which every sample moves alike
     * @param mean arithmetic mean, which shows what few samples suffer
     */
    public record Noise(double typical, double mean) {
        /** What decides between two states: their geometric mean, so that neither most samples nor few of them count alone. */
        public double score() {
            return Math.sqrt(typical * mean);
        }
    }

    /** Both means of the ratio of {@link #noiseToSignal} over samples and outputs. */
    public static Noise noise(Executor executor, List<Map<String, Tensor>> batches, List<Map<String, Tensor>> targets) {
        return noise(b -> executor.run(batches.get(b)), targets);
    }

    /**
     * Both means for results from elsewhere.
     *
     * @param results what a batch of this index gave
     * @param targets what each batch should give
     */
    public static Noise noise(IntFunction<Map<String, Tensor>> results, List<Map<String, Tensor>> targets) {
        double[] sums = new double[2];
        long[] count = new long[1];
        ratios(results, targets, ratio -> {
            sums[0] += Math.log(ratio + FLOOR);
            sums[1] += ratio;
            count[0]++;
        });
        return new Noise(Math.exp(sums[0] / count[0]), sums[1] / count[0]);
    }

    /** Mean over samples and outputs of Σ(q − f)² / (Σf² + 1e-7), ESP-PPQ's noise-to-signal ratio. */
    public static double noiseToSignal(Executor executor, List<Map<String, Tensor>> batches, List<Map<String, Tensor>> targets) {
        return noise(executor, batches, targets).mean();
    }

    private static void ratios(IntFunction<Map<String, Tensor>> run, List<Map<String, Tensor>> targets, DoubleConsumer consumer) {
        for (int b = 0; b < targets.size(); b++) {
            Map<String, Tensor> results = run.apply(b);
            for (Map.Entry<String, Tensor> target : targets.get(b).entrySet()) {
                Tensor f = target.getValue();
                Tensor q = results.get(target.getKey());
                int samples = f.shape().dim(0);
                int size = f.size() / samples;
                for (int i = 0; i < samples; i++) {
                    double noise = 0;
                    double signal = FLOOR;
                    for (int j = i * size; j < (i + 1) * size; j++) {
                        double difference = (double) q.data()[j] - f.data()[j];
                        noise += difference * difference;
                        signal += (double) f.data()[j] * f.data()[j];
                    }
                    consumer.accept(noise / signal);
                }
            }
        }
    }

    /** Mean squared difference. */
    public static double meanSquare(Tensor q, Tensor f) {
        double sum = 0;
        for (int i = 0; i < f.size(); i++) {
            double difference = (double) q.data()[i] - f.data()[i];
            sum += difference * difference;
        }
        return sum / f.size();
    }
}
