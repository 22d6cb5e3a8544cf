package io.github.bitgrain.kernels;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;

/** One call of every kernel on small data, by name. */
final class EveryKernel {
    private static final FloatKernels FLOATS = Kernels.floats();
    private static final IntegerKernels INTEGERS = Kernels.integers();
    private static final int N = 4096;

    private final float[] a = filled(0.3f);
    private final float[] b = filled(0.7f);
    private final float[] c = filled(0.1f);
    private final float[] d = filled(0.2f);
    private final float[] range = {0, 0};
    private final long[] bins = new long[64];
    private final byte[] bytes = new byte[N];
    private final short[] shorts = new short[N];
    private final int[] ints = new int[2 * N];
    private final int[] factors = new int[N];
    private final long[] longs = new long[N];

    Map<String, Runnable> calls() {
        Map<String, Runnable> kernels = new LinkedHashMap<>();
        ConvShape dense = shape(16, 24, 3, 1, 1);
        ConvShape strided = shape(16, 24, 3, 2, 1);
        ConvShape pointwise = shape(16, 40, 1, 1, 1);
        ConvShape depthwise = shape(32, 32, 3, 1, 32);
        ConvShape depthwiseStrided = shape(32, 32, 3, 2, 32);
        addConvolution(kernels, "dense", dense);
        addConvolution(kernels, "strided", strided);
        addConvolution(kernels, "pointwise", pointwise);
        addConvolution(kernels, "pointwise among others", new ConvShape(1, 7, 7, 32, 48, 7, 7, 16, 48, 1, 1, 1, 1, 1, 1, 0, 0, 1));
        addConvolution(kernels, "depthwise", depthwise);
        addConvolution(kernels, "strided depthwise", depthwiseStrided);
        addConvolution(kernels, "depthwise of many channels", shape(48, 48, 3, 1, 48));
        addConvolution(kernels, "strided depthwise of many channels", shape(48, 48, 3, 2, 48));
        addConvolution(kernels, "depthwise 5 x 5", shape(32, 32, 5, 1, 32));
        kernels.put("gemm", () -> FLOATS.gemm(20, 40, 30, a, 0, 30, 1, b, 0, 40, 1, c, 0, 40, false));
        kernels.put("gemm, turned", () -> FLOATS.gemm(20, 40, 30, a, 0, 1, 20, b, 0, 1, 30, c, 0, 40, true));
        PoolShape pool = new PoolShape(1, 8, 8, 16, 16, 4, 4, 16, 3, 3, 2, 2, 1, 1, 1, 1, 1, 1, false);
        kernels.put("maxPool", () -> FLOATS.maxPool(pool, a, 0, b, 0));
        kernels.put("maxPoolGradient", () -> FLOATS.maxPoolGradient(pool, a, 0, b, 0, c, 0, d, 0));
        kernels.put("averagePool", () -> FLOATS.averagePool(pool, a, 0, c, 0));
        kernels.put("sumPool", () -> FLOATS.sumPool(pool, a, 0, c, 0));
        kernels.put("averagePoolGradient", () -> FLOATS.averagePoolGradient(pool, c, 0, d, 0));
        for (UnaryFunction f : UnaryFunction.values()) {
            kernels.put(f.name(), () -> FLOATS.unary(f, 0.2f, 0.5f, 500, a, 1, c, 2));
            kernels.put(f + " gradient", () -> FLOATS.unaryGradient(f, 0.2f, 0.5f, 500, a, 1, b, 2, c, 0, d, 3, true));
        }
        for (BinaryFunction f : BinaryFunction.values()) {
            kernels.put(f.name(), () -> FLOATS.binary(f, 500, a, 1, 1, b, 2, 1, c, 0));
            kernels.put(f + " by one value", () -> FLOATS.binary(f, 500, a, 1, 1, b, 2, 0, c, 0));
        }
        kernels.put("addScaled", () -> FLOATS.addScaled(500, 0.1f, a, 1, c, 0));
        kernels.put("addProduct", () -> FLOATS.addProduct(500, a, 1, b, 2, 1, c, 0));
        kernels.put("sumRows", () -> FLOATS.sumRows(20, 40, a, 0, 48, -1f, b, 1, 40, -0.5f, 0.5f, c, 2, 64));
        kernels.put("lookUp", () -> FLOATS.lookUp(b, 500, a, 1, c, 2));
        kernels.put("softmax", () -> FLOATS.softmax(false, 10, 50, a, 0, 50, c, 0, 50));
        kernels.put("softmaxGradient", () -> FLOATS.softmaxGradient(true, 10, 50, a, 0, 50, b, 0, 50, c, 0, 50));
        for (Rounding rounding : Rounding.values()) {
            kernels.put("fakeQuantize " + rounding, () -> FLOATS.fakeQuantize(500, a, 1, c, 2, -4, -128, 127, rounding));
            kernels.put("fakeQuantizeGradient " + rounding,
                    () -> FLOATS.fakeQuantizeGradient(500, a, 1, b, 0, c, 2, -4, -128, 127, rounding, false));
        }
        kernels.put("fakeQuantizeGradientOfRows", () -> FLOATS.fakeQuantizeGradientOfRows(30, 24, 32, a, 0, b, 0, c, 0, -4, -128, 127,
                Rounding.HALF_EVEN, true));
        kernels.put("fakeQuantizeGradientOfRows half up", () -> FLOATS.fakeQuantizeGradientOfRows(30, 24, 32, a, 0, b, 0, c, 0, -4, -128, 127,
                Rounding.HALF_UP, false));
        kernels.put("sum", () -> FLOATS.sum(N, a, 0));
        kernels.put("dot", () -> FLOATS.dot(N, a, 0, b, 0));
        kernels.put("squaredDistance", () -> FLOATS.squaredDistance(N, a, 0, b, 0));
        kernels.put("minMax", () -> FLOATS.minMax(N, a, 0, range));
        kernels.put("histogram", () -> FLOATS.histogram(N, a, 0, 0.1f, bins));
        kernels.put("adam", () -> FLOATS.adam(500, a, 0, b, 0, c, 0, d, 0, 0f, 0.9f, 0.1f, 0.999f, 0.001f, 0.5f, 1e-8f));
        kernels.put("copyRows", () -> FLOATS.copyRows(40, 64, a, 0, 64, c, 0, 80));
        kernels.put("toNhwc", () -> FLOATS.toNhwc(1, 10, 64, a, 0, 16, c, 0));
        kernels.put("toNchw", () -> FLOATS.toNchw(1, 10, 64, 16, a, 0, c, 0));
        kernels.put("int8 gemm", () -> INTEGERS.gemm(20, 40, 30, bytes, 0, 30, bytes, 0, 40, ints, 0, 40, false));
        kernels.put("int16 gemm", () -> INTEGERS.gemm(20, 40, 30, shorts, 0, 30, shorts, 0, 40, longs, 0, 40, false));
        kernels.put("int8 dot", () -> INTEGERS.dot(N, bytes, 0, bytes, 0));
        kernels.put("int16 dot", () -> INTEGERS.dot(N, shorts, 0, shorts, 0));
        addExact(kernels, "dense", shape(16, 24, 3, 1, 1));
        addExact(kernels, "pointwise", shape(32, 16, 1, 1, 1));
        addExact(kernels, "odd", shape(7, 19, 3, 1, 1));
        addExact(kernels, "depthwise", shape(32, 32, 3, 1, 32));
        addExact(kernels, "strided depthwise", shape(32, 32, 3, 2, 32));
        addExact(kernels, "depthwise of many channels", shape(48, 48, 3, 1, 48));
        kernels.put("requantize values", () -> Requantize.values(500, ints, 3, Rounding.HALF_EVEN, 8, ints));
        kernels.put("requantize products", () -> Requantize.products(500, ints, 0, ints, 0, 3, Rounding.HALF_UP, 8, ints, 0));
        kernels.put("requantize sums", () -> Requantize.sums(500, ints, 1, ints, 8, ints));
        kernels.put("requantize scaled", () -> Requantize.scaled(500, ints, 0, 5, 3, Rounding.HALF_UP, 8, ints, 0));
        kernels.put("quantize reals", () -> Requantize.reals(500, a, 3f, Rounding.HALF_UP, 8, 0, ints));
        kernels.put("quantize reals to even", () -> Requantize.reals(500, a, 3f, Rounding.HALF_EVEN, 8, 0, ints));
        return kernels;
    }

    private void addExact(Map<String, Runnable> kernels, String name, ConvShape padded) {
        ConvShape s = new ConvShape(1, padded.inH(), padded.inW(), padded.inC(), padded.inC(), padded.outH(), padded.outW(), padded.outC(),
                padded.outC(), padded.kernelH(), padded.kernelW(), padded.strideH(), padded.strideW(), 1, 1, padded.padTop(), padded.padLeft(),
                padded.groups());
        for (Rounding rounding : new Rounding[] {Rounding.HALF_EVEN, Rounding.HALF_UP}) {
            for (boolean isDouble : new boolean[] {false, true}) {
                ExactConv.Scaling scaling = new ExactConv.Scaling(new long[s.outC()], new int[s.outC()], rounding, 8, false);
                ExactConv conv = INTEGERS.exactConv(s, new int[s.weightCount()], scaling, isDouble);
                kernels.put("exact " + name + " " + rounding + (isDouble ? " in double" : ""), () -> conv.run(ints, 0, ints, N / 2));
            }
        }
        int[] weights = new int[s.weightCount()];
        Arrays.fill(weights, 127);
        Arrays.fill(factors, 127);
        // Sums that start at the limit leave the range at once, others pass some tests.
        for (long bias : new long[] {0, (1 << 19) - 1}) {
            long[] biases = new long[s.outC()];
            Arrays.fill(biases, bias);
            ExactConv.Scaling scaling = new ExactConv.Scaling(biases, new int[s.outC()], Rounding.HALF_UP, 8, false);
            for (Accumulator accumulator : new Accumulator[] {new Accumulator(20, 1, false), new Accumulator(21, 1, false),
                new Accumulator(22, 1, false), new Accumulator(22, 8, false), new Accumulator(32, 1, true)}) {
                ExactConv conv = INTEGERS.orderedConv(s, weights, scaling, accumulator, 128);
                kernels.put("ordered " + name + " from " + bias + " in " + accumulator, () -> conv.run(factors, 0, ints, N / 2));
            }
        }
    }

    private void addConvolution(Map<String, Runnable> kernels, String name, ConvShape s) {
        PackedConv packed = FLOATS.packedConv(s);
        FLOATS.pack(b, 0, packed);
        FLOATS.packForInputGradient(b, 0, packed);
        kernels.put(name + " pack", () -> {
            FLOATS.pack(b, 0, packed);
            FLOATS.packForInputGradient(b, 0, packed);
        });
        kernels.put(name + " conv", () -> FLOATS.conv(s, a, 0, packed, b, 0, c, 0, 0f, 6f));
        Finish swish = Finish.of(UnaryFunction.SWISH, 0f, 0f);
        kernels.put(name + " conv with function and sum", () -> FLOATS.conv(s, a, 0, packed, b, 0, c, 0, swish, d, 0));
        Finish byTable = new Finish(null, 0f, 0f, new FakeQuantizer(0, -128, 127, Rounding.HALF_UP), null, new float[Finish.ENTRIES]);
        kernels.put(name + " conv with fake quantization and table", () -> FLOATS.conv(s, a, 0, packed, b, 0, c, 0, byTable, null, 0));
        Finish wholes = Finish.of(new WholeRange(-128, 127), new float[Finish.ENTRIES]);
        kernels.put(name + " conv of wholes and table", () -> FLOATS.conv(s, a, 0, packed, b, 0, c, 0, wholes, null, 0));
        if (s.groups() == 1) {
            kernels.put(name + " conv of planes", () -> FLOATS.convOfPlanes(s, s.inH() * s.inW(), a, 0, packed, b, 0, c, 0, swish, null, 0));
        }
        kernels.put(name + " convInputGradient", () -> FLOATS.convInputGradient(s, a, 0, packed, c, 0));
        kernels.put(name + " convWeightGradient", () -> FLOATS.convWeightGradient(s, a, 0, c, 0, d, 0, b, 0));
    }

    private static ConvShape shape(int in, int out, int kernel, int stride, int groups) {
        int inStride = (in + 15) / 16 * 16;
        int outStride = (out + 15) / 16 * 16;
        int size = 7;
        int outSize = (size + kernel / 2 * 2 - kernel) / stride + 1;
        return new ConvShape(1, size, size, in, inStride, outSize, outSize, out, outStride, kernel, kernel, stride, stride, 1, 1, kernel / 2, kernel / 2, groups);
    }

    private static float[] filled(float factor) {
        float[] values = new float[N + 16];
        for (int i = 0; i < values.length; i++) {
            values[i] = factor * (i % 37 - 18);
        }
        return values;
    }

    /** Calls each kernel for so many milliseconds, as the first argument says: time for the compilers. */
    public static void main(String[] arguments) {
        long nanos = Long.parseLong(arguments[0]) * 1_000_000;
        new EveryKernel().calls().values().forEach(kernel -> {
            for (long start = System.nanoTime(); System.nanoTime() - start < nanos; ) {
                kernel.run();
            }
        });
    }
}
