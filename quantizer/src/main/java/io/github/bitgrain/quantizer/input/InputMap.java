package io.github.bitgrain.quantizer.input;

import io.github.bitgrain.core.tensor.Tensor;

/**
 * What a fitted network reads in place of an input x: {@code gain · x + offset}, channel by channel. One entry of an array is for all channels.
 *
 * @param gain factors, none of them 0
 * @param offset added after scaling
 */
public record InputMap(double[] gain, double[] offset) {
    /** Checks the arrays. */
    public InputMap {
        if (gain.length == 0 || offset.length == 0 || gain.length != 1 && offset.length != 1 && gain.length != offset.length) {
            throw new IllegalArgumentException(gain.length + " gains, " + offset.length + " offsets");
        }
        gain = gain.clone();
        offset = offset.clone();
    }

    /** Number of channels that the map tells apart. */
    public int channels() {
        return Math.max(gain.length, offset.length);
    }

    /** The factor of a channel. */
    public double gain(int channel) {
        return gain[channel % gain.length];
    }

    /** What is added to a channel. */
    public double offset(int channel) {
        return offset[channel % offset.length];
    }

    /** The value that a value of a channel becomes. */
    public float apply(float value, int channel) {
        return (float) (gain(channel) * value + offset(channel));
    }

    /**
     * The values that a tensor of inputs becomes, in a new tensor.
     *
     * @param axis axis of the channels
     */
    public Tensor apply(Tensor inputs, int axis) {
        float[] from = inputs.data();
        float[] to = new float[from.length];
        int channels = channels();
        int inner = channels == 1 ? from.length : inputs.shape().size(axis + 1, inputs.shape().rank());
        for (int start = 0, row = 0; start < to.length; start += inner, row++) {
            int channel = row % channels;
            for (int i = start; i < start + inner; i++) {
                to[i] = apply(from[i], channel);
            }
        }
        return new Tensor(inputs.shape(), to);
    }
}
