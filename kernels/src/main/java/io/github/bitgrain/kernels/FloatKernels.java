package io.github.bitgrain.kernels;

/**
 * Single-precision kernels on flat arrays. An offset follows each array that takes one; lengths count floats. Kernels are
 * pure, run on the calling thread, keep no reference and allocate nothing once warm. Outputs must not overlap inputs unless
 * a method says otherwise; element-wise kernels may work in place.
 *
 * <p>Results of the implementations differ by rounding only: sums of K products within 2 K ulp of the sum of absolute
 * products, transcendental functions within 6 ulp (swish, or 1e-36), softmax of n values within 8 + n / 8 ulp; maps without a transcendental, fake quantization and packing are equal
 * bit for bit, the sign of a zero excepted. Each implementation gives the same bits for the same arguments, always.
 */
public interface FloatKernels {
    /** A name for logs and benchmarks, for example {@code scalar} or {@code vector512}. */
    String name();

    // ---- products

    /**
     * {@code C[i][j] = Σ_k A[i][k] B[k][j]}, plus the old C if {@code accumulate}. Element (i, k) of A is at
     * {@code aOffset + i aRow + k aColumn}, B likewise; C has unit column stride.
     */
    void gemm(int m, int n, int k, float[] a, int aOffset, int aRow, int aColumn, float[] b, int bOffset, int bRow, int bColumn,
            float[] c, int cOffset, int cRow, boolean accumulate);

    /** Room for the packed weights of a convolution and its input gradient. */
    PackedConv packedConv(ConvShape shape);

    /** Packs weights for {@link #conv}; {@code weights} in ONNX order. */
    void pack(float[] weights, int weightsOffset, PackedConv into);

    /**
     * {@code y = clamp(bias + conv(x, w), lo, hi)}. Infinite bounds clamp nothing.
     *
     * @param bias outC floats from {@code biasOffset}, or null
     */
    void conv(ConvShape shape, float[] x, int xOffset, PackedConv weights, float[] bias, int biasOffset,
            float[] y, int yOffset, float lo, float hi);

    /**
     * {@code y = finish(bias + conv(x, w)) + residual}.
     *
     * @param bias outC floats from {@code biasOffset}, or null
     * @param residual a map of the geometry of y, or null; must not overlap y
     */
    void conv(ConvShape shape, float[] x, int xOffset, PackedConv weights, float[] bias, int biasOffset,
            float[] y, int yOffset, Finish finish, float[] residual, int residualOffset);

    /**
     * As the fused {@link #conv}, for an input in NCHW: {@code shape.inStride()} is not used. Worth its while where channels are few, for the
     * images that networks begin with.
     *
     * @param planeStride floats from one channel of an image to the next, more than a plane for a band of the rows of one image
     */
    void convOfPlanes(ConvShape shape, int planeStride, float[] x, int xOffset, PackedConv weights, float[] bias, int biasOffset,
            float[] y, int yOffset, Finish finish, float[] residual, int residualOffset);

    /** Packs weights for {@link #convInputGradient}: they are read transposed and turned there. */
    void packForInputGradient(float[] weights, int weightsOffset, PackedConv into);

    /** {@code dx = Σ dy w}: gradient of {@link #conv} (without clamp) for its input; overwrites dx (inC floats per pixel). */
    void convInputGradient(ConvShape shape, float[] dy, int dyOffset, PackedConv weights, float[] dx, int dxOffset);

    /**
     * {@code dw += Σ x dy}, {@code dbias += Σ dy}, in ONNX order.
     *
     * @param dbias outC floats from {@code dbiasOffset}, or null
     */
    void convWeightGradient(ConvShape shape, float[] x, int xOffset, float[] dy, int dyOffset, float[] dw, int dwOffset,
            float[] dbias, int dbiasOffset);

    // ---- pooling

    /** Largest value of each window; padding never wins. */
    void maxPool(PoolShape shape, float[] x, int xOffset, float[] y, int yOffset);

    /** Adds dy to the place in dx that won, the first one (row by row) of equals; nothing wins over NaN. dx must be set before. */
    void maxPoolGradient(PoolShape shape, float[] x, int xOffset, float[] y, int yOffset, float[] dy, int dyOffset, float[] dx, int dxOffset);

    /** Mean of each window; the divisor is {@link PoolShape#divisor}. */
    void averagePool(PoolShape shape, float[] x, int xOffset, float[] y, int yOffset);

    /** Sum of each window. */
    void sumPool(PoolShape shape, float[] x, int xOffset, float[] y, int yOffset);

    /** Adds dy ÷ divisor to every position of each window. dx must be set before. */
    void averagePoolGradient(PoolShape shape, float[] dy, int dyOffset, float[] dx, int dxOffset);

    // ---- maps

    /** {@code y[i] = f(x[i])}. */
    void unary(UnaryFunction f, float p, float q, int n, float[] x, int xOffset, float[] y, int yOffset);

    /** {@code dx[i] = dy[i] f'(x[i])}, plus the old dx if {@code accumulate}; {@code y[i] = f(x[i])} is given. */
    void unaryGradient(UnaryFunction f, float p, float q, int n, float[] x, int xOffset, float[] y, int yOffset,
            float[] dy, int dyOffset, float[] dx, int dxOffset, boolean accumulate);

    /** {@code c[i] = f(a[i aStep], b[i bStep])} with steps 0 (one value for all) or 1. */
    void binary(BinaryFunction f, int n, float[] a, int aOffset, int aStep, float[] b, int bOffset, int bStep, float[] c, int cOffset);

    /** {@code y[i] += factor x[i]}. */
    void addScaled(int n, float factor, float[] x, int xOffset, float[] y, int yOffset);

    /** {@code y[i] += a[i] b[i bStep]} with bStep 0 or 1. */
    void addProduct(int n, float[] a, int aOffset, float[] b, int bOffset, int bStep, float[] y, int yOffset);

    /**
     * {@code y = clamp(a + factor b, lo, hi)}, rounded once, of rows of n values; {@code aRow}, {@code bRow} and {@code yRow} floats apart. Between
     * them nothing is written.
     */
    void sumRows(int rows, int n, float[] a, int aOffset, int aRow, float factor, float[] b, int bOffset, int bRow, float lo, float hi,
            float[] y, int yOffset, int yRow);

    /** {@code y[i] = table[x[i] + 128]} for whole x from −128 to 127; some entry of the table for other x. In place allowed. */
    void lookUp(float[] table, int n, float[] x, int xOffset, float[] y, int yOffset);

    // ---- rows

    /** Softmax (or its logarithm) of {@code rows} rows of n values, {@code xRow} and {@code yRow} floats apart. */
    void softmax(boolean logarithm, int rows, int n, float[] x, int xOffset, int xRow, float[] y, int yOffset, int yRow);

    /** Gradient of {@link #softmax} from its result y; overwrites dx. */
    void softmaxGradient(boolean logarithm, int rows, int n, float[] y, int yOffset, int yRow, float[] dy, int dyOffset, int dyRow,
            float[] dx, int dxOffset, int dxRow);

    // ---- fake quantization

    /**
     * {@code y = clamp(round(x / 2^exponent), qmin, qmax) 2^exponent}, all in single precision (ESP-PPQ's tensor form).
     * In place allowed.
     */
    void fakeQuantize(int n, float[] x, int xOffset, float[] y, int yOffset, int exponent, float qmin, float qmax, Rounding rounding);

    /**
     * Straight-through gradient of {@link #fakeQuantize}: {@code dx = dy [qmin <= q <= qmax]} with q = round(x / s),
     * plus the old dx if {@code accumulate}.
     *
     * @return {@code Σ dy d} with d = q − x / s inside the range and qmin or qmax beyond it (Jain et al. 2020, equations 6–8);
     *     the gradient for log2 s is s ln 2 times this. Summed in a fixed order.
     */
    double fakeQuantizeGradient(int n, float[] x, int xOffset, float[] dy, int dyOffset, float[] dx, int dxOffset,
            int exponent, float qmin, float qmax, Rounding rounding, boolean accumulate);

    /**
     * {@link #fakeQuantizeGradient} of rows of n elements that lie {@code stride} floats apart in x, dy and dx. What stands in
     * the gaps has no influence; the gaps of dx hold anything afterwards.
     */
    double fakeQuantizeGradientOfRows(int rows, int n, int stride, float[] x, int xOffset, float[] dy, int dyOffset, float[] dx, int dxOffset,
            int exponent, float qmin, float qmax, Rounding rounding, boolean accumulate);

    // ---- reductions, in a fixed order

    /** Sum in double precision. */
    double sum(int n, float[] x, int xOffset);

    /** {@code Σ a b} in double precision. */
    double dot(int n, float[] a, int aOffset, float[] b, int bOffset);

    /** {@code Σ (a − b)²} in double precision. */
    double squaredDistance(int n, float[] a, int aOffset, float[] b, int bOffset);

    /** Lowers {@code range[0]} to the smallest value and raises {@code range[1]} to the largest; NaN spreads to both. */
    void minMax(int n, float[] x, int xOffset, float[] range);

    /** Counts |x| in bins of {@code width} from 0; values beyond the last bin fall into it. */
    void histogram(int n, float[] x, int xOffset, float width, long[] bins);

    // ---- training

    /**
     * One Adam step (Kingma and Ba 2015, algorithm 1): {@code m = β1 m + (1 − β1) g}, {@code v = β2 v + (1 − β2) g²},
     * {@code w −= rate m / (sqrt(v) / root + epsilon)}. The operations and their rounding are PyTorch's, to the bit: training
     * near rounding thresholds is chaotic, and follows the same path only then.
     *
     * @param rate learning rate / (1 − β1^t)
     * @param rest1 1 − β1, rounded once
     * @param rest2 1 − β2, rounded once
     * @param root square root of 1 − β2^t
     */
    void adam(int n, float[] w, int wOffset, float[] g, int gOffset, float[] m, int mOffset, float[] v, int vOffset,
            float rate, float beta1, float rest1, float beta2, float rest2, float root, float epsilon);

    // ---- layout

    /** Copies {@code rows} rows of n floats, {@code xRow} and {@code yRow} floats apart; between them nothing is written. */
    void copyRows(int rows, int n, float[] x, int xOffset, int xRow, float[] y, int yOffset, int yRow);

    /** Dense NCHW to NHWC with {@code stride} floats per pixel; {@code pixels} = H W. The gap is set to zero. */
    void toNhwc(int batch, int channels, int pixels, float[] x, int xOffset, int stride, float[] y, int yOffset);

    /** NHWC with {@code stride} floats per pixel to dense NCHW. */
    void toNchw(int batch, int channels, int pixels, int stride, float[] x, int xOffset, float[] y, int yOffset);
}
