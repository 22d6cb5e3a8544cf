package io.github.bitgrain.kernels;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.Random;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class FakeQuantizationTest {
    private static final FloatKernels SCALAR = Kernels.scalarFloats();
    private static final FloatKernels FAST = Kernels.floats();

    /** The reference vector of quantization-pipeline.md, section 5.5. */
    @Test
    void theGradientIsThePublishedOne() {
        float[] x = {0.011f, -0.2f, 3.9f, 4.2f, -4.3f, 1.0f};
        double[] forAlpha = {-0.0076246, 0.0086643, 0.0043321, 2.7509279, -2.7725887, 0};
        float[] forX = {1, 1, 1, 0, 0, 1};
        for (FloatKernels kernels : new FloatKernels[] {SCALAR, FAST}) {
            for (int i = 0; i < x.length; i++) {
                // The value stands in a long run, so that it meets the vector loop.
                float[] run = new float[64];
                float[] dy = new float[64];
                run[37] = x[i];
                dy[37] = 1;
                float[] dx = new float[64];
                double sum = kernels.fakeQuantizeGradient(64, run, 0, dy, 0, dx, 0, -5, -128, 127, Rounding.HALF_EVEN, false);
                assertEquals(forAlpha[i], sum * Math.scalb(1, -5) * Math.log(2), 2e-7);
                assertEquals(forX[i], dx[37]);
            }
        }
    }

    @Test
    void quantizedValuesAreTheTableOfRoundings() {
        float[] x = {-2.5f, -1.5f, -0.5f, 0.5f, 1.5f, 2.5f, 200, -200};
        float[][] expected = {
            {-2, -2, 0, 0, 2, 2, 127, -128}, {-2, -1, 0, 1, 2, 3, 127, -128}, {-3, -2, -1, 0, 1, 2, 127, -128},
            {-2, -1, 0, 0, 1, 2, 127, -128}, {-3, -2, -1, 1, 2, 3, 127, -128}, {-2, -1, 0, 1, 2, 3, 127, -128}, {-3, -2, -1, 0, 1, 2, 127, -128}};
        for (Rounding rounding : Rounding.values()) {
            for (FloatKernels kernels : new FloatKernels[] {SCALAR, FAST}) {
                float[] run = new float[64];
                float[] y = new float[64];
                for (int i = 0; i < x.length; i++) {
                    run[i + 20] = x[i] / 8;
                }
                kernels.fakeQuantize(64, run, 0, y, 0, -3, -128, 127, rounding);
                for (int i = 0; i < x.length; i++) {
                    assertEquals(expected[rounding.ordinal()][i] / 8, y[i + 20] + 0f, rounding + " of " + x[i]);
                }
            }
        }
    }

    @Property(tries = 600, edgeCases = EdgeCasesMode.NONE)
    void valuesAndGradientsEqualTheReference(@ForAll Rounding rounding, @ForAll @IntRange(min = -20, max = 10) int exponent,
            @ForAll @IntRange(max = 3) int width, @ForAll @IntRange(max = 200) int n, @ForAll boolean accumulate, @ForAll long seed) {
        Random random = new Random(seed);
        int bits = new int[] {8, 16, 20, 32}[width];
        float qmin = FakeQuantization.qmin(bits);
        float qmax = FakeQuantization.qmax(bits);
        float scale = FakeQuantization.scale(exponent);
        float[] x = new float[n + 2];
        float[] dy = new float[n + 1];
        for (int i = 0; i < n; i++) {
            float step = switch (random.nextInt(4)) {
                case 0 -> random.nextInt(600) - 300 + 0.5f;
                case 1 -> Math.nextDown(random.nextInt(600) - 300 + 0.5f);
                case 2 -> (float) (random.nextGaussian() * qmax);
                default -> (float) random.nextGaussian() * 100;
            };
            x[i + 2] = step * scale;
            dy[i + 1] = (float) random.nextGaussian();
        }
        float[] expected = new float[n + 3];
        float[] actual = new float[n + 3];
        SCALAR.fakeQuantize(n, x, 2, expected, 3, exponent, qmin, qmax, rounding);
        FAST.fakeQuantize(n, x, 2, actual, 3, exponent, qmin, qmax, rounding);
        for (int i = 0; i < expected.length; i++) {
            assertEquals(expected[i] + 0f, actual[i] + 0f, "x = " + x[Math.max(0, i - 1)]);
        }
        float[] dx = new float[n + 3];
        Arrays.fill(dx, 0.25f);
        float[] dxActual = dx.clone();
        double sum = SCALAR.fakeQuantizeGradient(n, x, 2, dy, 1, dx, 3, exponent, qmin, qmax, rounding, accumulate);
        double sumActual = FAST.fakeQuantizeGradient(n, x, 2, dy, 1, dxActual, 3, exponent, qmin, qmax, rounding, accumulate);
        assertArrayEquals(dx, dxActual);
        double size = 0;
        for (int i = 0; i < n; i++) {
            size += Math.abs(dy[i + 1]) * Math.min(qmax, Math.max(1, Math.abs(x[i + 2] / scale)));
        }
        assertEquals(sum, sumActual, 1e-5 * size);
    }

    /** The gaps between rows hold NaN, and have no influence. */
    @Property(tries = 300, edgeCases = EdgeCasesMode.NONE)
    void gradientsOfRowsEqualTheReference(@ForAll Rounding rounding, @ForAll @IntRange(min = 1, max = 5) int rows,
            @ForAll @IntRange(min = 1, max = 40) int n, @ForAll boolean accumulate, @ForAll long seed) {
        Random random = new Random(seed);
        int stride = (n + 15) / 16 * 16;
        float[] x = new float[rows * stride + 1];
        float[] dy = new float[rows * stride + 2];
        float[] dx = new float[rows * stride];
        Arrays.fill(x, Float.NaN);
        Arrays.fill(dy, Float.NaN);
        for (int row = 0; row < rows; row++) {
            for (int i = 0; i < n; i++) {
                x[1 + row * stride + i] = (float) random.nextGaussian() * 3;
                dy[2 + row * stride + i] = (float) random.nextGaussian();
                dx[row * stride + i] = 0.25f;
            }
        }
        float[] dxActual = dx.clone();
        double sum = SCALAR.fakeQuantizeGradientOfRows(rows, n, stride, x, 1, dy, 2, dx, 0, -5, -128, 127, rounding, accumulate);
        double actual = FAST.fakeQuantizeGradientOfRows(rows, n, stride, x, 1, dy, 2, dxActual, 0, -5, -128, 127, rounding, accumulate);
        assertEquals(sum, actual, 1e-6 * rows * n * 128);
        for (int row = 0; row < rows; row++) {
            assertArrayEquals(Arrays.copyOfRange(dx, row * stride, row * stride + n), Arrays.copyOfRange(dxActual, row * stride, row * stride + n));
        }
    }

    @Test
    void quantizingInPlaceIsAllowed() {
        float[] x = new float[100];
        for (int i = 0; i < x.length; i++) {
            x[i] = i * 0.37f - 20;
        }
        float[] y = new float[100];
        FAST.fakeQuantize(100, x, 0, y, 0, -2, -128, 127, Rounding.HALF_UP);
        FAST.fakeQuantize(100, x, 0, x, 0, -2, -128, 127, Rounding.HALF_UP);
        assertArrayEquals(y, x);
    }

    @Test
    void sumsOverManyElementsStayAccurate() {
        int n = 1_000_003;
        Random random = new Random(3);
        float[] x = new float[n];
        float[] dy = new float[n];
        double size = 0;
        for (int i = 0; i < n; i++) {
            x[i] = (float) random.nextGaussian() * 3;
            dy[i] = 1e-3f * (float) random.nextGaussian();
            size += Math.abs(dy[i]);
        }
        double expected = SCALAR.fakeQuantizeGradient(n, x, 0, dy, 0, new float[n], 0, -5, -128, 127, Rounding.HALF_EVEN, false);
        double actual = FAST.fakeQuantizeGradient(n, x, 0, dy, 0, new float[n], 0, -5, -128, 127, Rounding.HALF_EVEN, false);
        assertTrue(Math.abs(expected - actual) <= 1e-6 * size, expected + " " + actual);
    }
}
