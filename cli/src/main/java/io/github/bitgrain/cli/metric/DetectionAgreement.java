package io.github.bitgrain.cli.metric;

import io.github.bitgrain.cli.metric.detection.Detections;

/** F1 of a detector's boxes against the reference's, at an overlap of one half. */
final class DetectionAgreement implements Metric {
    private static final double OVERLAP = 0.5;

    private final Detections own;
    private final Detections reference;

    DetectionAgreement(Detections own) {
        this.own = own;
        this.reference = own.beside();
    }

    @Override
    public void add(Prediction sample) {
        own.add(sample.index(), sample.output());
        reference.add(sample.index(), sample.reference());
    }

    @Override
    public double value() {
        return own.f1(reference, OVERLAP);
    }
}
