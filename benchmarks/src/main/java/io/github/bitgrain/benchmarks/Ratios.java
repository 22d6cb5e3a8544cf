package io.github.bitgrain.benchmarks;

import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.Arrays;
import java.util.function.Supplier;

/**
 * Scalar against vector kernels in one process, round by round in turn, by the processor time of the thread: a busy machine
 * disturbs such ratios little, whereas the wall time that JMH measures needs an idle one. Prints a table in Markdown.
 */
public final class Ratios {
    private static final long WARM_NANOS = 2_000_000_000L;
    private static final long ROUND_NANOS = 20_000_000L;
    private static final int ROUNDS = 9;
    private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

    /** Results go here, lest the compiler leave out what computes them. */
    private static volatile Object result;

    private Ratios() {}

    /** Measures everything, or what contains the first argument; everything takes some minutes. */
    public static void main(String[] arguments) {
        String part = arguments.length == 0 ? "" : arguments[0];
        System.out.println("| what | scalar µs | vector µs | ratio |");
        System.out.println("|---|---|---|---|");
        for (String layer : new String[] {"dense 3 16 3 2 64", "dense 16 16 3 1 32", "pointwise 8 48 1 1 32", "pointwise 96 24 1 1 16",
            "depthwise 48 48 3 1 32", "depthwise 96 96 3 2 16"}) {
            ConvolutionBenchmark scalar = ConvolutionBenchmark.of("scalar", layer);
            ConvolutionBenchmark vector = ConvolutionBenchmark.of("vector", layer);
            compare(part, layer + ", forward", scalar::forward, vector::forward);
            compare(part, layer + ", input gradient", scalar::inputGradient, vector::inputGradient);
            compare(part, layer + ", weight gradient", scalar::weightGradient, vector::weightGradient);
        }
        MapBenchmark scalar = maps("scalar");
        MapBenchmark vector = maps("vector");
        compare(part, "fake quantize, half to even", scalar::fakeQuantizeHalfEven, vector::fakeQuantizeHalfEven);
        compare(part, "fake quantize, half up", scalar::fakeQuantizeHalfUp, vector::fakeQuantizeHalfUp);
        compare(part, "fake quantize, gradient", scalar::fakeQuantizeGradient, vector::fakeQuantizeGradient);
        compare(part, "copy (yardstick)", scalar::copy, vector::copy);
        compare(part, "relu", scalar::relu, vector::relu);
        compare(part, "relu, gradient", scalar::reluGradient, vector::reluGradient);
        compare(part, "swish", scalar::swish, vector::swish);
        compare(part, "add", scalar::add, vector::add);
        compare(part, "squared distance", scalar::squaredDistance, vector::squaredDistance);
        compare(part, "adam", scalar::adam, vector::adam);
        ProductBenchmark scalarProduct = product("scalar");
        ProductBenchmark vectorProduct = product("vector");
        compare(part, "gemm 256", scalarProduct::gemm, vectorProduct::gemm);
        compare(part, "gemm 256, packed", scalarProduct::gemmPacked, vectorProduct::gemmPacked);
        // Products of 8-bit integers are computed in floats, exactly, where it counts.
        compare(part, "gemm 256, int8; exactly, in floats", scalarProduct::gemmInt8, vectorProduct::gemmPacked);
    }

    private static MapBenchmark maps(String kernels) {
        MapBenchmark benchmark = new MapBenchmark();
        benchmark.kernels = kernels;
        benchmark.setUp();
        return benchmark;
    }

    private static ProductBenchmark product(String kernels) {
        ProductBenchmark benchmark = new ProductBenchmark();
        benchmark.kernels = kernels;
        benchmark.size = 256;
        benchmark.setUp();
        return benchmark;
    }

    private static void compare(String part, String what, Supplier<?> scalar, Supplier<?> vector) {
        if (!what.contains(part)) {
            return;
        }
        warm(vector, WARM_NANOS);
        warm(scalar, WARM_NANOS / 4);
        double[] scalarTimes = new double[ROUNDS];
        double[] vectorTimes = new double[ROUNDS];
        for (int round = 0; round < ROUNDS; round++) {
            scalarTimes[round] = microseconds(scalar);
            vectorTimes[round] = microseconds(vector);
        }
        Arrays.sort(scalarTimes);
        Arrays.sort(vectorTimes);
        double slow = scalarTimes[ROUNDS / 2];
        double fast = vectorTimes[ROUNDS / 2];
        System.out.printf("| %s | %.1f | %.1f | %.1f |%n", what, slow, fast, slow / fast);
    }

    private static void warm(Supplier<?> task, long nanos) {
        for (long start = System.nanoTime(); System.nanoTime() - start < nanos; ) {
            result = task.get();
        }
    }

    private static double microseconds(Supplier<?> task) {
        long start = THREADS.getCurrentThreadCpuTime();
        int calls = 0;
        long end;
        do {
            result = task.get();
            calls++;
            end = THREADS.getCurrentThreadCpuTime();
        } while (end - start < ROUND_NANOS);
        return (end - start) / 1e3 / calls;
    }
}
