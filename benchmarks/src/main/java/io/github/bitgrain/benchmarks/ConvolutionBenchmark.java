package io.github.bitgrain.benchmarks;

import io.github.bitgrain.kernels.ConvShape;
import io.github.bitgrain.kernels.FakeQuantizer;
import io.github.bitgrain.kernels.Finish;
import io.github.bitgrain.kernels.FloatKernels;
import io.github.bitgrain.kernels.PackedConv;
import io.github.bitgrain.kernels.Rounding;
import java.util.List;
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

/** Convolution layers: forward pass, both gradients, packing, a whole training step. Microseconds per call. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(value = 1, jvmArgsAppend = "--add-modules=jdk.incubator.vector")
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 3, time = 1)
public class ConvolutionBenchmark {
    private static final int USUAL_BATCH = 8;
    /** Where maps start in their arrays: as in a plan, on a line of the cache where the collector gives large arrays regions of their own (G1). */
    private static final int FIRST = 12;

    /** Layers of ESP-class networks that training is measured on. */
    public static final List<String> TRAINED_LAYERS = List.of(
            "pointwise 96 576 1 1 14 32", "pointwise 24 144 1 1 56 8", "dense 64 64 3 1 40 8", "dense 16 32 3 1 80 8", "depthwise 384 384 3 1 14 32");

    private static final Finish HALF_EVEN = Finish.NONE.quantized(new FakeQuantizer(-4, -128, 127, Rounding.HALF_EVEN));
    private static final Finish HALF_UP = Finish.NONE.quantized(new FakeQuantizer(-4, -128, 127, Rounding.HALF_UP));

    /** Implementation. */
    @Param({"scalar", "vector"})
    public String kernels;

    /** Layer: what it is, channels in and out, kernel, stride, size of the input map, batch (8 where it is not given). */
    @Param({
        "dense 3 16 3 2 64", "dense 16 16 3 1 32", "dense 32 32 3 1 16", "pointwise 8 48 1 1 32", "pointwise 96 24 1 1 16",
        "pointwise 112 672 1 1 2", "depthwise 48 48 3 1 32", "depthwise 96 96 3 2 16"})
    public String layer;

    private FloatKernels floats;
    private ConvShape shape;
    private PackedConv packed;
    private float[] x;
    private float[] y;
    private float[] w;
    private float[] bias;
    private float[] dx;
    private float[] dw;
    private float[] dbias;

    /** A layer that is ready. */
    public static ConvolutionBenchmark of(String kernels, String layer) {
        ConvolutionBenchmark benchmark = new ConvolutionBenchmark();
        benchmark.kernels = kernels;
        benchmark.layer = layer;
        benchmark.setUp();
        return benchmark;
    }

    /** Makes the layer. */
    @Setup
    public void setUp() {
        floats = Implementations.floats(kernels);
        String[] words = layer.split(" ");
        int in = Integer.parseInt(words[1]);
        int out = Integer.parseInt(words[2]);
        int kernel = Integer.parseInt(words[3]);
        int stride = Integer.parseInt(words[4]);
        int size = Integer.parseInt(words[5]);
        int batch = words.length > 6 ? Integer.parseInt(words[6]) : USUAL_BATCH;
        int outSize = (size + 2 * (kernel / 2) - kernel) / stride + 1;
        shape = new ConvShape(batch, size, size, in, Implementations.padded(in), outSize, outSize, out, Implementations.padded(out),
                kernel, kernel, stride, stride, 1, 1, kernel / 2, kernel / 2, words[0].equals("depthwise") ? in : 1);
        x = Implementations.noise(FIRST + batch * size * size * shape.inStride());
        y = Implementations.noise(FIRST + batch * outSize * outSize * shape.outStride());
        w = Implementations.noise(shape.weightCount());
        bias = Implementations.noise(out);
        dx = new float[x.length];
        dw = new float[w.length];
        dbias = new float[out];
        packed = floats.packedConv(shape);
        floats.pack(w, 0, packed);
        floats.packForInputGradient(w, 0, packed);
    }

    /** Forward pass with bias and clamp. */
    @Benchmark
    public float[] forward() {
        floats.conv(shape, x, FIRST, packed, bias, 0, y, FIRST, 0, 6);
        return y;
    }

    /** Forward pass with bias alone. */
    @Benchmark
    public float[] sums() {
        floats.conv(shape, x, FIRST, packed, bias, 0, y, FIRST, Finish.NONE, null, 0);
        return y;
    }

    /** The same and fake quantization of its results, half to even, in one pass. */
    @Benchmark
    public float[] quantizedHalfEven() {
        floats.conv(shape, x, FIRST, packed, bias, 0, y, FIRST, HALF_EVEN, null, 0);
        return y;
    }

    /** As {@link #quantizedHalfEven}, half up. */
    @Benchmark
    public float[] quantizedHalfUp() {
        floats.conv(shape, x, FIRST, packed, bias, 0, y, FIRST, HALF_UP, null, 0);
        return y;
    }

    /** As {@link #quantizedHalfUp} in two passes. */
    @Benchmark
    public float[] quantizedAfterwards() {
        sums();
        floats.fakeQuantize(y.length - FIRST, y, FIRST, y, FIRST, HALF_UP.quantizer().exponent(), -128, 127, Rounding.HALF_UP);
        return y;
    }

    /** Gradient for the input. */
    @Benchmark
    public float[] inputGradient() {
        floats.convInputGradient(shape, y, FIRST, packed, x, FIRST);
        return x;
    }

    /** Gradient for weights and bias. */
    @Benchmark
    public float[] weightGradient() {
        floats.convWeightGradient(shape, x, FIRST, y, FIRST, w, 0, bias, 0);
        return w;
    }

    /** Packing for both directions, as after every training step. */
    @Benchmark
    public PackedConv pack() {
        floats.pack(w, 0, packed);
        floats.packForInputGradient(w, 0, packed);
        return packed;
    }

    /** What a step of training runs: packing for both directions, forward pass, gradients for input, weights and bias. */
    @Benchmark
    public float[] step() {
        pack();
        floats.conv(shape, x, FIRST, packed, bias, 0, y, FIRST, Float.NEGATIVE_INFINITY, Float.POSITIVE_INFINITY);
        floats.convInputGradient(shape, y, FIRST, packed, dx, FIRST);
        floats.convWeightGradient(shape, x, FIRST, y, FIRST, dw, 0, dbias, 0);
        return dw;
    }
}
