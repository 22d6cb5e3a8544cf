package io.github.bitgrain.cli.metric;

/** Share of rows whose true class is among the k largest outputs. Of equal outputs the one with the lowest index counts more. */
final class TopK implements Metric {
    private final int k;
    private final long[] labels;
    private final int rowsPerSample;
    private long rows;
    private long hits;

    /**
     * @param labels true classes, {@code rowsPerSample} for each sample
     */
    TopK(int k, long[] labels, int rowsPerSample) {
        this.k = k;
        this.labels = labels;
        this.rowsPerSample = rowsPerSample;
    }

    @Override
    public void add(Prediction sample) {
        int classes = sample.output().length / rowsPerSample;
        for (int row = 0; row < rowsPerSample; row++) {
            long label = labels[sample.index() * rowsPerSample + row];
            rows++;
            if (label >= 0 && label < classes && rank(sample.output(), row * classes, classes, (int) label) < k) {
                hits++;
            }
        }
    }

    @Override
    public double value() {
        return (double) hits / rows;
    }

    /** How many classes come before {@code wanted}. */
    private static int rank(float[] output, int start, int classes, int wanted) {
        float value = output[start + wanted];
        int before = 0;
        for (int c = 0; c < classes; c++) {
            float other = output[start + c];
            if (other > value || other == value && c < wanted) {
                before++;
            }
        }
        return before;
    }

    /** Index of the largest of {@code count} values, the lowest of equals. */
    static int largest(float[] values, int start, int count) {
        int best = 0;
        for (int c = 1; c < count; c++) {
            if (values[start + c] > values[start + best]) {
                best = c;
            }
        }
        return best;
    }
}
