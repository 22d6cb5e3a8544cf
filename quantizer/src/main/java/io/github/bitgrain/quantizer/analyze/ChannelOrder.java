package io.github.bitgrain.quantizer.analyze;

import io.github.bitgrain.core.tensor.Shape;
import io.github.bitgrain.core.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;

/**
 * Whether the samples of an input with three channels are like those of training, or like them with the channels in reversed
 * order (RGB and BGR): by the difference of the first and the last channel, red and blue in a photograph.
 */
final class ChannelOrder {
    private static final int CHANNELS = 3;
    /** Logarithm of how many times as likely the reversed order must be. */
    private static final double LIKELIER = 5;
    /** Share of its distance from training that is left in the reversed order; pictures that are merely of another colour keep more. */
    private static final double LEFT = 0.5;

    private final InputVariant reversed;
    private final List<double[]> samples = new ArrayList<>();

    private ChannelOrder(InputVariant reversed) {
        this.reversed = reversed;
    }

    /**
     * For an input of images.
     *
     * @param shape of one sample with its batch axis
     * @return null unless it has three channels of two axes
     */
    static ChannelOrder of(Shape shape, InputVariant reversed) {
        return shape.rank() == 4 && shape.dim(1) == CHANNELS && shape.dim(2) > 1 && shape.dim(3) > 1 ? new ChannelOrder(reversed) : null;
    }

    /** Takes one image. */
    void add(Tensor sample) {
        double[] means = new double[CHANNELS];
        int plane = sample.size() / CHANNELS;
        for (int i = 0; i < sample.size(); i++) {
            means[i / plane] += sample.data()[i];
        }
        for (int c = 0; c < CHANNELS; c++) {
            means[c] /= plane;
        }
        samples.add(means);
    }

    /** Means of the channels over the samples. */
    double[] means() {
        double[] means = new double[CHANNELS];
        samples.forEach(sample -> {
            for (int c = 0; c < CHANNELS; c++) {
                means[c] += sample[c] / samples.size();
            }
        });
        return means;
    }

    /** Whether the reversed order is so much likelier that chance does not explain it; needs two images. */
    boolean isReversed(TrainedMeans trained) {
        Fit asIs = new Fit(samples, trained);
        Fit turned = new Fit(samples.stream().map(reversed::of).toList(), trained);
        return asIs.unlikeliness - turned.unlikeliness > LIKELIER && turned.distance < LEFT * asIs.distance;
    }

    /** How far the samples' differences of first and last channel are from training's. */
    private static final class Fit {
        private final double distance;
        private final double unlikeliness;

        Fit(List<double[]> samples, TrainedMeans trained) {
            double[] differences = samples.stream().mapToDouble(means -> means[0] - means[CHANNELS - 1]).toArray();
            int n = differences.length;
            double sum = 0;
            for (double difference : differences) {
                sum += difference;
            }
            double squares = 0;
            for (double difference : differences) {
                squares += Math.pow(difference - sum / n, 2);
            }
            distance = Math.abs(sum / n - trained.difference());
            double variance = squares / (n - 1) / n + trained.differenceVariance();
            unlikeliness = variance > 0 ? distance * distance / variance / 2 : 0;
        }
    }
}
