package io.github.bitgrain.benchmarks.peers;

import static org.bytedeco.openblas.global.openblas.CblasNoTrans;
import static org.bytedeco.openblas.global.openblas.CblasRowMajor;
import static org.bytedeco.openblas.global.openblas.blas_set_num_threads;
import static org.bytedeco.openblas.global.openblas.cblas_sgemm;

import io.github.bitgrain.benchmarks.Implementations;
import io.github.bitgrain.benchmarks.Interleaved;
import io.github.bitgrain.kernels.ConvShape;
import io.github.bitgrain.kernels.FloatKernels;
import io.github.bitgrain.kernels.Kernels;
import io.github.bitgrain.kernels.PackedConv;
import java.util.Locale;
import org.bytedeco.javacpp.FloatPointer;

/**
 * Matrix products of convolutional networks against OpenBLAS, in turn in one process: one thread, its processor time. M is the number of
 * output channels, N of pixels, K of products. OpenBLAS is given both layouts that networks have: channels as rows (weights × pixels, as
 * frameworks with NCHW call it) and pixels as rows, as they are here. Weights stay the same from call to call, so that they are packed once
 * here; OpenBLAS has no such call.
 */
public final class ProductRatios {
    /** Squares, then the products of MobileNetV2 at 224 and of a YOLO at 640. */
    private static final int[][] SHAPES = {
        {256, 256, 256}, {512, 512, 512}, {1024, 1024, 1024}, {32, 12544, 27}, {16, 12544, 32}, {96, 12544, 16}, {24, 3136, 96}, {144, 3136, 24},
        {24, 3136, 144}, {32, 784, 144}, {192, 784, 32}, {384, 196, 64}, {64, 196, 384}, {96, 196, 384}, {576, 196, 96}, {160, 49, 576},
        {960, 49, 160}, {1280, 49, 320}, {16, 25600, 144}, {32, 6400, 288}, {64, 1600, 576}, {128, 400, 1152}, {64, 6400, 64}};

    private ProductRatios() {}

    /** Prints a table in Markdown. */
    public static void main(String[] arguments) {
        blas_set_num_threads(1);
        FloatKernels kernels = Kernels.floats();
        double[] logarithms = new double[2];
        System.out.println("| M, N, K | ours, OpenBLAS by channels, by pixels: Gflop/s | speed ÷ OpenBLAS by channels, by pixels |");
        System.out.println("|---|---|---|");
        for (int[] shape : SHAPES) {
            double[] times = times(kernels, shape[0], shape[1], shape[2]);
            double flops = 2e-3 * shape[0] * shape[1] * shape[2];
            System.out.printf(Locale.ROOT, "| %d, %d, %d | %.0f, %.0f, %.0f | %.2f, %.2f |%n", shape[0], shape[1], shape[2], flops / times[0],
                    flops / times[1], flops / times[2], times[1] / times[0], times[2] / times[0]);
            logarithms[0] += Math.log(times[1] / times[0]);
            logarithms[1] += Math.log(times[2] / times[0]);
        }
        System.out.printf(Locale.ROOT, "| geometric mean of %d | | %.2f, %.2f |%n", SHAPES.length, Math.exp(logarithms[0] / SHAPES.length),
                Math.exp(logarithms[1] / SHAPES.length));
    }

    private static double[] times(FloatKernels kernels, int m, int n, int k) {
        float[] x = Implementations.noise(n * k);
        float[] w = Implementations.noise(m * k);
        int stride = Implementations.padded(m);
        float[] y = new float[n * stride];
        ConvShape rows = ConvShape.rows(n, k, k, m, stride);
        PackedConv packed = kernels.packedConv(rows);
        kernels.pack(w, 0, packed);
        try (FloatPointer pixels = new FloatPointer(x); FloatPointer pixelsByChannel = new FloatPointer(transposed(x, n, k));
                FloatPointer weights = new FloatPointer(w); FloatPointer weightsByInput = new FloatPointer(transposed(w, m, k));
                FloatPointer c = new FloatPointer(1L * n * m)) {
            Runnable byChannels = () -> cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, m, n, k, 1, weights, k, pixelsByChannel, n, 0, c, n);
            Runnable byPixels = () -> cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, n, m, k, 1, pixels, k, weightsByInput, m, 0, c, m);
            byPixels.run();
            kernels.conv(rows, x, 0, packed, null, 0, y, 0, Float.NEGATIVE_INFINITY, Float.POSITIVE_INFINITY);
            check(y, stride, c, n, m, k);
            return new Interleaved(false, 1, 15, 0.03).microseconds(
                    () -> kernels.conv(rows, x, 0, packed, null, 0, y, 0, Float.NEGATIVE_INFINITY, Float.POSITIVE_INFINITY), byChannels, byPixels);
        }
    }

    private static void check(float[] y, int stride, FloatPointer theirs, int n, int m, int k) {
        for (int row = 0; row < n; row++) {
            for (int column = 0; column < m; column++) {
                double difference = Math.abs(y[row * stride + column] - theirs.get((long) row * m + column));
                if (!(difference < 1e-4 * k)) {
                    throw new IllegalStateException("results differ by " + difference + " at " + row + ", " + column);
                }
            }
        }
    }

    private static float[] transposed(float[] w, int rows, int columns) {
        float[] turned = new float[w.length];
        for (int i = 0; i < rows; i++) {
            for (int j = 0; j < columns; j++) {
                turned[j * rows + i] = w[i * columns + j];
            }
        }
        return turned;
    }
}
