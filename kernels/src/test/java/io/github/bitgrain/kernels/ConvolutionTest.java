package io.github.bitgrain.kernels;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

/** Convolution and its gradients: the scalar reference against the definition, the selected kernels against the reference. */
class ConvolutionTest {
    /** Swish of large negative numbers, which is less than this, may be anything up to this. */
    private static final float TINY = 1e-36f;
    private static final FloatKernels SCALAR = Kernels.scalarFloats();
    private static final FloatKernels FAST = Kernels.floats();
    private static final float NONE = Float.NEGATIVE_INFINITY;
    private static final float ALL = Float.POSITIVE_INFINITY;

    @Test
    void theReferenceComputesAKnownConvolution() {
        // 3 x 3 ones over 0..8 with a border of one: sums of the neighbourhoods.
        ConvShape shape = new ConvShape(1, 3, 3, 1, 1, 3, 3, 1, 1, 3, 3, 1, 1, 1, 1, 1, 1, 1);
        float[] x = {0, 1, 2, 3, 4, 5, 6, 7, 8};
        float[] y = new float[9];
        PackedConv packed = SCALAR.packedConv(shape);
        SCALAR.pack(new float[] {1, 1, 1, 1, 1, 1, 1, 1, 1}, 0, packed);
        SCALAR.conv(shape, x, 0, packed, new float[] {0.5f}, 0, y, 0, 10, 30);
        assertArrayEquals(new float[] {10, 15.5f, 12.5f, 21.5f, 30, 27.5f, 20.5f, 30, 24.5f}, y);
    }

    /** Both gradients follow from the forward pass, which is linear in x and in w: dy · conv(x, w) = dx · x = dw · w. */
    @Property(tries = 150)
    void gradientsOfTheReferenceAreAdjointToTheForwardPass(@ForAll long seed) {
        ConvCase c = ConvCase.random(new Random(seed), true);
        float[] y = c.forward(SCALAR, false, NONE, ALL);
        double product = pixelDot(y, c.dy, c.yOffset, c.shape.batch() * c.shape.outH() * c.shape.outW(), c.shape.outC(), c.shape.outStride());
        float[] dx = c.inputGradient(SCALAR);
        double byInput = pixelDot(dx, c.x, c.xOffset, c.shape.batch() * c.shape.inH() * c.shape.inW(), c.shape.inC(), c.shape.inStride());
        float[] dw = new float[c.w.length];
        float[] dbias = new float[c.bias.length];
        SCALAR.convWeightGradient(c.shape, c.x, c.xOffset, c.dy, c.yOffset, dw, 0, dbias, 0);
        assertEquals(product, byInput, 1e-6 * Math.max(1e6, Math.abs(product)));
        assertEquals(product, SCALAR.dot(dw.length, dw, 0, c.w, 0), 1e-6 * Math.max(1e6, Math.abs(product)));
    }

    @Property(tries = 500)
    void forwardPassEqualsTheReference(@ForAll long seed) {
        ConvCase c = ConvCase.random(new Random(seed), false);
        float[] bound = c.magnitudes().forward(SCALAR, true, NONE, ALL);
        int terms = c.shape.groupIn() * c.shape.kernelH() * c.shape.kernelW() + 1;
        float[] expected = c.forward(SCALAR, true, -2, 3);
        float[] actual = c.forward(FAST, true, -2, 3);
        assertClose(c, expected, actual, bound, terms, c.yOffset, c.shape.outC(), c.shape.outStride());
    }

    /** A function, fake quantization, a table and a sum in the convolution change no bit against the same after it; the sign of zeros excepted. */
    @Property(tries = 400)
    void whatIsFusedEqualsTheSameAfterwards(@ForAll long seed) {
        Random random = new Random(seed);
        ConvCase c = ConvCase.random(random, false);
        UnaryFunction f = new UnaryFunction[] {null, UnaryFunction.RELU, UnaryFunction.CLIP, UnaryFunction.SWISH, UnaryFunction.ELU}[random.nextInt(5)];
        // Swish has a bound, within which it may fall on either side of a rounding threshold.
        FakeQuantizer quantizer = f == UnaryFunction.SWISH || random.nextBoolean() ? null
                : new FakeQuantizer(random.nextBoolean() ? 0 : random.nextInt(-6, 2), -random.nextInt(1, 129), random.nextInt(128), Rounding.values()[random.nextInt(7)]);
        WholeRange wholes = f == UnaryFunction.SWISH || quantizer != null || random.nextBoolean() ? null
                : new WholeRange(-random.nextInt(1, 129), random.nextInt(128));
        float[] table = wholes == null && (quantizer == null || quantizer.exponent() != 0) ? null : new float[Finish.ENTRIES];
        for (int i = 0; table != null && i < table.length; i++) {
            table[i] = random.nextInt(-128, 128);
        }
        float[] residual = random.nextBoolean() ? new float[c.dy.length] : null;
        for (int i = 0; residual != null && i < residual.length; i++) {
            residual[i] = random.nextInt(100) / 16f;
        }
        PackedConv packed = FAST.packedConv(c.shape);
        FAST.pack(c.w, 0, packed);
        float[] fused = ConvCase.blank(c.dy);
        FAST.conv(c.shape, c.x, c.xOffset, packed, c.bias, 0, fused, c.yOffset, new Finish(f, -0.5f, 0.75f, quantizer, wholes, table), residual, c.yOffset);
        float[] separate = c.forward(FAST, true, NONE, ALL);
        for (int pixel = 0; pixel < c.shape.batch() * c.shape.outH() * c.shape.outW(); pixel++) {
            for (int at = c.yOffset + pixel * c.shape.outStride(), end = at + c.shape.outC(); at < end; at++) {
                float[] value = {f == null ? separate[at] : ScalarFunctions.apply(f, -0.5f, 0.75f, separate[at])};
                if (quantizer != null) {
                    SCALAR.fakeQuantize(1, value, 0, value, 0, quantizer.exponent(), quantizer.qmin(), quantizer.qmax(), quantizer.rounding());
                }
                if (wholes != null) {
                    value[0] = wholes.nearest(value[0]);
                }
                if (table != null) {
                    value[0] = table[(int) value[0] + 128];
                }
                float expected = residual == null ? value[0] : value[0] + residual[at];
                float bound = f == UnaryFunction.SWISH ? 6 * Math.ulp(value[0]) + Math.ulp(expected) + TINY : 0f;
                assertEquals(expected + 0f, fused[at] + 0f, bound, c + " " + f + " " + quantizer + " " + wholes);
            }
        }
    }

    /** Whole vectors of channels among those of other maps: the same bits, and the others stay. */
    @Property(tries = 200)
    void mapsAmongOthersGiveTheSameAndLeaveThemAlone(@ForAll long seed) {
        Random random = new Random(seed);
        boolean depthwise = random.nextBoolean();
        int outC = 16 * random.nextInt(1, 5);
        int inC = depthwise ? outC : 16 * random.nextInt(1, 5);
        int kernel = 1 + 2 * random.nextInt(2);
        int size = random.nextInt(3, 14);
        int outStride = outC + 16 * random.nextInt(1, 4);
        ConvShape apart = new ConvShape(1, size, size, inC, inC, size, size, outC, outC, kernel, kernel, 1, 1, 1, 1, kernel / 2, kernel / 2,
                depthwise ? outC : 1);
        ConvShape among = new ConvShape(1, size, size, inC, inC, size, size, outC, outStride, kernel, kernel, 1, 1, 1, 1, kernel / 2, kernel / 2,
                depthwise ? outC : 1);
        ConvCase c = ConvCase.of(apart, seed);
        float[] table = new float[Finish.ENTRIES];
        for (int i = 0; i < table.length; i++) {
            table[i] = random.nextInt(-128, 128);
        }
        boolean even = random.nextBoolean();
        Finish finish = random.nextBoolean() ? Finish.of(new WholeRange(-128, 127), random.nextBoolean() ? table : null)
                : new Finish(random.nextBoolean() ? UnaryFunction.RELU : null, 0f, 0f,
                        new FakeQuantizer(0, -128, 127, even ? Rounding.HALF_EVEN : Rounding.HALF_UP), null, random.nextBoolean() ? table : null);
        PackedConv packed = FAST.packedConv(apart);
        FAST.pack(c.w, 0, packed);
        float[] expected = new float[size * size * outC];
        FAST.conv(apart, c.x, c.xOffset, packed, c.bias, 0, expected, 0, finish, null, 0);
        float[] actual = new float[size * size * outStride];
        Arrays.fill(actual, Float.MIN_VALUE);
        FAST.conv(among, c.x, c.xOffset, packed, c.bias, 0, actual, 16, finish, null, 0);
        for (int i = 0; i < actual.length; i++) {
            int channel = i % outStride - 16;
            assertEquals(channel < 0 || channel >= outC ? Float.MIN_VALUE : expected[i / outStride * outC + channel], actual[i], c + " at " + i);
        }
    }

    /** From planes or from pixels: the same bits. */
    @Property(tries = 200)
    void convolutionOfPlanesEqualsThatOfPixels(@ForAll long seed) {
        ConvCase c = ConvCase.random(new Random(seed), false);
        int pixels = c.shape.inH() * c.shape.inW();
        int distance = pixels + (int) (seed & 3);
        float[] dense = new float[c.shape.batch() * pixels * c.shape.inC()];
        FAST.toNchw(c.shape.batch(), c.shape.inC(), pixels, c.shape.inStride(), c.x, c.xOffset, dense, 0);
        float[] planes = new float[c.shape.batch() * distance * c.shape.inC() + 1];
        for (int plane = 0; plane < c.shape.batch() * c.shape.inC(); plane++) {
            System.arraycopy(dense, plane * pixels, planes, 1 + plane * distance, pixels);
        }
        PackedConv packed = FAST.packedConv(c.shape);
        FAST.pack(c.w, 0, packed);
        float[] expected = ConvCase.blank(c.dy);
        float[] actual = ConvCase.blank(c.dy);
        FAST.conv(c.shape, c.x, c.xOffset, packed, c.bias, 0, expected, c.yOffset, Finish.of(UnaryFunction.SWISH, 0f, 0f), null, 0);
        float[] scalar = ConvCase.blank(c.dy);
        FAST.convOfPlanes(c.shape, distance, planes, 1, packed, c.bias, 0, actual, c.yOffset, Finish.of(UnaryFunction.SWISH, 0f, 0f), null, 0);
        PackedConv plain = SCALAR.packedConv(c.shape);
        SCALAR.pack(c.w, 0, plain);
        SCALAR.convOfPlanes(c.shape, distance, planes, 1, plain, c.bias, 0, scalar, c.yOffset, Finish.NONE, null, 0);
        float[] sums = ConvCase.blank(c.dy);
        SCALAR.conv(c.shape, c.x, c.xOffset, plain, c.bias, 0, sums, c.yOffset, Finish.NONE, null, 0);
        for (int pixel = 0; pixel < c.shape.batch() * c.shape.outH() * c.shape.outW(); pixel++) {
            int at = c.yOffset + pixel * c.shape.outStride();
            assertArrayEquals(Arrays.copyOfRange(expected, at, at + c.shape.outC()),
                    Arrays.copyOfRange(actual, at, at + c.shape.outC()), c.toString());
            assertArrayEquals(Arrays.copyOfRange(sums, at, at + c.shape.outC()),
                    Arrays.copyOfRange(scalar, at, at + c.shape.outC()), c.toString());
        }
    }

    @Property(tries = 500)
    void inputGradientEqualsTheReference(@ForAll long seed) {
        ConvCase c = ConvCase.random(new Random(seed), false);
        float[] bound = c.magnitudes().inputGradient(SCALAR);
        int terms = c.shape.groupOut() * c.shape.kernelH() * c.shape.kernelW();
        assertClose(c, c.inputGradient(SCALAR), c.inputGradient(FAST), bound, terms, c.xOffset, c.shape.inC(), c.shape.inStride());
    }

    @Property(tries = 500)
    void weightGradientEqualsTheReference(@ForAll long seed) {
        ConvCase c = ConvCase.random(new Random(seed), false);
        float[] bound = c.magnitudes().weightGradient(SCALAR);
        int terms = c.shape.batch() * c.shape.outH() * c.shape.outW() + 1;
        assertClose(c, c.weightGradient(SCALAR), c.weightGradient(FAST), bound, terms, 0, bound.length, bound.length);
    }

    /** Bands of rows together give the bits of the whole image. */
    @Property(tries = 300)
    void bandsGiveTheBitsOfTheImage(@ForAll long seed) {
        Random random = new Random(seed);
        ConvCase c = ConvCase.random(random, false);
        ConvShape s = c.shape;
        if (!s.dividesIntoBands() || s.outH() < 2) {
            return;
        }
        PackedConv packed = FAST.packedConv(s);
        FAST.pack(c.w, 0, packed);
        float[] expected = c.forward(FAST, true, NONE, ALL);
        float[] actual = ConvCase.blank(c.dy);
        int cut = 1 + random.nextInt(s.outH() - 1);
        for (int n = 0; n < s.batch(); n++) {
            for (int[] rows : new int[][] {{0, cut}, {cut, s.outH()}}) {
                FAST.conv(s.band(rows[0], rows[1]), c.x, c.xOffset + (n * s.inH() + s.bandStart(rows[0])) * s.inW() * s.inStride(), packed, c.bias, 0,
                        actual, c.yOffset + (n * s.outH() + rows[0]) * s.outW() * s.outStride(), NONE, ALL);
            }
        }
        for (int pixel = 0; pixel < s.batch() * s.outH() * s.outW(); pixel++) {
            int at = c.yOffset + pixel * s.outStride();
            assertArrayEquals(Arrays.copyOfRange(expected, at, at + s.outC()), Arrays.copyOfRange(actual, at, at + s.outC()), c.toString());
        }
    }

    @Property(tries = 200)
    void integersAreExact(@ForAll long seed) {
        ConvCase c = ConvCase.random(new Random(seed), true);
        int channels = c.shape.outC();
        int stride = c.shape.outStride();
        assertClose(c, c.forward(SCALAR, true, NONE, ALL), c.forward(FAST, true, NONE, ALL), null, 0, c.yOffset, channels, stride);
        assertClose(c, c.inputGradient(SCALAR), c.inputGradient(FAST), null, 0, c.xOffset, c.shape.inC(), c.shape.inStride());
    }

    /** Shapes of more than one chunk, with whole and broken last vectors. */
    @Test
    void largeMapsEqualTheReference() {
        int[][] sizes = {{2, 40, 37, 3, 33, 3, 2}, {1, 50, 50, 17, 16, 1, 1}, {3, 33, 33, 24, 24, 3, 1}, {1, 45, 45, 24, 24, 5, 2}, {1, 3, 2, 300, 300, 3, 1},
            {2, 31, 30, 40, 40, 3, 2}, {1, 19, 23, 32, 32, 7, 1}, {1, 9, 9, 960, 960, 3, 1}};
        for (int[] z : sizes) {
            for (boolean depthwise : new boolean[] {false, true}) {
                if (depthwise && z[3] != z[4]) {
                    continue;
                }
                int pad = z[5] / 2;
                int outH = (z[1] + 2 * pad - z[5]) / z[6] + 1;
                int outW = (z[2] + 2 * pad - z[5]) / z[6] + 1;
                ConvShape shape = new ConvShape(z[0], z[1], z[2], z[3], (z[3] + 15) / 16 * 16, outH, outW, z[4], (z[4] + 15) / 16 * 16,
                        z[5], z[5], z[6], z[6], 1, 1, pad, pad, depthwise ? z[3] : 1);
                ConvCase c = ConvCase.of(shape, 7);
                assertEqualsReference(c, z[5] * z[5], z[0] * outH * outW);
            }
        }
    }

    private static void assertEqualsReference(ConvCase c, int taps, int positions) {
        ConvShape shape = c.shape;
        ConvCase sizesOnly = c.magnitudes();
        assertClose(c, c.forward(SCALAR, true, NONE, ALL), c.forward(FAST, true, NONE, ALL),
                sizesOnly.forward(SCALAR, true, NONE, ALL), shape.groupIn() * taps + 1, c.yOffset, shape.outC(), shape.outStride());
        assertClose(c, c.inputGradient(SCALAR), c.inputGradient(FAST), sizesOnly.inputGradient(SCALAR),
                shape.groupOut() * taps, c.xOffset, shape.inC(), shape.inStride());
        float[] bound = sizesOnly.weightGradient(SCALAR);
        assertClose(c, c.weightGradient(SCALAR), c.weightGradient(FAST), bound, positions + 1, 0, bound.length, bound.length);
    }

    /** Rows of outputs are cut into tiles, of which the first and the last know the border: every length, step and border. */
    @Test
    void depthwiseRowsOfEveryLengthEqualTheReference() {
        for (int width = 3; width < 15; width++) {
            for (int variant = 0; variant < 16; variant++) {
                int stride = 1 + variant % 2;
                int padLeft = variant / 2 % 2;
                int padRight = variant / 4 % 2;
                int dilation = 1 + variant / 8;
                int outW = (width + padLeft + padRight - 3) / stride + 1;
                int outH = (7 + 2 - 2 * dilation - 1) / stride + 1;
                ConvCase c = ConvCase.of(new ConvShape(2, 7, width, 50, 64, outH, outW, 50, 64, 3, 3, stride, stride, dilation, 1, 1, padLeft, 50), variant);
                assertEqualsReference(c, 9, 2 * outH * outW);
            }
        }
    }

    @Test
    void weightsCanBePackedAgain() {
        ConvCase c = ConvCase.random(new Random(5), false);
        PackedConv packed = FAST.packedConv(c.shape);
        FAST.pack(new float[c.w.length], 0, packed);
        FAST.pack(c.w, 0, packed);
        float[] y = ConvCase.blank(c.dy);
        FAST.conv(c.shape, c.x, c.xOffset, packed, c.bias, 0, y, c.yOffset, NONE, ALL);
        assertArrayEquals(c.forward(FAST, true, NONE, ALL), y);
    }

    private static double pixelDot(float[] a, float[] b, int offset, int pixels, int channels, int stride) {
        double sum = 0;
        for (int p = 0; p < pixels; p++) {
            sum += SCALAR.dot(channels, a, offset + p * stride, b, offset + p * stride);
        }
        return sum;
    }

    /** Values within 2 · terms ulp of the sum of absolute products; everything outside the pixels untouched or unspecified. */
    private static void assertClose(ConvCase c, float[] expected, float[] actual, float[] magnitude, int terms, int offset, int channels, int stride) {
        for (int i = 0; i < expected.length; i++) {
            if (i < offset) {
                assertTrue(Float.isNaN(expected[i]) && Float.isNaN(actual[i]), "wrote before the map");
            } else if ((i - offset) % stride < channels) {
                double bound = magnitude == null ? 0 : 2.0 * terms * Math.ulp(magnitude[i]);
                double difference = Math.abs((double) expected[i] - actual[i]);
                int at = i;
                assertTrue(difference <= bound, () -> c + ": [" + (at - offset) + "] " + expected[at] + " but " + actual[at]);
            }
        }
    }
}
