package io.github.bitgrain.kernels;

import java.util.Arrays;

/** The reference for integer products. */
class ScalarIntegerKernels implements IntegerKernels {
    @Override
    public String name() {
        return "scalar";
    }

    @Override
    public void gemm(int m, int n, int k, byte[] a, int aOffset, int aRow, byte[] b, int bOffset, int bRow, int[] c, int cOffset, int cRow,
            boolean accumulate) {
        for (int i = 0; i < m; i++) {
            int row = cOffset + i * cRow;
            if (!accumulate) {
                Arrays.fill(c, row, row + n, 0);
            }
            for (int l = 0; l < k; l++) {
                addProducts(n, a[aOffset + i * aRow + l], b, bOffset + l * bRow, c, row);
            }
        }
    }

    @Override
    public void gemm(int m, int n, int k, short[] a, int aOffset, int aRow, short[] b, int bOffset, int bRow, long[] c, int cOffset, int cRow,
            boolean accumulate) {
        for (int i = 0; i < m; i++) {
            int row = cOffset + i * cRow;
            if (!accumulate) {
                Arrays.fill(c, row, row + n, 0);
            }
            for (int l = 0; l < k; l++) {
                addProducts(n, a[aOffset + i * aRow + l], b, bOffset + l * bRow, c, row);
            }
        }
    }

    @Override
    public int dot(int n, byte[] a, int aOffset, byte[] b, int bOffset) {
        int sum = 0;
        for (int i = 0; i < n; i++) {
            sum += a[aOffset + i] * b[bOffset + i];
        }
        return sum;
    }

    @Override
    public long dot(int n, short[] a, int aOffset, short[] b, int bOffset) {
        long sum = 0;
        for (int i = 0; i < n; i++) {
            sum += a[aOffset + i] * b[bOffset + i];
        }
        return sum;
    }

    /** Lanes of a sum are neighbours in c: the one form that the compiler turns into vector code by itself. */
    private static void addProducts(int n, byte factor, byte[] b, int bOffset, int[] c, int cOffset) {
        for (int j = 0; j < n; j++) {
            c[cOffset + j] += factor * b[bOffset + j];
        }
    }

    private static void addProducts(int n, short factor, short[] b, int bOffset, long[] c, int cOffset) {
        for (int j = 0; j < n; j++) {
            c[cOffset + j] += factor * b[bOffset + j];
        }
    }

    @Override
    public ExactConv exactConv(ConvShape shape, int[] weights, ExactConv.Scaling scaling, boolean isDouble) {
        ExactConv conv = new ScalarExactConv(shape, scaling);
        conv.pack(weights);
        return conv;
    }

    @Override
    public ExactConv orderedConv(ConvShape shape, int[] weights, ExactConv.Scaling scaling, Accumulator accumulator, int largestFactor) {
        ExactConv conv = new ScalarOrderedConv(shape, scaling, accumulator);
        conv.pack(weights);
        return conv;
    }
}
