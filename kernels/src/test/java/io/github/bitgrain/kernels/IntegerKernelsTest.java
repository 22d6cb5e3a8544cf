package io.github.bitgrain.kernels;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Arrays;
import java.util.Random;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class IntegerKernelsTest {
    private static final IntegerKernels SCALAR = Kernels.scalarIntegers();
    private static final IntegerKernels FAST = Kernels.integers();

    @Test
    void theProductOfTwoSmallMatricesIsTheKnownOne() {
        byte[] a = {1, 2, 3, 4, 5, 6};
        byte[] b = {7, 8, 9, 10, 11, 12};
        int[] c = {100, 100, 100, 100};
        SCALAR.gemm(2, 2, 3, a, 0, 3, b, 0, 2, c, 0, 2, false);
        assertArrayEquals(new int[] {58, 64, 139, 154}, c);
        SCALAR.gemm(2, 2, 3, a, 0, 3, b, 0, 2, c, 0, 2, true);
        assertArrayEquals(new int[] {116, 128, 278, 308}, c);
    }

    @Test
    void extremeFactorsOverflowNothing() {
        int k = 70;
        byte[] bytes = new byte[k * 70];
        short[] shorts = new short[k * 70];
        Arrays.fill(bytes, Byte.MIN_VALUE);
        Arrays.fill(shorts, Short.MIN_VALUE);
        for (IntegerKernels kernels : new IntegerKernels[] {SCALAR, FAST}) {
            int[] c = new int[3 * 67];
            kernels.gemm(3, 67, k, bytes, 0, k, bytes, 0, 67, c, 0, 67, false);
            long[] d = new long[3 * 67];
            kernels.gemm(3, 67, k, shorts, 0, k, shorts, 0, 67, d, 0, 67, false);
            for (int i = 0; i < c.length; i++) {
                assertEquals(k << 14, c[i]);
                assertEquals((long) k << 30, d[i]);
            }
            assertEquals(k << 14, kernels.dot(k, bytes, 1, bytes, 5));
            assertEquals((long) k << 30, kernels.dot(k, shorts, 1, shorts, 5));
        }
    }

    @Property(tries = 300, edgeCases = EdgeCasesMode.NONE)
    void allImplementationsGiveTheSameSums(
            @ForAll @IntRange(min = 1, max = 9) int m,
            @ForAll @IntRange(min = 1, max = 90) int n,
            @ForAll @IntRange(min = 1, max = 90) int k,
            @ForAll boolean accumulate,
            @ForAll long seed) {
        Random random = new Random(seed);
        int aRow = k + random.nextInt(3);
        int bRow = n + random.nextInt(3);
        int cRow = n + random.nextInt(3);
        byte[] a = new byte[m * aRow + 1];
        byte[] b = new byte[k * bRow + 2];
        random.nextBytes(a);
        random.nextBytes(b);
        int[] expected = random.ints(m * cRow + 3L).toArray();
        int[] actual = expected.clone();
        SCALAR.gemm(m, n, k, a, 1, aRow, b, 2, bRow, expected, 3, cRow, accumulate);
        FAST.gemm(m, n, k, a, 1, aRow, b, 2, bRow, actual, 3, cRow, accumulate);
        assertArrayEquals(expected, actual);
        assertEquals(SCALAR.dot(k, a, 1, b, 2), FAST.dot(k, a, 1, b, 2));

        short[] a16 = shorts(random, a.length);
        short[] b16 = shorts(random, b.length);
        long[] expected16 = random.longs(m * cRow + 3L).toArray();
        long[] actual16 = expected16.clone();
        SCALAR.gemm(m, n, k, a16, 1, aRow, b16, 2, bRow, expected16, 3, cRow, accumulate);
        FAST.gemm(m, n, k, a16, 1, aRow, b16, 2, bRow, actual16, 3, cRow, accumulate);
        assertArrayEquals(expected16, actual16);
        assertEquals(SCALAR.dot(k, a16, 1, b16, 2), FAST.dot(k, a16, 1, b16, 2));
    }

    private static short[] shorts(Random random, int n) {
        short[] values = new short[n];
        for (int i = 0; i < n; i++) {
            values[i] = (short) random.nextInt();
        }
        return values;
    }
}
