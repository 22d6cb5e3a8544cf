package io.github.bitgrain.benchmarks;

import io.github.bitgrain.kernels.ConvShape;
import io.github.bitgrain.kernels.FloatKernels;
import io.github.bitgrain.kernels.IntegerKernels;
import io.github.bitgrain.kernels.Kernels;
import io.github.bitgrain.kernels.PackedConv;
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

/** Products of square matrices in single precision and in exact integers. Microseconds per product. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(value = 1, jvmArgsAppend = "--add-modules=jdk.incubator.vector")
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 3, time = 1)
public class ProductBenchmark {
    /** Implementation. */
    @Param({"scalar", "vector"})
    public String kernels;

    /** Rows and columns. */
    @Param({"64", "256"})
    public int size;

    private FloatKernels floats;
    private IntegerKernels integers;
    private ConvShape rows;
    private PackedConv packed;
    private float[] a;
    private float[] b;
    private float[] c;
    private byte[] bytes;
    private short[] shorts;
    private int[] ints;
    private long[] longs;

    /** Makes the operands. */
    @Setup
    public void setUp() {
        floats = Implementations.floats(kernels);
        integers = kernels.equals("scalar") ? Kernels.scalarIntegers() : Kernels.integers();
        a = Implementations.noise(size * size);
        b = Implementations.noise(size * size);
        c = new float[size * size];
        bytes = new byte[size * size];
        shorts = new short[size * size];
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = (byte) (i * 31);
            shorts[i] = (short) (i * 1031);
        }
        ints = new int[size * size];
        longs = new long[size * size];
        rows = ConvShape.rows(size, size, size, size, size);
        packed = floats.packedConv(rows);
        floats.pack(b, 0, packed);
    }

    /** Both operands new. */
    @Benchmark
    public float[] gemm() {
        floats.gemm(size, size, size, a, 0, size, 1, b, 0, size, 1, c, 0, size, false);
        return c;
    }

    /** One operand packed before: also the exact 8-bit product, as long as sums stay within 2^24. */
    @Benchmark
    public float[] gemmPacked() {
        floats.conv(rows, a, 0, packed, null, 0, c, 0, Float.NEGATIVE_INFINITY, Float.POSITIVE_INFINITY);
        return c;
    }

    /** 8-bit factors, 32-bit sums. */
    @Benchmark
    public int[] gemmInt8() {
        integers.gemm(size, size, size, bytes, 0, size, bytes, 0, size, ints, 0, size, false);
        return ints;
    }

    /** 16-bit factors, 64-bit sums. */
    @Benchmark
    public long[] gemmInt16() {
        integers.gemm(size, size, size, shorts, 0, size, shorts, 0, size, longs, 0, size, false);
        return longs;
    }
}
