package io.github.bitgrain.cli.metric;

import io.github.bitgrain.cli.metric.detection.Detections;
import java.util.stream.IntStream;

/** Mean average precision of a detector over thresholds of the overlap. */
final class MeanAveragePrecision implements Metric {
    private static final double[] FIFTY = {0.5};
    /** 0.50, 0.55 … 0.95. */
    private static final double[] FIFTY_TO_95 = IntStream.range(0, 10).mapToDouble(i -> (50 + 5 * i) / 100.0).toArray();

    private final Detections detections;
    private final double[] thresholds;

    private MeanAveragePrecision(Detections detections, double[] thresholds) {
        this.detections = detections;
        this.thresholds = thresholds;
    }

    static MeanAveragePrecision atFifty(Detections detections) {
        return new MeanAveragePrecision(detections, FIFTY);
    }

    static MeanAveragePrecision fiftyTo95(Detections detections) {
        return new MeanAveragePrecision(detections, FIFTY_TO_95);
    }

    @Override
    public void add(Prediction sample) {
        detections.add(sample.index(), sample.output());
    }

    @Override
    public double value() {
        return detections.meanAveragePrecision(thresholds);
    }
}
