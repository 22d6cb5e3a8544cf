package io.github.bitgrain.quantizer.analyze;

import io.github.bitgrain.core.tensor.Shape;
import io.github.bitgrain.core.tensor.Tensor;
import java.util.Arrays;

/**
 * Means of the channels of an input during training, solved from the running means behind it: these are the mean input times
 * what each channel answers to a constant input, as long as everything between is linear. Least squares, each equation by its
 * running variance.
 */
final class TrainedMeans {
    /** Share of the answers that float arithmetic may get wrong. */
    private static final double LINEAR = 1e-3;
    private static final double SINGULAR = 1e-6;

    private final double[] means;
    private final double[][] inverse;
    private final double residual;

    private TrainedMeans(double[] means, double[][] inverse, double residual) {
        this.means = means;
        this.inverse = inverse;
        this.residual = residual;
    }

    /**
     * Solves for the means.
     *
     * @param shape of one sample with its batch axis, channels at axis 1
     * @return null where the way to the norms is not linear, or their channels do not tell the input's apart
     */
    static TrainedMeans of(FirstNorms norms, Shape shape) {
        int inputs = shape.dim(1);
        int equations = norms.channels();
        if (equations <= inputs) {
            return null;
        }
        double[] none = norms.respond(constant(shape, -1, 0));
        double[] rest = norms.respond(constant(shape, -1, 1));
        double[] size = new double[equations];
        double[][] answers = new double[inputs][];
        for (int k = 0; k < inputs; k++) {
            answers[k] = norms.respond(constant(shape, k, 1));
            for (int c = 0; c < equations; c++) {
                answers[k][c] -= none[c];
                rest[c] -= answers[k][c];
                size[c] += Math.abs(answers[k][c]);
            }
        }
        double[][] normal = new double[inputs][inputs];
        double[] right = new double[inputs];
        for (int c = 0; c < equations; c++) {
            if (Math.abs(rest[c] - none[c]) > LINEAR * (size[c] + Math.abs(none[c]))) {
                return null;
            }
            for (int i = 0; i < inputs; i++) {
                right[i] += answers[i][c] * (norms.mean(c) - none[c]) / norms.variance(c);
                for (int j = 0; j < inputs; j++) {
                    normal[i][j] += answers[i][c] * answers[j][c] / norms.variance(c);
                }
            }
        }
        double[][] inverse = inverse(normal);
        if (inverse == null) {
            return null;
        }
        double[] means = new double[inputs];
        Arrays.setAll(means, i -> product(inverse[i], right));
        double squares = 0;
        for (int c = 0; c < equations; c++) {
            double error = norms.mean(c) - none[c];
            for (int i = 0; i < inputs; i++) {
                error -= means[i] * answers[i][c];
            }
            squares += error * error / norms.variance(c);
        }
        return new TrainedMeans(means, inverse, squares / (equations - inputs));
    }

    /** A sample that is constant in one channel, or in all (−1), and 0 elsewhere. */
    private static Tensor constant(Shape shape, int channel, float value) {
        Tensor sample = Tensor.zeros(shape);
        int plane = shape.size(2, shape.rank());
        Arrays.fill(sample.data(), Math.max(0, channel) * plane, channel < 0 ? sample.size() : (channel + 1) * plane, value);
        return sample;
    }

    /** Gauss and Jordan on a positive definite matrix; null if it is nearly singular. */
    private static double[][] inverse(double[][] matrix) {
        int n = matrix.length;
        double[][] rows = new double[n][2 * n];
        for (int i = 0; i < n; i++) {
            System.arraycopy(matrix[i], 0, rows[i], 0, n);
            rows[i][n + i] = 1;
        }
        for (int i = 0; i < n; i++) {
            double pivot = rows[i][i];
            if (!(pivot > SINGULAR * matrix[i][i])) {
                return null;
            }
            for (int j = 0; j < 2 * n; j++) {
                rows[i][j] /= pivot;
            }
            for (int k = 0; k < n; k++) {
                double factor = k == i ? 0 : rows[k][i];
                for (int j = 0; factor != 0 && j < 2 * n; j++) {
                    rows[k][j] -= factor * rows[i][j];
                }
            }
        }
        double[][] inverse = new double[n][];
        Arrays.setAll(inverse, i -> Arrays.copyOfRange(rows[i], n, 2 * n));
        return inverse;
    }

    private static double product(double[] a, double[] b) {
        double sum = 0;
        for (int i = 0; i < a.length; i++) {
            sum += a[i] * b[i];
        }
        return sum;
    }

    /** The means, channel by channel. */
    double[] means() {
        return means.clone();
    }

    /** First mean less the last one. */
    double difference() {
        return means[0] - means[means.length - 1];
    }

    /** Variance of the error of {@link #difference}. */
    double differenceVariance() {
        int last = means.length - 1;
        return residual * (inverse[0][0] + inverse[last][last] - 2 * inverse[0][last]);
    }
}
