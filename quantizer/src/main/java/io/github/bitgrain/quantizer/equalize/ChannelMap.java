package io.github.bitgrain.quantizer.equalize;

import io.github.bitgrain.core.tensor.Tensor;

/**
 * How an equalized value stands to the original one: {@code equalized = scale[c] · original − shift} for channel c (axis 1).
 *
 * @param scale one positive factor per channel
 * @param shift subtracted after scaling
 */
public record ChannelMap(float[] scale, float shift) {
    /** The original values of an equalized tensor [N, C, …], in place. */
    public Tensor restore(Tensor equalized) {
        float[] data = equalized.data();
        int channels = equalized.shape().dim(1);
        int inner = equalized.shape().size(2, equalized.shape().rank());
        for (int row = 0; row < data.length / inner; row++) {
            float factor = 1 / scale[row % channels];
            for (int i = row * inner; i < (row + 1) * inner; i++) {
                data[i] = (data[i] + shift) * factor;
            }
        }
        return equalized;
    }

    /** The equalized values of an original tensor [N, C, …], in place. */
    public Tensor equalize(Tensor original) {
        float[] data = original.data();
        int channels = original.shape().dim(1);
        int inner = original.shape().size(2, original.shape().rank());
        for (int row = 0; row < data.length / inner; row++) {
            float factor = scale[row % channels];
            for (int i = row * inner; i < (row + 1) * inner; i++) {
                data[i] = data[i] * factor - shift;
            }
        }
        return original;
    }
}
