package io.github.bitgrain.quantizer.tqt;

import io.github.bitgrain.core.graph.Node;
import io.github.bitgrain.core.tensor.Tensor;
import io.github.bitgrain.quantizer.walk.Frontier;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Means of every channel (axis 1) of some values, over batches that count alike. */
final class ChannelMeans {
    private final Map<String, double[]> sums = new HashMap<>();
    private int batches;

    /**
     * Means of what nodes make of values that are at hand.
     *
     * @param network runs the nodes
     * @param source has the values that they read
     */
    static ChannelMeans of(List<String> values, List<Node> nodes, Frontier network, Frontier source, List<Integer> batches) {
        ChannelMeans means = new ChannelMeans();
        network.compute(nodes, values, source, batches, (batch, found) -> means.add(found));
        return means;
    }

    /** Takes a batch of the values into account. */
    void add(Map<String, Tensor> values) {
        values.forEach((name, tensor) -> addMeans(tensor, sums.computeIfAbsent(name, key -> new double[tensor.shape().dim(1)])));
        batches++;
    }

    private static void addMeans(Tensor tensor, double[] means) {
        int channels = tensor.shape().dim(1);
        int inner = tensor.shape().size(2, tensor.shape().rank());
        double scale = 1.0 / ((double) tensor.shape().dim(0) * inner);
        for (int row = 0; row < tensor.size() / inner; row++) {
            double sum = 0;
            for (int i = row * inner; i < (row + 1) * inner; i++) {
                sum += tensor.data()[i];
            }
            means[row % channels] += sum * scale;
        }
    }

    /** The means of a value's channels. */
    double[] mean(String value) {
        double[] means = sums.get(value).clone();
        for (int c = 0; c < means.length; c++) {
            means[c] /= batches;
        }
        return means;
    }

    /** The means times the number of batches. */
    double[] sum(String value) {
        return sums.get(value);
    }
}
