package io.github.bitgrain.quantizer.observe;

import io.github.bitgrain.core.exec.ValueView;
import java.util.Arrays;

/** Leaves out the outermost 0.01 % at both ends of each batch; the ends are averaged over batches. */
final class PercentileObserver implements Observer {
    private static final double SHARE = 0.9999;
    private static final int HALF_BITS = 16;

    private final int bits;
    private final int[] counts = new int[1 << HALF_BITS];
    private double lowSum;
    private double highSum;
    private int batches;

    PercentileObserver(int bits) {
        this.bits = bits;
    }

    @Override
    public void observe(ValueView view) {
        int n = view.rows() * view.length();
        highSum += select(view, Math.min((int) (n * SHARE), n - 1));
        lowSum += select(view, Math.max(0, (int) (n * (1 - SHARE))));
        batches++;
    }

    /** The element of a rank (0: the smallest), by counting the upper, then the lower half of the ordered bits. */
    private float select(ValueView view, int rank) {
        Arrays.fill(counts, 0);
        for (int row = 0; row < view.rows(); row++) {
            int from = view.offset() + row * view.stride();
            for (int i = from; i < from + view.length(); i++) {
                counts[ordered(view.data()[i]) >>> HALF_BITS]++;
            }
        }
        int left = rank;
        int upper = 0;
        while (left >= counts[upper]) {
            left -= counts[upper++];
        }
        Arrays.fill(counts, 0);
        for (int row = 0; row < view.rows(); row++) {
            int from = view.offset() + row * view.stride();
            for (int i = from; i < from + view.length(); i++) {
                int key = ordered(view.data()[i]);
                if (key >>> HALF_BITS == upper) {
                    counts[key & (counts.length - 1)]++;
                }
            }
        }
        int lower = 0;
        while (left >= counts[lower]) {
            left -= counts[lower++];
        }
        int key = upper << HALF_BITS | lower;
        return Float.intBitsToFloat(key < 0 ? key ^ Integer.MIN_VALUE : ~key);
    }

    /** The bits of a float as an unsigned integer that grows with the value. */
    private static int ordered(float x) {
        int bits = Float.floatToRawIntBits(x);
        return bits < 0 ? ~bits : bits ^ Integer.MIN_VALUE;
    }

    @Override
    public int exponent() {
        return Ranges.exponent((float) (lowSum / batches), (float) (highSum / batches), bits);
    }
}
