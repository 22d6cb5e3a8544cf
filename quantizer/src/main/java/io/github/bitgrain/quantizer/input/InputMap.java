package io.github.bitgrain.quantizer.input;

import io.github.bitgrain.core.tensor.Tensor;

/**
 * {@code gain · x + offset}, channel by channel: what a fitted network reads in place of an input x. One entry of an array is for all channels.
 *
 * @param gain factors
 * @param offset added after scaling
 */
public record InputMap(double[] gain, double[] offset) {
    static final InputMap IDENTITY = new InputMap(new double[] {1}, new double[] {0});

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

    /** Whether all numbers are finite and the map can be taken back. */
    public boolean isRegular() {
        for (int c = 0; c < channels(); c++) {
            if (gain(c) == 0 || !Double.isFinite(gain(c)) || !Double.isFinite(offset(c))) {
                return false;
            }
        }
        return true;
    }

    /** This, then {@code by · … + plus}. */
    InputMap then(double[] by, double[] plus) {
        int channels = Math.max(channels(), Math.max(by.length, plus.length));
        double[] newGain = new double[channels];
        double[] newOffset = new double[channels];
        for (int c = 0; c < channels; c++) {
            newGain[c] = gain(c) * by[c % by.length];
            newOffset[c] = offset(c) * by[c % by.length] + plus[c % plus.length];
        }
        return new InputMap(newGain, newOffset);
    }

    /** What becomes a value, channel by channel. */
    double[] inverse(double value) {
        double[] inverse = new double[channels()];
        for (int c = 0; c < inverse.length; c++) {
            inverse[c] = (value - offset(c)) / gain(c);
        }
        return inverse;
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
