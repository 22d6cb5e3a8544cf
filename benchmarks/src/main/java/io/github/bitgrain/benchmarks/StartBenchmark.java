package io.github.bitgrain.benchmarks;

import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/** Shows that the benchmark jar runs: a product of two arrays, the yardstick of all others. */
@State(Scope.Benchmark)
@Fork(value = 1, jvmArgsAppend = "--add-modules=jdk.incubator.vector")
public class StartBenchmark {
    private final float[] x = new float[4096];

    /** Dot product of 4096 floats, plain loop. */
    @Benchmark
    public float dot() {
        float sum = 0;
        for (float value : x) {
            sum += value * value;
        }
        return sum;
    }
}
