package io.github.bitgrain.simulator;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import io.github.bitgrain.core.quant.Exponents;
import io.github.bitgrain.core.quant.Target;
import io.github.bitgrain.kernels.Requantize;
import io.github.bitgrain.simulator.lowering.FilterLayout;
import java.util.List;
import java.util.Random;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

/** Proven or not, alone or side by side: every output is what the chip's accumulators give, product by product. */
class AccumulatorTest {
    private static final int SIZE = 3;
    private static final int KERNEL = 2;

    /** The order of chip-arithmetic.md §2.3, with nothing left out. */
    private static long sum(Target target, int bits, int[] x, int[] w, long bias, int channels, int pixel, int n, int outputs) {
        int lanes = target.lanes(bits);
        boolean tail = target.blockedWeights() && n >= outputs - outputs % lanes;
        int width = tail ? Target.SCALAR_ACCUMULATOR_BITS : target.laneBits(bits);
        int step = tail ? lanes : 1;
        long sum = bias;
        for (int ky = 0; ky < KERNEL; ky++) {
            for (int kx = 0; kx < KERNEL; kx++) {
                int from = ((pixel / (SIZE - 1) + ky) * SIZE + pixel % (SIZE - 1) + kx) * channels;
                for (int c = 0; c < channels; c += step) {
                    long chunk = 0;
                    for (int i = c; i < Math.min(c + step, channels); i++) {
                        chunk += (long) x[from + i] * w[((n * channels + i) * KERNEL + ky) * KERNEL + kx];
                    }
                    sum = target == Target.C ? Requantize.wrap(sum + chunk, width) : Requantize.saturate(sum + chunk, width);
                }
            }
        }
        return sum;
    }

    @Property(tries = 150, edgeCases = EdgeCasesMode.NONE)
    void outputsAreExactOnBothSidesOfTheBound(
            @ForAll Target target,
            @ForAll boolean wide,
            @ForAll @IntRange(min = 1, max = 40) int channels,
            @ForAll @IntRange(min = 1, max = 40) int outputs,
            @ForAll @IntRange(min = 1, max = 128) int spread,
            @ForAll long seed) {
        Random random = new Random(seed);
        int bits = wide ? 16 : 8;
        int largest = (1 << (bits - 1)) - 1;
        // Values near the largest, of mostly one sign, so that lanes of 20 and 40 bits fill; the spread takes some below the bound.
        int[] x = random.ints(SIZE * SIZE * channels, largest - largest / 128 * spread, largest + 1).toArray();
        int[] w = random.ints(outputs * channels * KERNEL * KERNEL, largest - largest / 128 * spread, largest + 1).toArray();
        for (int i = 0; i < w.length; i++) {
            // Some channels run up and down again, so that the order of saturation shows.
            w[i] = i / (channels * KERNEL * KERNEL) % 3 == 1 && random.nextInt(4) == 0 ? -w[i] : w[i];
        }
        long[] bias = random.longs(outputs, -(1 << 18), 1 << 18).toArray();
        FilterLayout layout = new FilterLayout(outputs, channels, KERNEL * KERNEL, false,
                target.blockedWeights() ? target.lanes(bits) : FilterLayout.PLAIN);
        int[] sources = layout.sources();
        long[] stored = new long[w.length];
        for (int i = 0; i < stored.length; i++) {
            stored[i] = w[sources[i]];
        }
        ElementType type = ElementType.ofBits(bits);
        int shift = wide ? 24 : 13;
        ChipTensor y = ChipCase.of("Conv").value(type, 0, List.of(1, SIZE, SIZE, channels), longs(x))
                .parameter(type, Exponents.of(0), layout.annotation("HW"), List.of(KERNEL, KERNEL, channels, outputs), stored)
                .parameter(wide ? ElementType.INT64 : ElementType.INT32, 0, List.of(outputs), bias)
                .output(type, shift).run(target).getFirst();
        long[] expected = new long[y.count()];
        for (int at = 0; at < expected.length; at++) {
            int n = at % outputs;
            long sum = sum(target, bits, x, w, bias[n], channels, at / outputs, n, outputs);
            expected[at] = Requantize.saturate(Requantize.shiftRight(sum, shift, target.rounding()), bits);
        }
        assertArrayEquals(expected, y.longs());
    }

    private static long[] longs(int[] values) {
        return java.util.Arrays.stream(values).asLongStream().toArray();
    }
}
