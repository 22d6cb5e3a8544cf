package io.github.bitgrain.kernels;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Random;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

class ExactConvTest {
    /** Sums go up to what the precision holds, so that a product too many, a lost bit or a wrong tie shows. */
    @Property(tries = 600, edgeCases = EdgeCasesMode.NONE)
    void vectorsGiveTheIntegersOfTheReference(
            @ForAll @IntRange(min = 1, max = 70) int in,
            @ForAll @IntRange(min = 1, max = 70) int out,
            @ForAll @IntRange(min = 1, max = 4) int kernelH,
            @ForAll @IntRange(min = 1, max = 4) int kernelW,
            @ForAll @IntRange(min = 1, max = 3) int stride,
            @ForAll @IntRange(min = 1, max = 2) int dilation,
            @ForAll boolean depthwise,
            @ForAll boolean isDouble,
            @ForAll long seed) {
        Random random = new Random(seed);
        ConvShape s = RandomShape.of(random, 12, in, out, kernelH, kernelW, stride, dilation, depthwise);
        int outputs = s.outC();
        int bits = isDouble || random.nextBoolean() ? 16 : 8;
        int largest = 1 << (isDouble ? 15 : 7);
        int[] x = random.ints(s.batch() * s.inH() * s.inW() * in + 3L, -largest, largest).toArray();
        int[] weights = new int[s.weightCount()];
        long[] bias = new long[outputs];
        int[] shifts = new int[outputs];
        int taps = weights.length / outputs;
        long room = isDouble ? ExactConv.LARGEST_IN_DOUBLE : ExactConv.LARGEST_IN_FLOAT;
        for (int n = 0; n < outputs; n++) {
            long norm = 0;
            for (int i = n * taps; i < (n + 1) * taps; i++) {
                weights[i] = random.nextInt(-largest, largest);
                norm += Math.abs(weights[i]);
            }
            long left = room - norm * largest;
            assertTrue(left >= 0);
            bias[n] = random.nextInt(4) == 0 ? (random.nextBoolean() ? left : -left) : random.nextLong(-left - 1, left + 1) >> random.nextInt(30);
            shifts[n] = random.nextInt(-3, isDouble ? 40 : 24);
        }
        Rounding rounding = random.nextBoolean() ? Rounding.HALF_UP : Rounding.HALF_EVEN;
        ExactConv.Scaling scaling = new ExactConv.Scaling(bias, shifts, rounding, bits, random.nextBoolean());
        int[] expected = random.ints(s.batch() * s.outH() * s.outW() * outputs + 5L).toArray();
        int[] actual = expected.clone();
        Kernels.scalarIntegers().exactConv(s, weights, scaling, isDouble).run(x, 3, expected, 2);
        Kernels.integers().exactConv(s, weights, scaling, isDouble).run(x, 3, actual, 2);
        assertArrayEquals(expected, actual);
    }
}
