package io.github.bitgrain.benchmarks;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * What one core can do at most: fused multiply-adds in registers and copying, measured with the code of this JVM.
 *
 * @param gigaflops fused multiply-adds in registers, each two operations
 * @param cacheGigabytes bytes read and written per nanosecond by copying 256 KB
 * @param memoryGigabytes the same for 128 MB
 */
public record MachineLimits(double gigaflops, double cacheGigabytes, double memoryGigabytes) {
    private static final VectorSpecies<Float> FLOATS = FloatVector.SPECIES_PREFERRED;
    private static final int STEPS = 100_000;
    private static final int ACCUMULATORS = 12;

    /** Measures. */
    public static MachineLimits measure() {
        float[] sink = new float[FLOATS.length()];
        float[] small = new float[32 * 1024];
        float[] smallTo = new float[small.length];
        float[] large = new float[16 * 1024 * 1024];
        float[] largeTo = new float[large.length];
        double[] times = new Interleaved(false, 0.5, 9, 0.05).microseconds(
                () -> multiplyAdd(sink),
                () -> System.arraycopy(small, 0, smallTo, 0, small.length),
                () -> System.arraycopy(large, 0, largeTo, 0, large.length));
        double flops = 2.0 * STEPS * ACCUMULATORS * FLOATS.length();
        return new MachineLimits(flops / times[0] / 1e3, 8.0 * small.length / times[1] / 1e3, 8.0 * large.length / times[2] / 1e3);
    }

    /** Twelve independent chains: enough to hide the latency. */
    private static void multiplyAdd(float[] sink) {
        FloatVector a = FloatVector.broadcast(FLOATS, 0.999f);
        FloatVector b = FloatVector.broadcast(FLOATS, 0.001f);
        FloatVector s0 = a;
        FloatVector s1 = a;
        FloatVector s2 = a;
        FloatVector s3 = a;
        FloatVector s4 = a;
        FloatVector s5 = a;
        FloatVector s6 = a;
        FloatVector s7 = a;
        FloatVector s8 = a;
        FloatVector s9 = a;
        FloatVector s10 = a;
        FloatVector s11 = a;
        for (int i = 0; i < STEPS; i++) {
            s0 = s0.fma(a, b);
            s1 = s1.fma(a, b);
            s2 = s2.fma(a, b);
            s3 = s3.fma(a, b);
            s4 = s4.fma(a, b);
            s5 = s5.fma(a, b);
            s6 = s6.fma(a, b);
            s7 = s7.fma(a, b);
            s8 = s8.fma(a, b);
            s9 = s9.fma(a, b);
            s10 = s10.fma(a, b);
            s11 = s11.fma(a, b);
        }
        s0.add(s1).add(s2).add(s3).add(s4).add(s5).add(s6).add(s7).add(s8).add(s9).add(s10).add(s11).intoArray(sink, 0);
    }
}
