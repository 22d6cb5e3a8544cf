package io.github.bitgrain.kernels;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Arrays;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

class PoolingTest {
    private static final FloatKernels SCALAR = Kernels.scalarFloats();
    private static final FloatKernels FAST = Kernels.floats();

    @Test
    void knownWindows() {
        float[] x = {1, 5, 2, 5, 3, 4, 0, -1, 6};
        PoolShape shape = new PoolShape(1, 3, 3, 1, 1, 2, 2, 1, 2, 2, 2, 2, 1, 1, 0, 0, 1, 1, false);
        float[] y = new float[4];
        SCALAR.maxPool(shape, x, 0, y, 0);
        assertArrayEquals(new float[] {5, 4, 0, 6}, y);
        float[] dx = new float[9];
        SCALAR.maxPoolGradient(shape, x, 0, y, 0, new float[] {1, 2, 3, 4}, 0, dx, 0);
        assertArrayEquals(new float[] {0, 1, 0, 0, 0, 2, 3, 0, 4}, dx);
        SCALAR.averagePool(shape, x, 0, y, 0);
        assertArrayEquals(new float[] {3.5f, 3, -0.5f, 6}, y);
        PoolShape counting = new PoolShape(1, 3, 3, 1, 1, 2, 2, 1, 2, 2, 2, 2, 1, 1, 0, 0, 1, 1, true);
        SCALAR.averagePool(counting, x, 0, y, 0);
        assertArrayEquals(new float[] {3.5f, 1.5f, -0.25f, 1.5f}, y);
    }

    @Property(tries = 400)
    void poolingEqualsTheReference(@ForAll long seed) {
        Random random = new Random(seed);
        int kernelH = 1 + random.nextInt(4);
        int kernelW = 1 + random.nextInt(4);
        int strideH = 1 + random.nextInt(3);
        int strideW = 1 + random.nextInt(3);
        int dilation = random.nextInt(4) == 0 ? 2 : 1;
        int inH = dilation * (kernelH - 1) + 1 + random.nextInt(6);
        int inW = dilation * (kernelW - 1) + 1 + random.nextInt(6);
        int padTop = dilation == 1 ? random.nextInt(kernelH) : 0;
        int padLeft = dilation == 1 ? random.nextInt(kernelW) : 0;
        int padBottom = dilation == 1 ? random.nextInt(kernelH) : 0;
        int padRight = dilation == 1 ? random.nextInt(kernelW) : 0;
        int outH = (inH + padTop + padBottom - dilation * (kernelH - 1) - 1) / strideH + 1;
        int outW = (inW + padLeft + padRight - dilation * (kernelW - 1) - 1) / strideW + 1;
        int channels = 1 + random.nextInt(40);
        int inStride = random.nextBoolean() ? channels : (channels + 15) / 16 * 16;
        int outStride = random.nextBoolean() ? channels : (channels + 15) / 16 * 16;
        PoolShape shape = new PoolShape(1 + random.nextInt(2), inH, inW, channels, inStride, outH, outW, outStride, kernelH, kernelW,
                strideH, strideW, dilation, dilation, padTop, padLeft, padBottom, padRight, random.nextBoolean());
        check(shape, random);
    }

    @Test
    void aWindowWithNotANumberPassesNoGradient() {
        PoolShape shape = PoolShape.global(1, 2, 2, 16, 16, 16);
        float[] x = new float[64];
        Arrays.fill(x, 1f);
        x[20] = Float.NaN;
        float[] dy = new float[16];
        Arrays.fill(dy, 2f);
        for (FloatKernels kernels : new FloatKernels[] {SCALAR, FAST}) {
            float[] y = new float[16];
            float[] dx = new float[64];
            kernels.maxPool(shape, x, 0, y, 0);
            kernels.maxPoolGradient(shape, x, 0, y, 0, dy, 0, dx, 0);
            assertEquals(Float.NaN, y[4]);
            assertEquals(2f, dx[3]);
            for (int pixel = 0; pixel < 4; pixel++) {
                assertEquals(0f, dx[pixel * 16 + 4]);
            }
        }
    }

    @Test
    void wholeMapsEqualTheReference() {
        check(PoolShape.global(3, 7, 5, 37, 48, 48), new Random(1));
        check(PoolShape.global(3, 7, 5, 37, 37, 37), new Random(2));
    }

    private static void check(PoolShape s, Random random) {
        float[] x = map(random, s.batch() * s.inH() * s.inW(), s.channels(), s.inStride());
        float[] dy = map(random, s.batch() * s.outH() * s.outW(), s.channels(), s.outStride());
        for (boolean max : new boolean[] {true, false}) {
            float[][] y = new float[2][dy.length + 1];
            float[][] dx = new float[2][x.length + 2];
            for (int i = 0; i < 2; i++) {
                FloatKernels kernels = i == 0 ? SCALAR : FAST;
                if (max) {
                    kernels.maxPool(s, x, 0, y[i], 1);
                    kernels.maxPoolGradient(s, x, 0, y[i], 1, dy, 0, dx[i], 2);
                } else {
                    kernels.averagePool(s, x, 0, y[i], 1);
                    kernels.averagePoolGradient(s, dy, 0, dx[i], 2);
                }
            }
            compare(s, y, 1, s.outStride());
            compare(s, dx, 2, s.inStride());
        }
        float[][] sums = new float[2][dy.length + 1];
        SCALAR.sumPool(s, x, 0, sums[0], 1);
        FAST.sumPool(s, x, 0, sums[1], 1);
        compare(s, sums, 1, s.outStride());
    }

    @Test
    void sumsAreNotDivided() {
        float[] x = {1, 5, 2, 5, 3, 4, 0, -1, 6};
        PoolShape shape = new PoolShape(1, 3, 3, 1, 1, 2, 2, 1, 2, 2, 2, 2, 1, 1, 0, 0, 1, 1, false);
        for (FloatKernels kernels : new FloatKernels[] {SCALAR, FAST}) {
            float[] y = new float[4];
            kernels.sumPool(shape, x, 0, y, 0);
            assertArrayEquals(new float[] {14, 6, -1, 6}, y);        }
    }

    private static void compare(PoolShape s, float[][] results, int offset, int stride) {
        for (int i = offset; i < results[0].length; i++) {
            if ((i - offset) % stride < s.channels()) {
                assertEquals(results[0][i], results[1][i], s.toString());
            }
        }
    }

    private static float[] map(Random random, int pixels, int channels, int stride) {
        float[] map = new float[pixels * stride];
        Arrays.fill(map, Float.NaN);
        for (int p = 0; p < pixels; p++) {
            for (int c = 0; c < channels; c++) {
                // Few values, so that the largest is often there twice.
                map[p * stride + c] = random.nextInt(9) - 4;
            }
        }
        return map;
    }
}
