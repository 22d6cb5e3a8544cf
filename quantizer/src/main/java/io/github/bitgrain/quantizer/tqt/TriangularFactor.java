package io.github.bitgrain.quantizer.tqt;

/** A symmetric positive definite matrix as U^T U with U upper triangular (Cholesky). */
final class TriangularFactor {
    private final int n;
    private final double[] u;

    /**
     * Factorizes.
     *
     * @param matrix row by row; overwritten
     */
    TriangularFactor(double[] matrix, int n) {
        this.n = n;
        this.u = matrix;
        for (int j = 0; j < n; j++) {
            double root = Math.sqrt(u[j * n + j]);
            for (int k = j; k < n; k++) {
                u[j * n + k] /= root;
            }
            for (int i = j + 1; i < n; i++) {
                double factor = u[j * n + i];
                for (int k = i; k < n; k++) {
                    u[i * n + k] -= factor * u[j * n + k];
                }
            }
        }
    }

    /** Solves U^T U x = b. */
    void solve(double[] b) {
        for (int j = 0; j < n; j++) {
            b[j] /= u[j * n + j];
            for (int k = j + 1; k < n; k++) {
                b[k] -= b[j] * u[j * n + k];
            }
        }
        for (int j = n - 1; j >= 0; j--) {
            double sum = b[j];
            for (int k = j + 1; k < n; k++) {
                sum -= u[j * n + k] * b[k];
            }
            b[j] = sum / u[j * n + j];
        }
    }

    /** What element j of a vector e should be, given those behind it, for the least e^T U^T U e. */
    double best(int j, double[] e) {
        double sum = 0;
        for (int k = j + 1; k < n; k++) {
            sum += u[j * n + k] * e[k];
        }
        return -sum / u[j * n + j];
    }
}
