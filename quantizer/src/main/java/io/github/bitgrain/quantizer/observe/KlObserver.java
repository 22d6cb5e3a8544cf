package io.github.bitgrain.quantizer.observe;

import java.util.Arrays;

/**
 * The threshold whose quantized distribution diverges least from the observed one (Kullback–Leibler), over 32 candidates
 * (esp-ppq: quantization/observer, hist_observer).
 */
final class KlObserver extends HistogramObserver {
    private static final int CANDIDATES = 32;
    private static final double IGNORED_SHARE = 0.002;
    private static final double TINY = 1e-30;

    KlObserver(int bits) {
        super(bits, CANDIDATES << (bits - 1));
    }

    @Override
    public int exponent() {
        int levels = 1 << (bits() - 1);
        return Ranges.nearestExponent(bestBins(levels) * binWidth() / levels);
    }

    private int bestBins(int levels) {
        double[] observed = new double[counts().length];
        for (int i = 0; i < observed.length; i++) {
            observed[i] = counts()[i];
        }
        int ignored = (int) (observed.length * IGNORED_SHARE);
        Arrays.fill(observed, 0, ignored, 0);
        observed[ignored] = 1;
        double total = Arrays.stream(observed).sum();
        int best = levels;
        double least = Double.POSITIVE_INFINITY;
        for (int bins = levels; bins <= observed.length; bins += levels) {
            double divergence = divergence(observed, bins, levels, total);
            if (divergence < least) {
                least = divergence;
                best = bins;
            }
        }
        return best;
    }

    private static double divergence(double[] observed, int bins, int levels, double total) {
        int group = bins / levels;
        double tail = 0;
        for (int i = bins; i < observed.length; i++) {
            tail += observed[i];
        }
        double kept = 0;
        for (int i = 0; i < bins; i++) {
            kept += observed[i];
        }
        double sum = 0;
        for (int g = 0; g < levels; g++) {
            double groupSum = 0;
            int filled = 0;
            for (int i = g * group; i < (g + 1) * group; i++) {
                groupSum += observed[i];
                filled += observed[i] > 0 ? 1 : 0;
            }
            double q = filled == 0 || kept == 0 ? 0 : groupSum / filled / kept;
            for (int i = g * group; i < (g + 1) * group; i++) {
                double p = (i == bins - 1 ? observed[i] + tail : observed[i]) / total;
                if (p > 0) {
                    sum += p * (Math.log10(p + TINY) - Math.log10((observed[i] > 0 ? q : 0) + TINY));
                }
            }
        }
        return sum;
    }
}
