package io.github.bitgrain.kernels;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Random;
import org.junit.jupiter.api.Test;

class RequantizePixelTest {
    @Test
    void aPixelAtOnceIsTheSameAsValueByValue() {
        Random random = new Random(7);
        int channels = 1000;
        for (Rounding rounding : new Rounding[] {Rounding.HALF_UP, Rounding.HALF_EVEN}) {
            for (int round = 0; round < 50; round++) {
                float[] sums = new float[channels];
                long[] bias = new long[channels];
                int[] shifts = new int[channels];
                for (int n = 0; n < channels; n++) {
                    sums[n] = random.nextInt(-(1 << 24), 1 << 24) >> random.nextInt(24);
                    bias[n] = random.nextLong() >> 3 + random.nextInt(61);
                    shifts[n] = random.nextInt(random.nextBoolean() ? 12 : 63);
                }
                int[] y = new int[channels];
                for (long lowest : new long[] {Long.MIN_VALUE, 0}) {
                    Requantize.pixel(sums, 0, bias, shifts, rounding, 8, lowest, y, 0, channels);
                    for (int n = 0; n < channels; n++) {
                        long shifted = Requantize.shiftRight((long) sums[n] + bias[n], shifts[n], rounding);
                        assertEquals(Requantize.saturate(Math.max(shifted, lowest), 8), y[n], sums[n] + " " + bias[n] + " " + shifts[n]);
                    }
                }
            }
        }
    }

    @Test
    void loopsOverValuesAreTheSameAsValueByValue() {
        Random random = new Random(8);
        for (int round = 0; round < 2000; round++) {
            int n = random.nextInt(70);
            int bits = random.nextBoolean() ? 8 : 16;
            Rounding rounding = random.nextBoolean() ? Rounding.HALF_UP : Rounding.HALF_EVEN;
            int[] a = values(random, n);
            int[] b = values(random, n);
            int[] y = new int[n];
            int shift = random.nextInt(-40, 41);
            Requantize.values(n, a, shift, rounding, bits, y);
            for (int i = 0; i < n; i++) {
                assertEquals(Requantize.saturate(Requantize.shiftRight(a[i], shift, rounding), bits), y[i], a[i] + " >> " + shift);
            }
            int right = random.nextInt(1, Requantize.LARGEST_INT_SHIFT + 1);
            Requantize.products(n, a, 0, b, 0, right, rounding, bits, y, 0);
            for (int i = 0; i < n; i++) {
                assertEquals(Requantize.saturate(Requantize.shiftRight((long) a[i] * b[i], right, rounding), bits), y[i],
                        a[i] + " * " + b[i] + " >> " + right);
            }
            int factor = random.nextInt(Short.MIN_VALUE, Short.MAX_VALUE + 1);
            int skip = n / 3;
            Requantize.scaled(n - skip, a, skip, factor, right, rounding, bits, y, skip);
            for (int i = skip; i < n; i++) {
                assertEquals(Requantize.saturate(Requantize.shiftRight((long) a[i] * factor, right, rounding), bits), y[i]);
            }
            int sign = random.nextBoolean() ? 1 : -1;
            Requantize.sums(n, a, sign, b, bits, y);
            for (int i = 0; i < n; i++) {
                assertEquals(Requantize.saturate(a[i] + (long) sign * b[i], bits), y[i]);
            }
        }
    }

    /** 16-bit values, the extremes and powers of two among them. */
    private static int[] values(Random random, int n) {
        int[] values = random.ints(n, Short.MIN_VALUE, Short.MAX_VALUE + 1).toArray();
        for (int i = 0; i < n; i += 2) {
            values[i] = i % 6 == 0 ? Short.MIN_VALUE : i % 6 == 2 ? 1 << random.nextInt(15) : values[i] >> random.nextInt(16);
        }
        return values;
    }

    @Test
    void realsAreRoundedInSinglePrecision() {
        Random random = new Random(9);
        for (int round = 0; round < 2000; round++) {
            int bits = random.nextBoolean() ? 8 : 16;
            Rounding rounding = random.nextBoolean() ? Rounding.HALF_UP : Rounding.HALF_EVEN;
            float factor = Math.scalb(1f, random.nextInt(-8, 9));
            float[] x = new float[random.nextInt(70)];
            for (int i = 0; i < x.length; i++) {
                float whole = random.nextInt(-70000, 70000) >> random.nextInt(17);
                x[i] = switch (random.nextInt(6)) {
                    case 0 -> Float.intBitsToFloat(random.nextInt());
                    case 1 -> (whole + 0.5f) / factor;
                    case 2 -> Math.nextUp((whole + 0.5f) / factor);
                    case 3 -> Math.nextDown((whole + 0.5f) / factor);
                    case 4 -> whole / factor;
                    default -> (float) random.nextGaussian() * 100 / factor;
                };
            }
            int[] y = new int[x.length];
            Requantize.reals(x.length, x, factor, rounding, bits, 77, y);
            for (int i = 0; i < x.length; i++) {
                long expected = Float.isNaN(x[i]) ? 77 : Requantize.saturate((int) rounding.round(x[i] * factor), bits);
                assertEquals(expected, y[i], x[i] + " " + factor + " " + rounding);
            }
        }
    }
}
