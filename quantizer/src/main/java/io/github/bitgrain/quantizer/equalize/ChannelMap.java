package io.github.bitgrain.quantizer.equalize;

import io.github.bitgrain.core.tensor.Tensor;

/**
 * How an equalized value stands to the original one: {@code equalized = scale[c] · original − shift}.
 *
 * @param scale one positive factor for each of equal runs of the elements of a sample: for every channel c of a map, as a rule
 * @param shift subtracted after scaling
 */
public record ChannelMap(float[] scale, float shift) {
    /** The original values of an equalized tensor [N, …], in place. */
    public Tensor restore(Tensor equalized) {
        float[] data = equalized.data();
        int run = run(equalized);
        for (int first = 0; first < data.length; first += run) {
            float factor = 1 / scale[first / run % scale.length];
            for (int i = first; i < first + run; i++) {
                data[i] = (data[i] + shift) * factor;
            }
        }
        return equalized;
    }

    private int run(Tensor tensor) {
        return tensor.size() / tensor.shape().dim(0) / scale.length;
    }
}
