package io.github.bitgrain.cli.metric;

/** Anomaly score of each group of samples: the mean over its samples of the mean squared difference of output and input. */
final class GroupScores {
    private final int[] groups;
    private final double[] sums;
    private final long[] counts;

    /**
     * @param groups group of each sample, 0 … count − 1
     * @param count number of groups
     */
    GroupScores(int[] groups, int count) {
        this.groups = groups;
        this.sums = new double[count];
        this.counts = new long[count];
    }

    /** Takes a sample into account. */
    void add(int sample, float[] output, float[] input) {
        int group = groups[sample];
        sums[group] += OutputError.squaredDifference(output, input) / output.length;
        counts[group]++;
    }

    /** The scores, in the order of the groups. */
    double[] values() {
        double[] values = new double[sums.length];
        for (int g = 0; g < values.length; g++) {
            values[g] = sums[g] / counts[g];
        }
        return values;
    }
}
