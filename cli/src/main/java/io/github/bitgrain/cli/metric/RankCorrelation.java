package io.github.bitgrain.cli.metric;

import java.util.Arrays;
import java.util.Comparator;

/**
 * Spearman's rank correlation between the anomaly scores of a network and those of the reference, over groups of samples: the
 * correlation of the ranks, equal scores sharing the mean of their ranks.
 */
final class RankCorrelation implements Metric {
    private final GroupScores found;
    private final GroupScores wanted;

    /**
     * @param groups group of each sample, 0 … count − 1
     * @param count number of groups
     */
    RankCorrelation(int[] groups, int count) {
        found = new GroupScores(groups, count);
        wanted = new GroupScores(groups, count);
    }

    @Override
    public void add(Prediction sample) {
        found.add(sample.index(), sample.output(), sample.input());
        wanted.add(sample.index(), sample.reference(), sample.input());
    }

    @Override
    public double value() {
        double[] a = ranks(found.values());
        double[] b = ranks(wanted.values());
        double mean = (a.length - 1) / 2.0;
        double both = 0;
        double ofA = 0;
        double ofB = 0;
        for (int i = 0; i < a.length; i++) {
            both += (a[i] - mean) * (b[i] - mean);
            ofA += (a[i] - mean) * (a[i] - mean);
            ofB += (b[i] - mean) * (b[i] - mean);
        }
        return both / Math.sqrt(ofA * ofB);
    }

    private static double[] ranks(double[] scores) {
        Integer[] order = new Integer[scores.length];
        Arrays.setAll(order, i -> i);
        Arrays.sort(order, Comparator.comparingDouble(i -> scores[i]));
        double[] ranks = new double[scores.length];
        for (int i = 0; i < order.length; ) {
            int end = i;
            while (end < order.length && scores[order[end]] == scores[order[i]]) {
                end++;
            }
            for (int k = i; k < end; k++) {
                ranks[order[k]] = (i + end - 1) / 2.0;
            }
            i = end;
        }
        return ranks;
    }
}
