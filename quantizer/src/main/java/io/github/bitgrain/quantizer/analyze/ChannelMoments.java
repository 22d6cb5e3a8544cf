package io.github.bitgrain.quantizer.analyze;

import io.github.bitgrain.core.tensor.Tensor;
import java.util.Arrays;

/** Mean and variance of channels over all values that were seen. */
final class ChannelMoments {
    private final double[] counts;
    private final double[] sums;
    private final double[] squares;

    ChannelMoments(int channels) {
        counts = new double[channels];
        sums = new double[channels];
        squares = new double[channels];
    }

    /**
     * Takes values [N, C, …].
     *
     * @param first the channel here that is their channel 0
     * @param own number of their channels
     */
    void add(Tensor values, int first, int own) {
        int plane = values.shape().size(2, values.shape().rank());
        for (int i = 0; i < values.size(); i++) {
            int channel = first + i / plane % own;
            double v = values.data()[i];
            counts[channel]++;
            sums[channel] += v;
            squares[channel] += v * v;
        }
    }

    double mean(int channel) {
        return sums[channel] / counts[channel];
    }

    double[] means() {
        double[] means = new double[counts.length];
        Arrays.setAll(means, this::mean);
        return means;
    }

    double variance(int channel) {
        return squares[channel] / counts[channel] - mean(channel) * mean(channel);
    }
}
