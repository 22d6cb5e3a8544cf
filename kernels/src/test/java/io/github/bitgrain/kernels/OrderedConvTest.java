package io.github.bitgrain.kernels;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;

import java.util.Arrays;
import java.util.Random;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.statistics.Statistics;
import org.junit.jupiter.api.Test;

class OrderedConvTest {
    private static final IntegerKernels SCALAR = Kernels.scalarIntegers();
    private static final IntegerKernels FAST = Kernels.integers();

    /**
     * Accumulators of the chips: S3 at 8 and 16 bits, P4 at 8, the scalar one at 16 bits, C at 8 and 16 bits; and two that small
     * sums fill in double precision.
     */
    enum Chip {
        S3_8(8, new Accumulator(20, 1, false)),
        S3_16(16, new Accumulator(40, 1, false)),
        P4_8(8, new Accumulator(32, 1, false)),
        TAIL_16(16, new Accumulator(40, 8, false)),
        NARROW(8, new Accumulator(24, 1, false)),
        NARROW_CHUNKS(8, new Accumulator(22, 8, false)),
        C_8(8, new Accumulator(32, 1, true)),
        C_16(16, new Accumulator(64, 1, true));

        final int bits;
        final Accumulator accumulator;

        Chip(int bits, Accumulator accumulator) {
            this.bits = bits;
            this.accumulator = accumulator;
        }
    }

    /** 127 · 127 = 16129: 32 products fit 19 bits and a sign, the 33rd does not; then one goes back. */
    @Test
    void aLaneOfTwentyBitsStopsAtItsLimit() {
        ConvShape row = ConvShape.rows(1, 34, 34, 1, 1);
        int[] x = new int[34];
        int[] w = new int[34];
        Arrays.fill(x, 127);
        Arrays.fill(w, 127);
        w[33] = -127;
        ExactConv.Scaling scaling = new ExactConv.Scaling(new long[1], new int[] {4}, Rounding.HALF_UP, 16, false);
        int[] y = new int[1];
        for (IntegerKernels kernels : new IntegerKernels[] {SCALAR, FAST}) {
            kernels.orderedConv(row, w, scaling, Chip.S3_8.accumulator, 128).run(x, 0, y, 0);
            assertArrayEquals(new int[] {(524287 - 16129 + 8) >> 4}, y);
            // Eight at a time, the last product makes good before the limit is looked at.
            kernels.orderedConv(row, w, scaling, new Accumulator(20, 34, false), 128).run(x, 0, y, 0);
            assertArrayEquals(new int[] {(32 * 16129 + 8) >> 4}, y);
        }
    }

    /** The factory must not fall back to the reference where a chip's data are what they should be. */
    @Test
    void everyAccumulatorOfTheChipsHasAVectorKernel() {
        if (!(FAST instanceof VectorIntegerKernels)) {
            return;
        }
        ConvShape row = ConvShape.rows(4, 4608, 4608, 24, 24);
        for (Chip chip : Chip.values()) {
            ExactConv.Scaling scaling = new ExactConv.Scaling(new long[24], new int[24], Rounding.HALF_UP, chip.bits, false);
            assertInstanceOf(VectorExactConv.class, FAST.orderedConv(row, new int[24 * 4608], scaling, chip.accumulator, 1 << (chip.bits - 1)));
        }
    }

    @Property(tries = 1000, edgeCases = EdgeCasesMode.NONE)
    void vectorsSaturateWhereTheReferenceDoes(
            @ForAll Chip chip,
            @ForAll @IntRange(min = 1, max = 70) int in,
            @ForAll @IntRange(min = 1, max = 70) int out,
            @ForAll @IntRange(min = 1, max = 4) int kernelH,
            @ForAll @IntRange(min = 1, max = 4) int kernelW,
            @ForAll @IntRange(min = 1, max = 2) int stride,
            @ForAll @IntRange(min = 1, max = 2) int dilation,
            @ForAll boolean depthwise,
            @ForAll long seed) {
        Random random = new Random(seed);
        ConvShape s = RandomShape.of(random, 10, in, out, kernelH, kernelW, stride, dilation, depthwise);
        int outputs = s.outC();
        int largest = 1 << (chip.bits - 1);
        Straddle straddle = new Straddle(random, chip, s, largest);
        int[] x = straddle.inputs();
        int[] weights = straddle.weights();
        int bits = chip.bits;
        int[] shifts = random.ints(outputs, chip.accumulator.bits() - bits - 6, chip.accumulator.bits() - bits + 2).toArray();
        Rounding rounding = random.nextBoolean() ? Rounding.HALF_UP : Rounding.HALF_EVEN;
        ExactConv.Scaling scaling = new ExactConv.Scaling(straddle.biases(), shifts, rounding, bits, random.nextInt(4) == 0);
        int[] expected = random.ints(s.batch() * s.outH() * s.outW() * outputs + 5L).toArray();
        int[] actual = expected.clone();
        int[] unlimited = expected.clone();
        SCALAR.orderedConv(s, weights, scaling, chip.accumulator, largest).run(x, 3, expected, 2);
        ExactConv conv = FAST.orderedConv(s, weights, scaling, chip.accumulator, largest);
        conv.run(x, 3, actual, 2);
        assertArrayEquals(expected, actual);
        // Once more, after other data: what a call learned about tiles must not show.
        conv.run(new int[x.length], 3, actual, 2);
        conv.run(x, 3, actual, 2);
        assertArrayEquals(expected, actual);
        SCALAR.exactConv(s, weights, scaling, true).run(x, 3, unlimited, 2);
        int different = 0;
        for (int i = 0; i < expected.length; i++) {
            different += expected[i] == unlimited[i] ? 0 : 1;
        }
        Statistics.label("outputs that saturation changes").collect(different == 0 ? "none" : different == s.batch() * s.outH() * s.outW() * outputs ? "all" : "some")
                .coverage(coverage -> {
                    coverage.check("none").percentage(share -> share > 5);
                    coverage.check("some").percentage(share -> share > 15);
                });
    }

    /** Data whose sums lie on both sides of both limits: some channels start near a limit, some images are dark. */
    private record Straddle(Random random, Chip chip, ConvShape shape, int largest) {
        int[] inputs() {
            int spread = largest / 64 * (1 + random.nextInt(64));
            boolean bothSigns = random.nextBoolean();
            int pixels = shape.batch() * shape.inH() * shape.inW();
            int[] x = new int[pixels * shape.inC() + 3];
            for (int pixel = 0; pixel < pixels; pixel++) {
                int dark = random.nextInt(3) == 0 ? random.nextInt(8) : 0;
                for (int c = 0; c < shape.inC(); c++) {
                    int value = largest - 1 - random.nextInt(spread);
                    x[3 + pixel * shape.inC() + c] = (bothSigns && random.nextInt(4) == 0 ? ~value : value) >> dark;
                }
            }
            return x;
        }

        int[] weights() {
            int[] weights = new int[shape.weightCount()];
            int length = weights.length / shape.outC();
            for (int n = 0; n < shape.outC(); n++) {
                int sign = random.nextBoolean() ? 0 : -1;
                int size = random.nextBoolean() ? 0 : random.nextInt(6);
                for (int i = n * length; i < (n + 1) * length; i++) {
                    // Some go up and down again, so that the order of the limits shows.
                    int weight = (largest - 1 - random.nextInt(largest / 4)) >> size ^ sign;
                    weights[i] = n % 3 == 1 && random.nextInt(3) == 0 ? ~weight : weight;
                }
            }
            return weights;
        }

        long[] biases() {
            long max = Math.min(chip.accumulator.max(), (1L << 46) - 1);
            long product = (long) largest * largest;
            long[] bias = new long[shape.outC()];
            // One channel that starts near a limit decides for its neighbours in a vector; in some cases none does.
            boolean calm = random.nextInt(3) == 0;
            for (int n = 0; n < bias.length; n++) {
                int products = shape.groupIn() * shape.kernelH() * shape.kernelW();
                long far = Math.max(0, max - random.nextLong(product * products + 1));
                bias[n] = switch (calm ? -1 : random.nextInt(6)) {
                    case 0 -> far;
                    case 1 -> -far;
                    case 2 -> ~max;
                    case 3 -> max;
                    case 4 -> max / 2 - product;
                    default -> random.nextLong(-product, product);
                };
            }
            return bias;
        }
    }
}
