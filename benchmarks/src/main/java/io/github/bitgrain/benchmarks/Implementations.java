package io.github.bitgrain.benchmarks;

import io.github.bitgrain.kernels.FloatKernels;
import io.github.bitgrain.kernels.Kernels;
import java.util.Random;

/** What the benchmarks compare, by the name in their parameter. */
public final class Implementations {
    private Implementations() {}

    static FloatKernels floats(String name) {
        return switch (name) {
            case "scalar" -> Kernels.scalarFloats();
            case "vector" -> Kernels.floats();
            default -> throw new IllegalArgumentException("no kernels named " + name);
        };
    }

    /** Channel stride of the executor. */
    public static int padded(int channels) {
        return (channels + 15) / 16 * 16;
    }

    /** Normal numbers, the same for the same count. */
    public static float[] noise(int n) {
        Random random = new Random(n);
        float[] values = new float[n];
        for (int i = 0; i < n; i++) {
            values[i] = (float) random.nextGaussian();
        }
        return values;
    }
}
