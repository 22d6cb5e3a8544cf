package io.github.bitgrain.quantizer.observe;

import io.github.bitgrain.core.exec.ValueView;

/** Range in the first phase, histogram of absolute values over it in the second. */
abstract class HistogramObserver extends MinMaxObserver {
    private final long[] counts;
    private double binWidth;
    private float top;

    HistogramObserver(int bits, int bins) {
        super(bits);
        counts = new long[bins];
    }

    @Override
    public final boolean needsSecondPhase() {
        return true;
    }

    @Override
    public final void startSecondPhase() {
        binWidth = (double) reach() / counts.length;
        top = (float) (binWidth * counts.length);
    }

    @Override
    public final void observe(ValueView view) {
        if (top == 0f) {
            super.observe(view);
            return;
        }
        float bins = counts.length;
        for (int row = 0; row < view.rows(); row++) {
            int from = view.offset() + row * view.stride();
            for (int i = from; i < from + view.length(); i++) {
                float magnitude = Math.abs(view.data()[i]);
                if (magnitude <= top) {
                    int bin = (int) (magnitude * bins / top);
                    counts[Math.min(bin, counts.length - 1)]++;
                }
            }
        }
    }

    final long[] counts() {
        return counts;
    }

    final double binWidth() {
        return binWidth;
    }
}
