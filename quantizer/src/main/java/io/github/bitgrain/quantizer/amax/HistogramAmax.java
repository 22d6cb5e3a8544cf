package io.github.bitgrain.quantizer.amax;

import io.github.bitgrain.core.op.LinearQuant;
import io.github.bitgrain.core.stats.Histogram;
import io.github.bitgrain.kernels.LinearQuantization;
import java.math.BigDecimal;
import java.math.RoundingMode;

/** amax from a histogram (pytorch-quantization: calib/histogram.py; its defects mended as the comments say). */
final class HistogramAmax {
    private static final int START_BIN = 128;

    /** The search costs bins²; finer histograms are coarsened first, which changes amax by less than a bin of these. */
    private static final int MOST_BINS = 4096;

    private final Histogram histogram;
    private final QuantDescriptor descriptor;

    private HistogramAmax(Histogram histogram, QuantDescriptor descriptor) {
        this.histogram = histogram;
        this.descriptor = descriptor;
    }

    /** amax of what was counted; 0 when only zeros were. */
    static float of(Histogram histogram, AmaxMethod method, QuantDescriptor descriptor) {
        if (!histogram.hasRange()) {
            return 0f;
        }
        return switch (method.kind()) {
            case MAX -> histogram.top();
            case PERCENTILE -> percentile(histogram, method.percentile());
            case MSE -> new HistogramAmax(histogram.limitedTo(MOST_BINS), descriptor).leastError(method);
            case ENTROPY -> new HistogramAmax(histogram.limitedTo(MOST_BINS), descriptor).leastDivergence(method);
        };
    }

    /**
     * Lower edge of the first bin up to which a share of the counts lies, in whole numbers so that exact hits are stable; all of them:
     * the top. Where that is 0 although there are other values (mostly zeros), the upper edge of the first bin with some is taken:
     * a range of 0 would end the layer.
     */
    private static float percentile(Histogram histogram, double percent) {
        if (percent == 100) {
            return histogram.top();
        }
        long needed = BigDecimal.valueOf(percent).movePointLeft(2).multiply(BigDecimal.valueOf(histogram.total()))
                .setScale(0, RoundingMode.CEILING).longValueExact();
        long below = 0;
        int bin = 0;
        for (; bin < histogram.bins() - 1; bin++) {
            below += histogram.count(bin);
            if (below >= needed) {
                break;
            }
        }
        if (bin > 0) {
            return histogram.edge(bin);
        }
        int first = 1;
        while (first < histogram.bins() - 1 && histogram.count(first) == 0) {
            first++;
        }
        return first < histogram.bins() && histogram.count(first) > 0 ? histogram.edge(first + 1) : histogram.edge(1);
    }

    /** Number of the first candidate, or -1 when the histogram has too few bins to search: then the top is the answer. */
    private int start(AmaxMethod method, int least) {
        int start = method.startBin() > 0 ? method.startBin() : Math.max(START_BIN, least);
        return start < histogram.bins() ? start : -1;
    }

    /** Middle of the bin whose range quantizes all middles with the least squared error, weighed by counts; the first of equals. */
    private float leastError(AmaxMethod method) {
        int start = start(method, 0);
        if (start < 0) {
            return histogram.top();
        }
        float[] centers = new float[histogram.bins()];
        for (int i = 0; i < centers.length; i++) {
            centers[i] = histogram.center(i);
        }
        float[] quantized = new float[centers.length];
        double least = Double.POSITIVE_INFINITY;
        float best = histogram.top();
        for (int k = start; k < centers.length; k += method.stride()) {
            float scale = LinearQuant.scale(centers[k], descriptor.qmax());
            LinearQuantization.quantize(centers.length, centers, 0, quantized, 0, scale, descriptor.qmin(), descriptor.qmax());
            double error = 0;
            for (int i = 0; i < centers.length; i++) {
                double difference = (double) quantized[i] - centers[i];
                error += histogram.count(i) * difference * difference;
            }
            if (error < least) {
                least = error;
                best = centers[k];
            }
        }
        return best;
    }

    /** Edge whose clipped distribution is nearest to what quantization leaves of it; the last of equals. */
    private float leastDivergence(AmaxMethod method) {
        int levels = 1 << Math.max(0, descriptor.unsigned() ? descriptor.numBits() : descriptor.numBits() - 1);
        // From fewer bins than levels nothing is lost, and the divergence says nothing.
        int start = start(method, levels);
        if (start < 0) {
            return histogram.top();
        }
        long[] counts = histogram.counts();
        // The spike at zero is quantized without error whatever the range.
        counts[0] = counts[1];
        long beyond = 0;
        for (int i = start; i < counts.length; i++) {
            beyond += counts[i];
        }
        double least = Double.POSITIVE_INFINITY;
        int best = histogram.bins();
        for (int kept = start; kept <= counts.length; kept += method.stride()) {
            double divergence = divergence(counts, kept, levels, beyond);
            if (divergence <= least) {
                least = divergence;
                best = kept;
            }
            for (int i = kept; i < Math.min(kept + method.stride(), counts.length); i++) {
                beyond -= counts[i];
            }
        }
        return histogram.edge(best);
    }

    /**
     * Σ P ln(P / Q): P the first {@code kept} counts with those beyond added to the last, Q the mean of the non-empty bins of each
     * level, the ones beyond not included; both normalized.
     */
    private static double divergence(long[] counts, int kept, int levels, long beyond) {
        if (counts[kept - 1] == 0 && beyond > 0) {
            return Double.POSITIVE_INFINITY;
        }
        double sumP = beyond;
        for (int i = 0; i < kept; i++) {
            sumP += counts[i];
        }
        double sumQ = sumP - beyond;
        if (sumQ == 0) {
            return Double.POSITIVE_INFINITY;
        }
        double divergence = 0;
        int bin = 0;
        while (bin < kept) {
            long level = (long) bin * levels / kept;
            int end = bin;
            double sum = 0;
            int filled = 0;
            for (; end < kept && (long) end * levels / kept == level; end++) {
                sum += counts[end];
                filled += counts[end] > 0 ? 1 : 0;
            }
            double q = filled == 0 ? 0 : sum / filled / sumQ;
            for (; bin < end; bin++) {
                if (counts[bin] > 0) {
                    double p = (counts[bin] + (bin == kept - 1 ? beyond : 0)) / sumP;
                    divergence += p * Math.log(p / q);
                }
            }
        }
        return divergence;
    }
}
