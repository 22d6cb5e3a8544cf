package io.github.bitgrain.cli.metric.detection;

import java.util.ArrayList;
import java.util.Comparator;
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
        found.add(task.decoder().suppresses() ? Box.suppressed(boxes, task.overlap()) : Box.byScore(boxes));
        wanted.add(task.labels() == null ? List.of() : task.labels().of(sample, geometry));
    }

    /** Whether there is something to find. */
    public boolean hasLabels() {
        return task.labels() != null;
    }

    /** What the outputs are read with. */
    public Decoder decoder() {
        return task.decoder();
    }

    /** An empty gathering of another network's boxes in outputs of the same form. */
    public Detections beside() {
        return new Detections(task, geometry, views);
    }

    /**
     * F1 of these boxes against another network's: harmonic mean of the share of these that the other has too and the share of the other's
     * that are among these. Box by box from the best score on, each takes the other's free box of its class that it overlaps most.
     *
     * @param threshold least overlap of a pair
     * @return 1 if neither network found anything
     */
    public double f1(Detections other, double threshold) {
        int pairs = 0;
        int all = 0;
        for (int sample = 0; sample < found.size(); sample++) {
            List<Box> open = new ArrayList<>(other.found.get(sample));
            all += found.get(sample).size() + open.size();
            for (Box box : found.get(sample)) {
                Box best = open.stream().filter(o -> o.classId() == box.classId() && box.overlap(o) >= threshold)
                        .max(Comparator.comparingDouble(box::overlap)).orElse(null);
                pairs += open.remove(best) ? 1 : 0;
            }
        }
        return all == 0 ? 1 : 2.0 * pairs / all;
    }

    /** Mean over thresholds of the overlap, and over the classes that are labelled, of the average precision; NaN without labels. */
    public double meanAveragePrecision(double... thresholds) {
        TreeSet<Integer> classes = new TreeSet<>();
        wanted.forEach(boxes -> boxes.forEach(box -> classes.add(box.classId())));
        List<List<Box>> counted = found.stream().map(boxes -> boxes.subList(0, Math.min(MOST, boxes.size()))).toList();
        double sum = 0;
        for (double threshold : thresholds) {
            for (int classId : classes) {
                sum += AveragePrecision.of(ofClass(counted, classId), ofClass(wanted, classId), threshold);
            }
        }
        return sum / (thresholds.length * classes.size());
    }

    private static List<List<Box>> ofClass(List<List<Box>> samples, int classId) {
        return samples.stream().map(boxes -> boxes.stream().filter(box -> box.classId() == classId).toList()).toList();
    }
}
