package io.github.bitgrain.cli.metric.detection;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** Average precision of one class at one threshold, as COCO's evaluation defines it (pycocotools, cocoeval). */
final class AveragePrecision {
    /** Recalls 0, 0.01 … 1 at which precision is read. */
    private static final int STEPS = 100;

    private AveragePrecision() {}

    private record Verdict(double score, boolean correct) {}

    /**
     * Mean over 101 recalls of the best precision at that recall or a higher one. A box is correct if the best labelled box that no
     * better box has taken overlaps it by the threshold or more.
     *
     * @param found boxes of each sample by falling score
     * @param wanted labelled boxes of each sample
     */
    static double of(List<List<Box>> found, List<List<Box>> wanted, double threshold) {
        List<Verdict> verdicts = new ArrayList<>();
        int labelled = 0;
        for (int sample = 0; sample < found.size(); sample++) {
            List<Box> open = new ArrayList<>(wanted.get(sample));
            labelled += open.size();
            for (Box box : found.get(sample)) {
                Box best = open.stream().max(Comparator.comparingDouble(box::overlap)).filter(o -> box.overlap(o) >= threshold).orElse(null);
                open.remove(best);
                verdicts.add(new Verdict(box.score(), best != null));
            }
        }
        // Equal scores stay in the order of the samples.
        verdicts.sort(Comparator.comparingDouble(Verdict::score).reversed());
        double[] precision = new double[verdicts.size()];
        double[] recall = new double[verdicts.size()];
        int correct = 0;
        for (int i = 0; i < precision.length; i++) {
            correct += verdicts.get(i).correct ? 1 : 0;
            precision[i] = correct / (i + 1.0);
            recall[i] = (double) correct / labelled;
        }
        for (int i = precision.length - 2; i >= 0; i--) {
            precision[i] = Math.max(precision[i], precision[i + 1]);
        }
        double sum = 0;
        int at = 0;
        for (int step = 0; step <= STEPS; step++) {
            while (at < recall.length && recall[at] < (double) step / STEPS) {
                at++;
            }
            sum += at < recall.length ? precision[at] : 0;
        }
        return sum / (STEPS + 1);
    }
}
