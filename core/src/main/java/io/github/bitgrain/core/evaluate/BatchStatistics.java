package io.github.bitgrain.core.evaluate;

import io.github.bitgrain.core.plan.Buffer;
import io.github.bitgrain.core.plan.PlannedNode;
import io.github.bitgrain.core.plan.Value;
import java.util.Arrays;

/**
 * Mean and population variance of each channel over a batch, in two passes and double precision. Partial sums per image are
 * added in order, so that threads change nothing.
 */
final class BatchStatistics {
    private final Value x;
    private final Buffer mean;
    private final Buffer variance;
    private final int channels;
    private final double[][] partial;

    BatchStatistics(Value x, Buffer mean, Buffer variance) {
        this.x = x;
        this.mean = mean;
        this.variance = variance;
        this.channels = x.shape().dim(1);
        this.partial = new double[x.images()][channels];
    }

    void emit(PlannedNode node) {
        node.step(x.images(), (from, to) -> sums(from, to, null), x.buffer());
        node.step(1, (from, to) -> combine(mean), mean);
        node.step(x.images(), (from, to) -> sums(from, to, mean), x.buffer(), mean);
        node.step(1, (from, to) -> combine(variance), variance);
    }

    private void sums(int from, int to, Buffer centre) {
        int rowsPerImage = x.rows() / x.images();
        for (int image = from; image < to; image++) {
            double[] sums = partial[image];
            Arrays.fill(sums, 0);
            for (int row = image * rowsPerImage; row < (image + 1) * rowsPerImage; row++) {
                int at = x.buffer().offset() + row * x.rowStride();
                if (centre == null) {
                    add(sums, x.buffer().data(), at);
                } else {
                    addSquares(sums, x.buffer().data(), at, centre.data(), centre.offset());
                }
            }
        }
    }

    private void add(double[] sums, float[] xs, int at) {
        for (int c = 0; c < channels; c++) {
            sums[c] += xs[at + c];
        }
    }

    private void addSquares(double[] sums, float[] xs, int at, float[] centre, int co) {
        for (int c = 0; c < channels; c++) {
            double d = xs[at + c] - centre[co + c];
            sums[c] += d * d;
        }
    }

    private void combine(Buffer to) {
        for (int c = 0; c < channels; c++) {
            double sum = 0;
            for (double[] image : partial) {
                sum += image[c];
            }
            to.data()[to.offset() + c] = (float) (sum / x.rows());
        }
    }
}
