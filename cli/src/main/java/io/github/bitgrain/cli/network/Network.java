package io.github.bitgrain.cli.network;

import io.github.bitgrain.core.tensor.Shape;
import io.github.bitgrain.core.tensor.Tensor;
import java.util.List;
import java.util.Map;

/** Something that computes outputs from inputs, whatever its arithmetic. Not safe for use by several threads. */
public interface Network extends AutoCloseable {
    /** Inputs by name with the shapes that a sample may have, the usual one first, in order. */
    Map<String, List<Shape>> inputs();

    /** Outputs by name with the shape for one sample, in order. */
    Map<String, Shape> outputs();

    /** Whether an output is a feature map with channels last, where that cannot be seen by its shape. */
    default boolean hasChannelsLast(String output) {
        return false;
    }

    /** Samples that are best computed at once. */
    int batch();

    /**
     * Computes a batch.
     *
     * @param inputs per input a tensor [samples, …sample], at most {@link #batch} samples
     * @return per output a tensor [samples, …sample]
     */
    Map<String, Tensor> run(Map<String, Tensor> inputs);

    @Override
    void close();
}
