package io.github.bitgrain.cli.metric;

/** Mean of −ln p(true class) over all rows, in nats, where p is the softmax of the outputs; or e to that power: the perplexity. */
final class CrossEntropy implements Metric {
    private final long[] labels;
    private final int rowsPerSample;
    private final boolean perplexity;
    private double sum;
    private long rows;

    /**
     * @param labels true classes, {@code rowsPerSample} for each sample
     */
    CrossEntropy(long[] labels, int rowsPerSample, boolean perplexity) {
        this.labels = labels;
        this.rowsPerSample = rowsPerSample;
        this.perplexity = perplexity;
    }

    @Override
    public void add(Prediction sample) {
        float[] logits = sample.output();
        int classes = logits.length / rowsPerSample;
        for (int row = 0; row < rowsPerSample; row++) {
            int start = row * classes;
            double top = logits[start + TopK.largest(logits, start, classes)];
            double all = 0;
            for (int c = 0; c < classes; c++) {
                all += Math.exp(logits[start + c] - top);
            }
            int label = (int) labels[sample.index() * rowsPerSample + row];
            sum += Math.log(all) + top - logits[start + label];
            rows++;
        }
    }

    @Override
    public double value() {
        return perplexity ? Math.exp(sum / rows) : sum / rows;
    }
}
