package io.github.bitgrain.cli.metric;

import java.util.Arrays;
import java.util.Comparator;

/**
 * Area under the ROC curve of an autoencoder as anomaly detector: the score of a group of samples is the mean over its
 * samples of the mean squared difference of output and input; the area is the share of pairs (anomaly, normal) in which the
 * anomaly has the higher score, equal scores counting half.
 */
final class AnomalyAuc implements Metric {
    private final long[] labels;
    private final GroupScores scores;

    /**
     * @param groups group of each sample, 0 … labels.length − 1
     * @param labels of each group: 1 for an anomaly, 0 for normal
     */
    AnomalyAuc(int[] groups, long[] labels) {
        this.labels = labels;
        this.scores = new GroupScores(groups, labels.length);
    }

    @Override
    public void add(Prediction sample) {
        scores.add(sample.index(), sample.output(), sample.input());
    }

    @Override
    public double value() {
        double[] scores = this.scores.values();
        Integer[] order = new Integer[scores.length];
        Arrays.setAll(order, g -> g);
        Arrays.sort(order, Comparator.comparingDouble(g -> scores[g]));
        double wins = 0;
        long normalBelow = 0;
        long anomalies = 0;
        for (int i = 0; i < order.length; ) {
            int end = i;
            long normal = 0;
            long anomaly = 0;
            while (end < order.length && scores[order[end]] == scores[order[i]]) {
                if (labels[order[end]] == 1) {
                    anomaly++;
                } else {
                    normal++;
                }
                end++;
            }
            wins += anomaly * (normalBelow + normal / 2.0);
            normalBelow += normal;
            anomalies += anomaly;
            i = end;
        }
        return wins / (anomalies * normalBelow);
    }
}
