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
}
