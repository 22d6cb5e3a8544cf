package io.github.bitgrain.benchmarks;

import io.github.bitgrain.kernels.BinaryFunction;
import io.github.bitgrain.kernels.FakeQuantization;
import io.github.bitgrain.kernels.FloatKernels;
import io.github.bitgrain.kernels.Rounding;
import io.github.bitgrain.kernels.UnaryFunction;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** Fake quantization, activations and reductions over 65,536 values. Microseconds per call. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(value = 1, jvmArgsAppend = "--add-modules=jdk.incubator.vector")
@Warmup(iterations = 2, time = 1)
@Measurement(iterations = 3, time = 1)
public class MapBenchmark {
    private static final int N = 65_536;
    private static final int EXPONENT = -5;

    /** Implementation. */
    @Param({"scalar", "vector"})
    public String kernels;

    private FloatKernels floats;
    private float[] x;
    private float[] y;
    private float[] dy;
    private float[] dx;
    private float[] v;

    /** Makes the operands. */
    @Setup
    public void setUp() {
        floats = Implementations.floats(kernels);
        x = Implementations.noise(N);
        dy = Implementations.noise(N);
        y = new float[N];
        dx = new float[N];
        v = new float[N];
    }

    /** The yardstick: a copy. */
    @Benchmark
    public float[] copy() {
        System.arraycopy(x, 0, y, 0, N);
        return y;
    }

    /** Rounding of the ESP32-P4. */
    @Benchmark
    public float[] fakeQuantizeHalfEven() {
        floats.fakeQuantize(N, x, 0, y, 0, EXPONENT, FakeQuantization.qmin(8), FakeQuantization.qmax(8), Rounding.HALF_EVEN);
        return y;
    }

    /** Rounding of the ESP32-S3. */
    @Benchmark
    public float[] fakeQuantizeHalfUp() {
        floats.fakeQuantize(N, x, 0, y, 0, EXPONENT, FakeQuantization.qmin(8), FakeQuantization.qmax(8), Rounding.HALF_UP);
        return y;
    }

    /** Gradient for values and scale. */
    @Benchmark
    public double fakeQuantizeGradient() {
        return floats.fakeQuantizeGradient(N, x, 0, dy, 0, dx, 0, EXPONENT, FakeQuantization.qmin(8), FakeQuantization.qmax(8),
                Rounding.HALF_EVEN, false);
    }

    /** Rectifier. */
    @Benchmark
    public float[] relu() {
        floats.unary(UnaryFunction.RELU, 0, 0, N, x, 0, y, 0);
        return y;
    }

    /** Its gradient. */
    @Benchmark
    public float[] reluGradient() {
        floats.unaryGradient(UnaryFunction.RELU, 0, 0, N, x, 0, y, 0, dy, 0, dx, 0, false);
        return dx;
    }

    /** A function with an exponential. */
    @Benchmark
    public float[] swish() {
        floats.unary(UnaryFunction.SWISH, 0, 0, N, x, 0, y, 0);
        return y;
    }

    /** Sum of two maps. */
    @Benchmark
    public float[] add() {
        floats.binary(BinaryFunction.ADD, N, x, 0, 1, dy, 0, 1, y, 0);
        return y;
    }

    /** The loss of block-wise training. */
    @Benchmark
    public double squaredDistance() {
        return floats.squaredDistance(N, x, 0, dy, 0);
    }

    /** Optimizer step. */
    @Benchmark
    public float[] adam() {
        floats.adam(N, y, 0, dy, 0, dx, 0, v, 0, 1e-3f, 0.9f, 0.1f, 0.999f, 0.001f, 0.1f, 1e-8f);
        return y;
    }
}
