package io.github.bitgrain.core.exec;

import io.github.bitgrain.core.tensor.Shape;
import io.github.bitgrain.core.tensor.Tensor;
import io.github.bitgrain.kernels.FloatKernels;

/**
 * A value in its physical form, to be read only: rows of valid floats. Which element is where does not matter to statistics
 * of a whole tensor; {@link #tensor} gives ONNX order.
 *
 * @param name the graph's name for it
 * @param shape extents in ONNX axis order
 * @param data array that holds it
 * @param offset first float of the first row
 * @param rows number of rows
 * @param length valid floats per row
 * @param stride distance of rows
 * @param channelsLast whether each row holds the channels (axis 1) of one position, instead of everything
 * @param kernels kernels for the conversion
 */
public record ValueView(
        String name, Shape shape, float[] data, int offset, int rows, int length, int stride, boolean channelsLast, FloatKernels kernels) {
    /** A copy in ONNX axis order. */
    public Tensor tensor() {
        float[] dense = new float[shape.size()];
        if (channelsLast) {
            kernels.toNchw(shape.dim(0), shape.dim(1), shape.size(2, shape.rank()), stride, data, offset, dense, 0);
        } else {
            System.arraycopy(data, offset, dense, 0, dense.length);
        }
        return new Tensor(shape, dense);
    }
}
