package io.github.bitgrain.cli.metric;

import java.util.function.ToDoubleBiFunction;

/** Distance between the outputs and the reference's: the mean over the samples of a measure of each. */
final class OutputError implements Metric {
    /** Keeps the division defined for an all-zero reference; the constant of ESP-PPQ's measure. */
    private static final double TINY = 1e-7;

    private final ToDoubleBiFunction<float[], float[]> measure;
    private double sum;
    private long samples;

    private OutputError(ToDoubleBiFunction<float[], float[]> measure) {
        this.measure = measure;
    }

    /** Mean squared difference. */
    static OutputError mse() {
        return new OutputError((y, r) -> squaredDifference(y, r) / y.length);
    }

    /** Noise power ÷ signal power: Σ(y − r)² ÷ (Σr² + 1e-7). */
    static OutputError snr() {
        return new OutputError((y, r) -> squaredDifference(y, r) / (dot(r, r) + TINY));
    }

    /** Cosine of the angle between the two: y·r ÷ (|y| |r|); 1 where both are zero, 0 where one is. */
    static OutputError cosine() {
        return new OutputError((y, r) -> {
            double lengths = Math.sqrt(dot(y, y)) * Math.sqrt(dot(r, r));
            return lengths > 0 ? dot(y, r) / lengths : dot(y, y) == dot(r, r) ? 1 : 0;
        });
    }

    @Override
    public void add(Prediction sample) {
        sum += measure.applyAsDouble(sample.output(), sample.reference());
        samples++;
    }

    @Override
    public double value() {
        return sum / samples;
    }

    static double squaredDifference(float[] a, float[] b) {
        double sum = 0;
        for (int i = 0; i < a.length; i++) {
            double difference = (double) a[i] - b[i];
            sum += difference * difference;
        }
        return sum;
    }

    private static double dot(float[] a, float[] b) {
        double sum = 0;
        for (int i = 0; i < a.length; i++) {
            sum += (double) a[i] * b[i];
        }
        return sum;
    }
}
