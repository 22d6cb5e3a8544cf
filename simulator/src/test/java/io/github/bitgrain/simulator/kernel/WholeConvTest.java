package io.github.bitgrain.simulator.kernel;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import io.github.bitgrain.kernels.ConvShape;
import io.github.bitgrain.kernels.ExactConv;
import io.github.bitgrain.kernels.Kernels;
import io.github.bitgrain.kernels.Rounding;
import io.github.bitgrain.simulator.ChipBuffer;
import io.github.bitgrain.simulator.ElementType;
import java.util.Arrays;
import java.util.Random;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

class WholeConvTest {
    /** Whole floats give the integers of the reference, ties included, with sums up to what either way of rounding half up holds. */
    @Property(tries = 400, edgeCases = EdgeCasesMode.NONE)
    void wholesAreTheIntegersOfTheReference(@ForAll @IntRange(min = 1, max = 40) int in, @ForAll @IntRange(min = 1, max = 40) int out,
            @ForAll @IntRange(min = 1, max = 3) int kernel, @ForAll boolean up, @ForAll boolean halvesFit, @ForAll long seed) {
        Random random = new Random(seed);
        int size = kernel + random.nextInt(5);
        int extent = size - kernel + 1;
        ConvShape shape = new ConvShape(1, size, size, in, in, extent, extent, out, out, kernel, kernel, 1, 1, 1, 1, 0, 0, 1);
        int[] weights = random.ints(shape.weightCount(), -128, 128).toArray();
        int taps = weights.length / out;
        long room = halvesFit ? ExactConv.LARGEST_IN_FLOAT / 2 - 1 : ExactConv.LARGEST_IN_FLOAT - 1;
        long[] bias = new long[out];
        int[] shifts = new int[out];
        long largestSum = 0;
        for (int n = 0; n < out; n++) {
            long norm = Arrays.stream(weights, n * taps, (n + 1) * taps).map(Math::abs).sum() * 128L;
            long left = room - norm;
            bias[n] = random.nextInt(4) == 0 ? (random.nextBoolean() ? left : -left) : random.nextLong(-left, left + 1) >> random.nextInt(20);
            shifts[n] = random.nextInt(-2, 24);
            largestSum = Math.max(largestSum, Math.abs(bias[n]) + norm);
        }
        ExactConv.Scaling scaling = new ExactConv.Scaling(bias, shifts, up ? Rounding.HALF_UP : Rounding.HALF_EVEN, 8, random.nextBoolean());
        ChipBuffer x = new ChipBuffer(ElementType.INT8, 0);
        x.reshape(1, size, size, in);
        // Few different values, so that many sums are ties.
        Arrays.setAll(x.ints(), i -> random.nextInt(3) == 0 ? random.nextInt(-128, 128) : 0);
        int[] expected = new int[extent * extent * out];
        Kernels.scalarIntegers().exactConv(shape, weights, scaling, true).run(x.ints(), 0, expected, 0);
        ChipBuffer y = new ChipBuffer(ElementType.INT8, 0);
        y.reshapeWholes(1, extent, extent, out);
        new WholeConv(shape, weights, scaling, largestSum, null).run(x, y);
        assertArrayEquals(expected, Arrays.copyOf(y.ints(), y.count()));
    }
}
