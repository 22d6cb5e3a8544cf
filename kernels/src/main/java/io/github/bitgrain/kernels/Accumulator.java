package io.github.bitgrain.kernels;

/**
 * A register that sums up products: a signed integer of so many bits that is limited to its range, or wraps around in it, after so
 * many products.
 *
 * @param bits 20 to 64
 * @param chunk input channels of one kernel position whose products are added exactly before the register takes their sum; 1 for a
 *     register that takes every product
 * @param wraps whether what leaves the range comes in on the other side; else it stops at the limit
 */
public record Accumulator(int bits, int chunk, boolean wraps) {
    /** Checks the numbers. */
    public Accumulator {
        if (bits < 20 || bits > Long.SIZE || chunk < 1) {
            throw new IllegalArgumentException("an accumulator of " + bits + " bits for " + chunk + " products");
        }
    }

    /** What the register holds after a sum. */
    public long keep(long sum) {
        return wraps ? Requantize.wrap(sum, bits) : Requantize.saturate(sum, bits);
    }

    /** The largest number that it holds. */
    public long max() {
        return Long.MAX_VALUE >>> (Long.SIZE - bits);
    }
}
