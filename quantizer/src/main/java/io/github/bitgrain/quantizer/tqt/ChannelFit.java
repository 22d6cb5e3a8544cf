package io.github.bitgrain.quantizer.tqt;

import io.github.bitgrain.core.tensor.Tensor;

/** How the quantized values of every channel (axis 1) follow the float ones: first and second moments of both over all that was seen. */
final class ChannelFit {
    /** Share of the mean square below which a variance is none: single precision. */
    private static final double LEAST = 0x1p-24;

    private final double[] wanted;
    private final double[] found;
    private final double[] wantedSquares;
    private final double[] foundSquares;
    private final double[] products;
    private long count;

    ChannelFit(int channels) {
        wanted = new double[channels];
        found = new double[channels];
        wantedSquares = new double[channels];
        foundSquares = new double[channels];
        products = new double[channels];
    }

    /**
     * Takes the same values [N, C, …] of both networks.
     *
     * @param f the float network's
     * @param q the quantized network's
     */
    void add(Tensor f, Tensor q) {
        int inner = f.shape().size(2, f.shape().rank());
        for (int row = 0; row < f.size() / inner; row++) {
            int c = row % wanted.length;
            for (int i = row * inner; i < (row + 1) * inner; i++) {
                double x = f.data()[i];
                double y = q.data()[i];
                wanted[c] += x;
                found[c] += y;
                wantedSquares[c] += x * x;
                foundSquares[c] += y * y;
                products[c] += x * y;
            }
        }
        count += f.size() / wanted.length;
    }

    /** What has to be added to the quantized channel for the float one's mean. */
    double offset(int c) {
        return (wanted[c] - found[c]) / count;
    }

    /** Variance of the difference: the squared error that no bias takes out. */
    double error(int c) {
        return wantedVariance(c) + foundVariance(c) - 2 * covariance(c);
    }

    private double wantedVariance(int c) {
        return centred(wantedSquares[c], wanted[c], wanted[c]);
    }

    private double foundVariance(int c) {
        return centred(foundSquares[c], found[c], found[c]);
    }

    private double covariance(int c) {
        return centred(products[c], wanted[c], found[c]);
    }

    /**
     * Factor of least squared error: what the quantized channel, about its mean, has to be multiplied by. 1 for a channel that does not vary.
     */
    double slope(int c) {
        return varies(c) ? covariance(c) / foundVariance(c) : 1;
    }

    /** Factor that gives the quantized channel the float one's standard deviation; 1 for a channel that does not vary. */
    double deviations(int c) {
        return varies(c) ? Math.sqrt(wantedVariance(c) / foundVariance(c)) : 1;
    }

    /** Whether both networks' values are more than rounding noise of the sums about one number. */
    private boolean varies(int c) {
        return wantedVariance(c) > LEAST * wantedSquares[c] / count && foundVariance(c) > LEAST * foundSquares[c] / count;
    }

    private double centred(double sum, double one, double other) {
        return (sum - one * other / count) / count;
    }
}
