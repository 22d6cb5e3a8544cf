package io.github.bitgrain.core.stats;

import io.github.bitgrain.core.BitgrainException;
import io.github.bitgrain.kernels.FloatKernels;
import io.github.bitgrain.kernels.Kernels;
import java.util.Arrays;

/**
 * Counts values into a histogram (pytorch-quantization: calib/histogram.py, zero-based form). The first batch with a value other than
 * 0 decides the width of the bins: its largest magnitude divided by their number. Larger values later append bins of that width; when
 * there would be more than {@value #MOST_BINS}, pairs of bins merge until there are not. Not safe for use by several threads.
 */
public final class HistogramCollector {
    /** Bins of the first batch. */
    public static final int FIRST_BINS = 2048;

    /** Most bins; a tiny first batch must not cost memory without bound. */
    public static final int MOST_BINS = 1 << 17;

    private final String name;
    private final int firstBins;
    private final boolean skipZeros;
    private final FloatKernels kernels = Kernels.floats();
    private float width;
    private long[] counts = new long[1];

    /** A collector of {@value #FIRST_BINS} bins at first. */
    public HistogramCollector(String name) {
        this(name, FIRST_BINS, false);
    }

    /**
     * A collector.
     *
     * @param name how errors call what is counted
     * @param firstBins number of bins of the first batch
     * @param skipZeros whether zeros are left out
     */
    public HistogramCollector(String name, int firstBins, boolean skipZeros) {
        if (firstBins < 1 || firstBins > MOST_BINS) {
            throw new IllegalArgumentException(firstBins + " bins");
        }
        this.name = name;
        this.firstBins = firstBins;
        this.skipZeros = skipZeros;
    }

    /** Counts a batch that lies in one piece. */
    public void collect(float[] values) {
        collect(values, 0, 1, values.length, values.length);
    }

    /**
     * Counts a batch.
     *
     * @param offset first value of the first row
     * @param rows number of rows
     * @param length values per row
     * @param stride distance of rows
     * @throws BitgrainException (bad input) for NaN and infinities, naming what is counted
     */
    public void collect(float[] values, int offset, int rows, int length, int stride) {
        float[] range = {0f, 0f};
        for (int row = 0; row < rows; row++) {
            kernels.minMax(length, values, offset + row * stride, range);
        }
        float largest = Math.max(-range[0], range[1]);
        if (!Float.isFinite(largest) || !Float.isFinite(range[0])) {
            throw BitgrainException.badInput(name + ": a value is " + (Float.isNaN(range[0]) ? "NaN" : "infinite") + "; check the data");
        }
        grow(largest);
        if (width == 0) {
            counts[0] += skipZeros ? 0 : (long) rows * length;
            return;
        }
        for (int row = 0; row < rows; row++) {
            kernels.histogram(length, values, offset + row * stride, width, counts);
        }
        if (skipZeros) {
            for (int row = 0; row < rows; row++) {
                for (int i = offset + row * stride; i < offset + row * stride + length; i++) {
                    counts[0] -= values[i] == 0 ? 1 : 0;
                }
            }
        }
    }

    private void grow(float largest) {
        if (largest == 0) {
            return;
        }
        if (width == 0) {
            width = largest / firstBins;
            if (width == 0) {
                // The largest value is so small that its share is no float: one bin is all there can be.
                width = largest;
            }
            counts = Arrays.copyOf(counts, largest == width ? 1 : firstBins);
            return;
        }
        while (Math.ceil((double) largest / width) > MOST_BINS) {
            Histogram coarser = Histogram.of(width, counts).coarsened();
            width = coarser.width();
            counts = coarser.counts();
        }
        int bins = (int) Math.ceil((double) largest / width);
        if (bins > counts.length) {
            counts = Arrays.copyOf(counts, bins);
        }
    }

    /** What was counted so far. */
    public Histogram histogram() {
        return Histogram.of(width, counts);
    }
}
