package io.github.bitgrain.cli.metric.detection;

import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;

/** The boxes that a network found in the samples so far, and their average precision. Not safe for use by several threads. */
public final class Detections {
    /** Boxes of a sample that count, as in COCO's evaluation. */
    private static final int MOST = 100;

    private final DetectionTask task;
    private final Geometry geometry;
    private final List<OutputView> views;
    private final List<List<Box>> found = new ArrayList<>();
    private final List<List<Box>> wanted = new ArrayList<>();

    Detections(DetectionTask task, Geometry geometry, List<OutputView> views) {
        this.task = task;
        this.geometry = geometry;
        this.views = views;
    }

    /**
     * Takes a sample into account; one that it knows already changes nothing.
     *
     * @param sample number of the sample; samples come in order
     * @param outputs the outputs one after another, flat
     */
    public void add(int sample, float[] outputs) {
        if (sample < found.size()) {
            return;
        }
        List<OutputView> filled = new ArrayList<>();
        int start = 0;
        for (OutputView view : views) {
            filled.add(view.on(outputs, start));
            start += view.size();
        }
        List<Box> boxes = new ArrayList<>();
        task.decoder().decode(filled, geometry, task.leastScore(), boxes);
        List<Box> kept = task.decoder().suppresses() ? Box.suppressed(boxes, task.overlap()) : Box.byScore(boxes);
        found.add(kept.subList(0, Math.min(MOST, kept.size())));
        wanted.add(task.labels().of(sample, geometry));
    }

    /** Mean over thresholds of the overlap, and over the classes that are labelled, of the average precision; NaN without labels. */
    public double meanAveragePrecision(double... thresholds) {
        TreeSet<Integer> classes = new TreeSet<>();
        wanted.forEach(boxes -> boxes.forEach(box -> classes.add(box.classId())));
        double sum = 0;
        for (double threshold : thresholds) {
            for (int classId : classes) {
                sum += AveragePrecision.of(ofClass(found, classId), ofClass(wanted, classId), threshold);
            }
        }
        return sum / (thresholds.length * classes.size());
    }

    private static List<List<Box>> ofClass(List<List<Box>> samples, int classId) {
        return samples.stream().map(boxes -> boxes.stream().filter(box -> box.classId() == classId).toList()).toList();
    }
}
