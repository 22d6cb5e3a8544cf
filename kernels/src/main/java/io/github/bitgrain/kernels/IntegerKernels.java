package io.github.bitgrain.kernels;

/**
 * Exact integer products on flat arrays; all implementations give the same result. The rules of {@link FloatKernels} about
 * threads, allocation and overlap hold here too.
 */
public interface IntegerKernels {
    /** A name for logs and benchmarks, for example {@code scalar} or {@code vector512}. */
    String name();

    /**
     * {@code C[i][j] = Σ_k A[i][k] B[k][j]}, plus the old C if {@code accumulate}; 8-bit factors, 32-bit sums that wrap
     * modulo 2^32 (never reached below K = 131,072). Rows are {@code aRow}, {@code bRow} and {@code cRow} elements apart,
     * columns adjacent.
     */
    void gemm(int m, int n, int k, byte[] a, int aOffset, int aRow, byte[] b, int bOffset, int bRow, int[] c, int cOffset, int cRow,
            boolean accumulate);

    /** As the 8-bit product, with 16-bit factors and 64-bit sums. */
    void gemm(int m, int n, int k, short[] a, int aOffset, int aRow, short[] b, int bOffset, int bRow, long[] c, int cOffset, int cRow,
            boolean accumulate);

    /** {@code Σ a[i] b[i]} of 8-bit factors, modulo 2^32. */
    int dot(int n, byte[] a, int aOffset, byte[] b, int bOffset);

    /** {@code Σ a[i] b[i]} of 16-bit factors. */
    long dot(int n, short[] a, int aOffset, short[] b, int bOffset);

    /**
     * A convolution that ends in a change of scale.
     *
     * @param weights in ONNX order
     * @param isDouble whether results are exact up to {@code |bias| + Σ|x w| = }{@link ExactConv#LARGEST_IN_DOUBLE}; else up to
     *     {@link ExactConv#LARGEST_IN_FLOAT}, and any number in the range beyond
     */
    ExactConv exactConv(ConvShape shape, int[] weights, ExactConv.Scaling scaling, boolean isDouble);

    /**
     * A convolution that ends in a change of scale, whose sums are formed product by product in an accumulator that may saturate or
     * wrap: it starts with the bias; kernel rows, kernel columns and input channels ascend, positions outside the input add nothing
     * (chip-arithmetic.md §2.3).
     *
     * @param weights in ONNX order
     * @param largestFactor no input and no weight is farther from 0
     */
    ExactConv orderedConv(ConvShape shape, int[] weights, ExactConv.Scaling scaling, Accumulator accumulator, int largestFactor);
}
