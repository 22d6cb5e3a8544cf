package io.github.bitgrain.cli.metric;

/** Share of rows whose largest output is the same class as the reference's; ties go to the lowest index. */
final class Agreement implements Metric {
    private final int rowsPerSample;
    private long rows;
    private long same;

    Agreement(int rowsPerSample) {
        this.rowsPerSample = rowsPerSample;
    }

    @Override
    public void add(Prediction sample) {
        int classes = sample.output().length / rowsPerSample;
        for (int row = 0; row < rowsPerSample; row++) {
            rows++;
            if (TopK.largest(sample.output(), row * classes, classes)
                    == TopK.largest(sample.reference(), row * classes, classes)) {
                same++;
            }
        }
    }

    @Override
    public double value() {
        return (double) same / rows;
    }
}
