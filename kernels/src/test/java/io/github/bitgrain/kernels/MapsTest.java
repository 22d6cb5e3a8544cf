package io.github.bitgrain.kernels;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.Random;
import java.util.stream.IntStream;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Element-wise kernels, reductions and the optimizer step. */
class MapsTest {
    private static final FloatKernels SCALAR = Kernels.scalarFloats();
    private static final FloatKernels FAST = Kernels.floats();
    private static final double STEP = 1e-3;

    /** Parameters that make every function of two parameters an interesting one. */
    private static final float P = 0.3f;
    private static final float Q = 0.45f;

    @ParameterizedTest
    @EnumSource(UnaryFunction.class)
    void derivativesAgreeWithDifferences(UnaryFunction f) {
        for (float x : new float[] {-4.1f, -2.2f, -1.3f, -0.7f, -0.11f, 0.12f, 0.37f, 0.9f, 1.6f, 2.7f, 3.9f}) {
            if (x < 0 && (f == UnaryFunction.LOG || f == UnaryFunction.SQRT)) {
                continue;
            }
            double difference = ((double) ScalarFunctions.apply(f, P, Q, (float) (x + STEP)) - ScalarFunctions.apply(f, P, Q, (float) (x - STEP)))
                    / ((double) (float) (x + STEP) - (float) (x - STEP));
            float derivative = ScalarFunctions.derivative(f, P, Q, x, ScalarFunctions.apply(f, P, Q, x));
            assertEquals(difference, derivative, 2e-3 * Math.max(1, Math.abs(difference)), f + " at " + x);
        }
    }

    /** A gradient through a quantized zero is a number. */
    @Test
    void theSlopeOfARootAtZeroIsZero() {
        assertEquals(0f, ScalarFunctions.derivative(UnaryFunction.SQRT, P, Q, 0f, 0f));
    }

    /** Values of Abramowitz and Stegun, table 7.1. */
    @Test
    void theErrorFunctionHasTheTabulatedValues() {
        assertEquals(0.5204998778, ScalarFunctions.erf(0.5), 1e-10);
        assertEquals(0.9953222650, ScalarFunctions.erf(2), 1e-10);
        assertEquals(0.99959304798, ScalarFunctions.erf(2.5), 1e-11);
        assertEquals(-0.99997790950, ScalarFunctions.erf(-3), 1e-11);
    }

    /** Every entry is found, at every place in a vector; other values find some entry. */
    @Property(tries = 200)
    void lookedUpEntriesEqualTheReference(@ForAll @IntRange(max = 300) int n, @ForAll long seed) {
        Random random = new Random(seed);
        float[] table = values(random, Finish.ENTRIES);
        float[] x = new float[n + 4];
        for (int i = 0; i < n; i++) {
            x[3 + i] = (i + (int) seed & 255) - 128;
        }
        float[] expected = new float[n + 2];
        float[] actual = new float[n + 2];
        SCALAR.lookUp(table, n, x, 3, expected, 1);
        FAST.lookUp(table, n, x, 3, actual, 1);
        assertArrayEquals(expected, actual);
        for (int i = 0; i < n; i++) {
            assertEquals(table[(int) x[3 + i] + 128], actual[1 + i]);
        }
        float[] strange = {Float.NaN, Float.POSITIVE_INFINITY, 1e9f, -1e9f, 0.5f, 128f, -129f, 300f, -1e38f, 2f, 3f, 4f, 5f, 6f, 7f, 8f};
        FAST.lookUp(table, strange.length, strange, 0, strange, 0);
        for (float value : strange) {
            assertTrue(IntStream.range(0, table.length).anyMatch(i -> table[i] == value), () -> value + " is no entry");
        }
    }

    @Property(tries = 200, edgeCases = EdgeCasesMode.NONE)
    void copiedRowsLeaveTheGaps(@ForAll @IntRange(max = 5) int rows, @ForAll @IntRange(max = 70) int n, @ForAll @IntRange(max = 3) int gap,
            @ForAll boolean whole, @ForAll long seed) {
        int length = whole ? n / 16 * 16 : n;
        Random random = new Random(seed);
        float[] x = values(random, 2 + rows * (length + 1));
        float[] expected = values(random, 3 + rows * (length + gap));
        float[] actual = expected.clone();
        SCALAR.copyRows(rows, length, x, 2, length + 1, expected, 3, length + gap);
        FAST.copyRows(rows, length, x, 2, length + 1, actual, 3, length + gap);
        assertArrayEquals(expected, actual);
        for (int row = 0; row < rows; row++) {
            for (int i = 0; i < length; i++) {
                assertEquals(x[2 + row * (length + 1) + i], actual[3 + row * (length + gap) + i]);
            }
        }
    }

    @Property(tries = 200, edgeCases = EdgeCasesMode.NONE)
    void sumsOfRowsAreLimitedAndLeaveTheGaps(@ForAll @IntRange(max = 5) int rows, @ForAll @IntRange(max = 70) int n, @ForAll @IntRange(max = 20) int gap,
            @ForAll boolean minus, @ForAll long seed) {
        Random random = new Random(seed);
        float[] a = values(random, 1 + rows * (n + gap));
        float[] b = values(random, 2 + rows * (n + 1));
        float[] before = values(random, 3 + rows * (n + 2 * gap));
        float[] expected = before.clone();
        float[] actual = before.clone();
        float sign = minus ? -1f : 1f;
        SCALAR.sumRows(rows, n, a, 1, n + gap, sign, b, 2, n + 1, -P, Q, expected, 3, n + 2 * gap);
        FAST.sumRows(rows, n, a, 1, n + gap, sign, b, 2, n + 1, -P, Q, actual, 3, n + 2 * gap);
        assertArrayEquals(expected, actual);
        for (int row = 0; row < rows; row++) {
            for (int i = 0; i < n; i++) {
                float sum = a[1 + row * (n + gap) + i] + sign * b[2 + row * (n + 1) + i];
                before[3 + row * (n + 2 * gap) + i] = Math.clamp(sum, -P, Q);
            }
        }
        assertArrayEquals(before, actual);
    }

    @Property(tries = 400, edgeCases = EdgeCasesMode.NONE)
    void functionsEqualTheReference(@ForAll UnaryFunction f, @ForAll @IntRange(max = 100) int n, @ForAll long seed, @ForAll boolean accumulate) {
        Random random = new Random(seed);
        int xo = random.nextInt(5);
        int yo = random.nextInt(5);
        float[] x = values(random, xo + n);
        float[] dy = values(random, yo + n);
        float[] expected = new float[yo + n];
        float[] actual = new float[yo + n];
        SCALAR.unary(f, P, Q, n, x, xo, expected, yo);
        FAST.unary(f, P, Q, n, x, xo, actual, yo);
        assertUlps(f, expected, actual, transcendental(f) ? 6 : 0, 0);

        float[] dx = values(random, xo + n);
        float[] dxActual = dx.clone();
        float[] before = dx.clone();
        SCALAR.unaryGradient(f, P, Q, n, x, xo, expected, yo, dy, yo, dx, xo, accumulate);
        FAST.unaryGradient(f, P, Q, n, x, xo, expected, yo, dy, yo, dxActual, xo, accumulate);
        for (int i = 0; i < n; i++) {
            double size = Math.abs(dy[yo + i]) + (accumulate ? Math.abs(before[xo + i]) : 0);
            double bound = transcendental(f) ? 8 * Math.ulp((float) size) : 0;
            assertTrue(same(dx[xo + i], dxActual[xo + i]) || Math.abs(dx[xo + i] - dxActual[xo + i]) <= bound, f + " gradient " + dx[xo + i] + " " + dxActual[xo + i]);
        }
    }

    /** Threads split a map anywhere: no element may hear of it. */
    @Property(tries = 400, edgeCases = EdgeCasesMode.NONE)
    void functionsDoNotDependOnTheSplit(@ForAll UnaryFunction f, @ForAll @IntRange(min = 1, max = 100) int n, @ForAll long seed,
            @ForAll boolean accumulate) {
        Random random = new Random(seed);
        int cut = random.nextInt(n);
        float[] x = values(random, n);
        float[] dy = values(random, n);
        float[] whole = new float[n];
        float[] parts = new float[n];
        FAST.unary(f, P, Q, n, x, 0, whole, 0);
        FAST.unary(f, P, Q, cut, x, 0, parts, 0);
        FAST.unary(f, P, Q, n - cut, x, cut, parts, cut);
        assertArrayEquals(whole, parts, f + " cut at " + cut + " of " + n);

        float[] dx = values(random, n);
        float[] dxParts = dx.clone();
        FAST.unaryGradient(f, P, Q, n, x, 0, whole, 0, dy, 0, dx, 0, accumulate);
        FAST.unaryGradient(f, P, Q, cut, x, 0, whole, 0, dy, 0, dxParts, 0, accumulate);
        FAST.unaryGradient(f, P, Q, n - cut, x, cut, whole, cut, dy, cut, dxParts, cut, accumulate);
        assertArrayEquals(dx, dxParts, f + " gradient cut at " + cut + " of " + n);
    }

    @Property(tries = 300, edgeCases = EdgeCasesMode.NONE)
    void binaryMapsEqualTheReference(@ForAll BinaryFunction f, @ForAll @IntRange(max = 70) int n, @ForAll long seed,
            @ForAll @IntRange(max = 1) int aStep, @ForAll @IntRange(max = 1) int bStep) {
        Random random = new Random(seed);
        float[] a = values(random, n + 3);
        float[] b = values(random, n + 3);
        float[] expected = values(random, n + 3);
        float[] actual = expected.clone();
        SCALAR.binary(f, n, a, 1, aStep, b, 2, bStep, expected, 3);
        FAST.binary(f, n, a, 1, aStep, b, 2, bStep, actual, 3);
        assertArrayEquals(expected, actual);
        SCALAR.addScaled(n, 0.7f, a, 3, expected, 1);
        FAST.addScaled(n, 0.7f, a, 3, actual, 1);
        assertArrayEquals(expected, actual);
        SCALAR.addProduct(n, a, 3, b, 2, bStep, expected, 1);
        FAST.addProduct(n, a, 3, b, 2, bStep, actual, 1);
        assertArrayEquals(expected, actual);
    }

    @Property(tries = 200, edgeCases = EdgeCasesMode.NONE)
    void reductionsEqualTheReference(@ForAll @IntRange(max = 300) int n, @ForAll long seed) {
        Random random = new Random(seed);
        float[] a = values(random, n + 1);
        float[] b = values(random, n + 2);
        double size = 0;
        for (float v : a) {
            size += Math.abs(v) + v * v;
        }
        assertEquals(SCALAR.sum(n, a, 1), FAST.sum(n, a, 1), 1e-13 * size);
        assertEquals(SCALAR.dot(n, a, 1, b, 2), FAST.dot(n, a, 1, b, 2), 1e-12 * (size + n));
        assertEquals(SCALAR.squaredDistance(n, a, 1, b, 2), FAST.squaredDistance(n, a, 1, b, 2), 1e-12 * (size + n));
        float[] expected = {0.5f, 0.6f};
        float[] actual = {0.5f, 0.6f};
        SCALAR.minMax(n, a, 1, expected);
        FAST.minMax(n, a, 1, actual);
        assertArrayEquals(expected, actual);
        long[] bins = new long[7];
        long[] counted = new long[7];
        SCALAR.histogram(n, a, 1, 0.3f, bins);
        FAST.histogram(n, a, 1, 0.3f, counted);
        assertArrayEquals(bins, counted);
    }

    @Test
    void reductionsOfKnownValues() {
        float[] x = {3, -1, 4, -1.5f, 5};
        assertEquals(9.5, SCALAR.sum(5, x, 0));
        assertEquals(26.25, SCALAR.dot(3, x, 1, x, 1) + SCALAR.dot(1, x, 0, x, 0) - 2);
        assertEquals(6.25 + 36, SCALAR.squaredDistance(2, x, 1, new float[] {1.5f, -2}, 0));
        long[] bins = new long[3];
        SCALAR.histogram(5, x, 0, 2f, bins);
        assertArrayEquals(new long[] {2, 1, 2}, bins);
    }

    @Test
    void notANumberSpreadsToBothLimits() {
        float[] x = new float[50];
        x[17] = Float.NaN;
        float[] range = {0, 0};
        FAST.minMax(50, x, 0, range);
        assertTrue(Float.isNaN(range[0]) && Float.isNaN(range[1]));
    }

    /** First steps of the algorithm by hand: the first step has the size of the rate, whatever the gradient. */
    @Test
    void theFirstAdamStepHasTheSizeOfTheRate() {
        float[] w = {1, 1};
        float[] m = new float[2];
        float[] v = new float[2];
        SCALAR.adam(2, w, 0, new float[] {1e-3f, -20}, 0, m, 0, v, 0, 0.01f / (1 - 0.9f), 0.9f, 1 - 0.9f, 0.999f, 1 - 0.999f, (float) Math.sqrt(1 - 0.999f), 1e-8f);
        assertEquals(0.99f, w[0], 1e-6f);
        assertEquals(1.01f, w[1], 1e-6f);
    }

    @Property(tries = 100, edgeCases = EdgeCasesMode.NONE)
    void adamEqualsTheReference(@ForAll @IntRange(max = 70) int n, @ForAll long seed) {
        Random random = new Random(seed);
        float[] g = values(random, n + 4);
        float[][] expected = {values(random, n + 1), values(random, n + 2), new float[n + 3]};
        float[][] actual = {expected[0].clone(), expected[1].clone(), expected[2].clone()};
        SCALAR.adam(n, expected[0], 1, g, 4, expected[1], 2, expected[2], 3, 0.03f, 0.9f, 0.1f, 0.999f, 0.001f, 0.45f, 1e-8f);
        FAST.adam(n, actual[0], 1, g, 4, actual[1], 2, actual[2], 3, 0.03f, 0.9f, 0.1f, 0.999f, 0.001f, 0.45f, 1e-8f);
        for (int i = 0; i < 3; i++) {
            assertArrayEquals(expected[i], actual[i]);
        }
    }

    @Property(tries = 100, edgeCases = EdgeCasesMode.NONE)
    void softmaxAndItsGradientAgree(@ForAll @IntRange(min = 1, max = 40) int n, @ForAll boolean logarithm, @ForAll long seed) {
        Random random = new Random(seed);
        float[] x = values(random, 2 * n + 3);
        float[] dy = values(random, 2 * n);
        float[] y = new float[2 * n];
        FAST.softmax(logarithm, 2, n, x, 0, n + 3, y, 0, n);
        for (int row = 0; row < 2; row++) {
            double sum = 0;
            for (int i = 0; i < n; i++) {
                sum += logarithm ? Math.exp(y[row * n + i]) : y[row * n + i];
            }
            assertEquals(1, sum, 1e-5);
        }
        float[] dx = new float[2 * n];
        FAST.softmaxGradient(logarithm, 2, n, y, 0, n, dy, 0, n, dx, 0, n);
        int i = random.nextInt(n);
        float[] moved = x.clone();
        moved[i] += 0.01f;
        float[] up = new float[2 * n];
        FAST.softmax(logarithm, 2, n, moved, 0, n + 3, up, 0, n);
        moved[i] = x[i] - 0.01f;
        float[] down = new float[2 * n];
        FAST.softmax(logarithm, 2, n, moved, 0, n + 3, down, 0, n);
        double difference = (SCALAR.dot(n, up, 0, dy, 0) - SCALAR.dot(n, down, 0, dy, 0)) / 0.02;
        assertEquals(difference, dx[i], 2e-3 * (1 + Math.abs(difference)));
    }

    @Property(tries = 100, edgeCases = EdgeCasesMode.NONE)
    void softmaxEqualsTheReference(@ForAll @IntRange(min = 1, max = 300) int n, @ForAll boolean logarithm, @ForAll long seed) {
        float[] x = values(new Random(seed), 2 * n + 3);
        float[] expected = new float[2 * n];
        float[] actual = new float[2 * n];
        SCALAR.softmax(logarithm, 2, n, x, 0, n + 3, expected, 0, n);
        FAST.softmax(logarithm, 2, n, x, 0, n + 3, actual, 0, n);
        // Differences from the maximum go up to 16: rounding them may cost the exponential 8 ulps. The logarithm of a sum near 1 is near 0: its
        // error is that of the sum.
        int ulps = 16 + n / 8;
        assertUlps("softmax", expected, actual, ulps, logarithm ? ulps * Math.ulp(1f) : Float.MIN_NORMAL);
    }

    @Property(tries = 100, edgeCases = EdgeCasesMode.NONE)
    void layoutsConvertAndBack(@ForAll @IntRange(min = 1, max = 3) int batch, @ForAll @IntRange(min = 1, max = 40) int channels,
            @ForAll @IntRange(min = 1, max = 150) int pixels, @ForAll @IntRange(max = 5) int gap, @ForAll long seed) {
        float[] x = values(new Random(seed), batch * channels * pixels);
        float[] y = new float[batch * pixels * (channels + gap) + 1];
        Arrays.fill(y, 9f);
        FAST.toNhwc(batch, channels, pixels, x, 0, channels + gap, y, 1);
        float[] expected = new float[y.length];
        Arrays.fill(expected, 9f);
        SCALAR.toNhwc(batch, channels, pixels, x, 0, channels + gap, expected, 1);
        assertArrayEquals(expected, y);
        int n = batch - 1;
        int p = pixels / 2;
        int c = channels - 1;
        assertEquals(x[(n * channels + c) * pixels + p], y[1 + (n * pixels + p) * (channels + gap) + c]);
        if (gap > 0) {
            assertEquals(0, y[y.length - 1]);
        }
        float[] back = new float[x.length];
        FAST.toNchw(batch, channels, pixels, channels + gap, y, 1, back, 0);
        assertArrayEquals(x, back);
    }

    @Property(tries = 300, edgeCases = EdgeCasesMode.NONE)
    void matrixProductsEqualTheReference(@ForAll @IntRange(min = 1, max = 40) int m, @ForAll @IntRange(min = 1, max = 70) int n,
            @ForAll @IntRange(min = 1, max = 60) int k, @ForAll boolean aTurned, @ForAll boolean bTurned, @ForAll boolean accumulate, @ForAll long seed) {
        Random random = new Random(seed);
        float[] a = values(random, m * k + 1);
        float[] b = values(random, n * k + 2);
        int cRow = n + random.nextInt(3);
        float[] expected = values(random, m * cRow + 3);
        float[] actual = expected.clone();
        float[] sizes = absolute(expected);
        int aRow = aTurned ? 1 : k;
        int aColumn = aTurned ? m : 1;
        int bRow = bTurned ? 1 : n;
        int bColumn = bTurned ? k : 1;
        SCALAR.gemm(m, n, k, a, 1, aRow, aColumn, b, 2, bRow, bColumn, expected, 3, cRow, accumulate);
        FAST.gemm(m, n, k, a, 1, aRow, aColumn, b, 2, bRow, bColumn, actual, 3, cRow, accumulate);
        SCALAR.gemm(m, n, k, absolute(a), 1, aRow, aColumn, absolute(b), 2, bRow, bColumn, sizes, 3, cRow, accumulate);
        for (int i = 0; i < expected.length; i++) {
            assertEquals(expected[i], actual[i], 2 * (k + 1) * Math.ulp(sizes[i]));
        }
    }

    private static float[] absolute(float[] values) {
        float[] result = values.clone();
        for (int i = 0; i < result.length; i++) {
            result[i] = Math.abs(result[i]);
        }
        return result;
    }

    private static boolean transcendental(UnaryFunction f) {
        return switch (f) {
            case SIGMOID, TANH, SWISH, EXP, ELU, GELU, GELU_TANH, LOG, ERF -> true;
            default -> false;
        };
    }

    private static boolean same(float a, float b) {
        return a == b || Float.isNaN(a) && Float.isNaN(b);
    }

    private static void assertUlps(Object what, float[] expected, float[] actual, int ulps, double absolute) {
        for (int i = 0; i < expected.length; i++) {
            double bound = ulps * Math.ulp(expected[i]) + absolute;
            assertTrue(same(expected[i], actual[i]) || Math.abs(expected[i] - actual[i]) <= bound, what + ": " + expected[i] + " " + actual[i]);
        }
    }

    private static float[] values(Random random, int n) {
        float[] values = new float[n];
        for (int i = 0; i < n; i++) {
            values[i] = (float) (random.nextGaussian() * 2);
        }
        return values;
    }
}
