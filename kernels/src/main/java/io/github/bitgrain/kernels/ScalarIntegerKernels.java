package io.github.bitgrain.kernels;

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
            for (int j = 0; j < n; j++) {
                int at = cOffset + i * cRow + j;
                int sum = accumulate ? c[at] : 0;
                for (int l = 0; l < k; l++) {
                    sum += a[aOffset + i * aRow + l] * b[bOffset + l * bRow + j];
                }
                c[at] = sum;
            }
        }
    }

    @Override
    public void gemm(int m, int n, int k, short[] a, int aOffset, int aRow, short[] b, int bOffset, int bRow, long[] c, int cOffset, int cRow,
            boolean accumulate) {
        for (int i = 0; i < m; i++) {
            for (int j = 0; j < n; j++) {
                int at = cOffset + i * cRow + j;
                long sum = accumulate ? c[at] : 0;
                for (int l = 0; l < k; l++) {
                    sum += a[aOffset + i * aRow + l] * b[bOffset + l * bRow + j];
                }
                c[at] = sum;
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
}
