package io.github.bitgrain.cli.example;

/**
 * McNemar's test (McNemar 1947), exact form: whether two classifiers differ on the same samples. Only samples that one names
 * correctly and the other does not say anything; under the null hypothesis they fall to either side like a fair coin.
 */
public final class McNemar {
    private McNemar() {}

    /**
     * Two-sided probability of a split at least as uneven.
     *
     * @param onlyFirst samples that only the first names correctly
     * @param onlySecond samples that only the second names correctly
     */
    public static double probability(int onlyFirst, int onlySecond) {
        int n = onlyFirst + onlySecond;
        int few = Math.min(onlyFirst, onlySecond);
        if (2 * few >= n) {
            return 1;
        }
        double logTerm = -n * Math.log(2);
        double sum = 0;
        for (int k = 0; k <= few; k++) {
            sum += Math.exp(logTerm);
            logTerm += Math.log((double) (n - k) / (k + 1));
        }
        return Math.min(1, 2 * sum);
    }
}
