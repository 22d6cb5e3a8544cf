package io.github.bitgrain.quantizer.analyze;

import io.github.bitgrain.core.tensor.Shape;
import io.github.bitgrain.core.tensor.Tensor;
import io.github.bitgrain.quantizer.input.InputMap;

/**
 * Another form that the values of an input could have been given: {@code gain(c) · x(c) + offset(c)}, channels being axis 1.
 *
 * @param advice what to do to get it, for people
 * @param map from the values as they are
 * @param reversed whether channel c reads channel C − 1 − c
 */
public record InputVariant(String advice, InputMap map, boolean reversed) {
    /** Channels in reversed order, all having been treated alike. */
    static final InputVariant REVERSED = new InputVariant("", new InputMap(new double[] {1}, new double[] {0}), true);

    /** The form of one or several samples [N, C, …]. */
    Tensor of(Tensor values) {
        Shape shape = values.shape();
        if (shape.rank() < 2) {
            return map.apply(values, 0);
        }
        if (!reversed) {
            return map.apply(values, 1);
        }
        int channels = shape.dim(1);
        int plane = shape.size(2, shape.rank());
        Tensor turned = Tensor.zeros(shape);
        for (int row = 0; row < shape.dim(0) * channels; row++) {
            int channel = row % channels;
            System.arraycopy(values.data(), (row - channel + channels - 1 - channel) * plane, turned.data(), row * plane, plane);
        }
        return map.apply(turned, 1);
    }

    /** What means of the channels become. */
    double[] of(double[] means) {
        double[] formed = new double[means.length];
        for (int c = 0; c < means.length; c++) {
            formed[c] = map.gain(c) * means[reversed ? means.length - 1 - c : c] + map.offset(c);
        }
        return formed;
    }
}
