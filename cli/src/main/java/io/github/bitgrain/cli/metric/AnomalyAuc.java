package io.github.bitgrain.cli.metric;

import java.util.Arrays;
import java.util.Comparator;

/**
 * Area under the ROC curve of an autoencoder as anomaly detector: the score of a group of samples is the mean over its
 * samples of the mean squared difference of output and input; the area is the share of pairs (anomaly, normal) in which the
 * anomaly has the higher score, equal scores counting half.
 */
final class AnomalyAuc implements Metric {
    private final int[] groups;
    private final long[] labels;
    private final double[] sums;
    private final long[] counts;

    /**
     * @param groups group of each sample, 0 … labels.length − 1
     * @param labels of each group: 1 for an anomaly, 0 for normal
     */
    AnomalyAuc(int[] groups, long[] labels) {
        this.groups = groups;
        this.labels = labels;
        this.sums = new double[labels.length];
        this.counts = new long[labels.length];
    }

    @Override
    public void add(Prediction sample) {
        int group = groups[sample.index()];
        sums[group] += OutputError.squaredDifference(sample.output(), sample.input()) / sample.output().length;
        counts[group]++;
    }

    @Override
    public double value() {
        Integer[] order = new Integer[labels.length];
        double[] scores = new double[labels.length];
        for (int g = 0; g < scores.length; g++) {
            order[g] = g;
            scores[g] = sums[g] / counts[g];
        }
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
