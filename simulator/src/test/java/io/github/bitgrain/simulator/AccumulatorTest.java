package io.github.bitgrain.simulator;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import io.github.bitgrain.core.quant.Exponents;
import io.github.bitgrain.core.quant.Target;
import io.github.bitgrain.kernels.Requantize;
import io.github.bitgrain.simulator.lowering.FilterLayout;
import java.util.Arrays;
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
        // At 16 bits so few products do not fill the 40 bits, but some that start near the limit do.
        long[] bias = random.longs(outputs, -(1 << 18), 1 << 18).map(b -> wide && random.nextBoolean() ? (1L << 39) - (b & 0xffff) * (1L << 21) - 1 : b)
                .toArray();
        FilterLayout layout = new FilterLayout(outputs, channels, KERNEL * KERNEL, false,
                target.blockedWeights() ? target.lanes(bits) : FilterLayout.PLAIN);
        long[] stored = stored(layout, w);
        ElementType type = ElementType.ofBits(bits);
        int shift = wide ? 25 : 13;
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

    /** Biases near the limit of the accumulator take its lanes over it within a few products, at 40 bits too. */
    @Property(tries = 150, edgeCases = EdgeCasesMode.NONE)
    void depthwiseOutputsAreExactOnBothSidesOfTheBound(
            @ForAll Target target,
            @ForAll boolean wide,
            @ForAll @IntRange(min = 2, max = 40) int channels,
            @ForAll @IntRange(min = 0, max = 44) int reach,
            @ForAll long seed) {
        Random random = new Random(seed);
        int bits = wide ? 16 : 8;
        int largest = (1 << (bits - 1)) - 1;
        int[] x = random.ints(SIZE * SIZE * channels, -largest - 1, largest + 1).toArray();
        int[] w = random.ints(channels * KERNEL * KERNEL, -largest - 1, largest + 1).toArray();
        int width = target.laneBits(bits);
        int biasBits = Math.min(width, wide ? 48 : 32);
        long limit = (1L << (biasBits - 1)) - 1;
        long[] bias = new long[channels];
        for (int n = 0; n < channels; n++) {
            long room = random.nextLong(1L << Math.min(reach, biasBits - 2));
            bias[n] = random.nextBoolean() ? limit - room : room - limit;
        }
        FilterLayout layout = new FilterLayout(channels, 1, KERNEL * KERNEL, true, target.blockedWeights() ? target.lanes(bits) : FilterLayout.PLAIN);
        long[] stored = stored(layout, w);
        ElementType type = ElementType.ofBits(bits);
        int shift = biasBits - bits + 1;
        ChipTensor y = ChipCase.of("Conv").integer("group", channels).value(type, 0, List.of(1, SIZE, SIZE, channels), longs(x))
                .parameter(type, Exponents.of(0), layout.annotation("HW"), List.of(KERNEL, KERNEL, channels, 1), stored)
                .parameter(wide ? ElementType.INT64 : ElementType.INT32, 0, List.of(channels), bias)
                .output(type, shift).run(target).getFirst();
        long[] expected = new long[y.count()];
        for (int at = 0; at < expected.length; at++) {
            int n = at % channels;
            long sum = bias[n];
            for (int tap = 0; tap < KERNEL * KERNEL; tap++) {
                int pixel = (at / channels / (SIZE - 1) + tap / KERNEL) * SIZE + at / channels % (SIZE - 1) + tap % KERNEL;
                long next = sum + (long) x[pixel * channels + n] * w[n * KERNEL * KERNEL + tap];
                sum = target == Target.C ? Requantize.wrap(next, width) : Requantize.saturate(next, width);
            }
            expected[at] = Requantize.saturate(Requantize.shiftRight(sum, shift, target.rounding()), bits);
        }
        assertArrayEquals(expected, y.longs());
    }

    @Property(tries = 150, edgeCases = EdgeCasesMode.NONE)
    void productsOfMatricesAreExactOnBothSidesOfTheBound(
            @ForAll Target target,
            @ForAll boolean wide,
            @ForAll boolean gemm,
            @ForAll @IntRange(min = 1, max = 1500) int inner,
            @ForAll @IntRange(min = 1, max = 40) int columns,
            @ForAll @IntRange(min = 1, max = 128) int spread,
            @ForAll long seed) {
        Random random = new Random(seed);
        int bits = wide ? 16 : 8;
        int largest = (1 << (bits - 1)) - 1;
        int rows = 1 + random.nextInt(9);
        int[] a = random.ints(rows * inner, largest - largest / 128 * spread, largest + 1).toArray();
        int[] w = random.ints(columns * inner, largest - largest / 128 * spread, largest + 1).toArray();
        for (int i = 0; i < w.length; i++) {
            // Some columns run up and down again, others stay small.
            int column = i / inner % 4;
            w[i] = column == 1 && random.nextInt(4) == 0 ? -w[i] : column == 2 ? w[i] >> 5 : w[i];
        }
        int lanes = target.lanes(bits);
        FilterLayout layout = new FilterLayout(columns, inner, 1, false, target.blockedWeights() ? lanes : FilterLayout.PLAIN);
        long[] stored = stored(layout, w);
        ElementType type = ElementType.ofBits(bits);
        int shift = wide ? 25 : 13;
        ChipCase product = ChipCase.of(gemm ? "Gemm" : "MatMul").value(type, 0, List.of(rows, inner), longs(a));
        product = gemm ? product.parameter(type, Exponents.of(0), layout.annotation("HW"), List.of(1, 1, inner, columns), stored)
                : product.value(type, 0, List.of(inner, columns), stored);
        ChipTensor y = product.output(type, shift).run(target).getFirst();
        long[] expected = new long[rows * columns];
        for (int at = 0; at < expected.length; at++) {
            int n = at % columns;
            boolean tail = target.blockedWeights() && n >= columns - columns % lanes;
            int width = tail ? Target.SCALAR_ACCUMULATOR_BITS : target.laneBits(bits);
            int step = tail ? lanes : 1;
            long sum = 0;
            for (int c = 0; c < inner; c += step) {
                for (int i = c; i < Math.min(c + step, inner); i++) {
                    sum += (long) a[at / columns * inner + i] * w[n * inner + i];
                }
                sum = target == Target.C ? Requantize.wrap(sum, width) : Requantize.saturate(sum, width);
            }
            expected[at] = Requantize.saturate(Requantize.shiftRight(sum, shift, target.rounding()), bits);
        }
        assertArrayEquals(expected, y.longs());
    }

    private static long[] longs(int[] values) {
        return java.util.Arrays.stream(values).asLongStream().toArray();
    }

    /** Weights in the order of the file. */
    private static long[] stored(FilterLayout layout, int[] w) {
        return Arrays.stream(layout.sources()).mapToLong(source -> w[source]).toArray();
    }
}
