package io.github.bitgrain.quantizer.observe;

/** ESP-PPQ's {@code mse}: estimates the rounding error from a histogram, cut into twice too many levels (defect D10). */
final class LevelErrorObserver extends HistogramObserver {
    private static final int BINS = 2048;

    LevelErrorObserver(int bits) {
        super(bits, BINS);
    }

    @Override
    public int exponent() {
        int levels = 1 << bits();
        int most = BINS / levels;
        int end = levels * (most + 1);
        double least = error(most + 1, end);
        for (int step = 1; step <= most; step++) {
            double error = error(step, levels * step);
            if (error < least) {
                least = error;
                end = levels * step;
            }
        }
        double reach = end * binWidth();
        return Ranges.exponent(-reach, reach, bits());
    }

    private double error(int step, int end) {
        double total = 0;
        double sum = 0;
        for (int i = 0; i < BINS; i++) {
            double error;
            if (i >= end) {
                error = i - end + 0.5;
            } else {
                int left = i % step;
                int right = step - left - 1;
                error = left == right ? left + 0.25 : Math.min(left, right) + 0.5;
            }
            total += counts()[i];
            sum += counts()[i] * error * error;
        }
        return sum / total;
    }
}
