package io.github.bitgrain.core.tensor;

import java.util.Arrays;
import java.util.Objects;

/**
 * A dense row-major float32 tensor in ONNX axis order. The data array is the tensor's own, not a copy: who writes into it
 * changes the tensor. Physical layouts of feature maps exist inside the executor only.
 *
 * @param shape extents
 * @param data exactly {@code shape.size()} elements
 */
public record Tensor(Shape shape, float[] data) {
    /** Checks that data and shape agree. */
    public Tensor {
        Objects.requireNonNull(shape, "shape");
        if (data.length != shape.size()) {
            throw new IllegalArgumentException(data.length + " elements for shape " + shape);
        }
    }

    /** A tensor of zeros. */
    public static Tensor zeros(Shape shape) {
        return new Tensor(shape, new float[shape.size()]);
    }

    /** A tensor of one repeated value. */
    public static Tensor filled(Shape shape, float value) {
        Tensor tensor = zeros(shape);
        Arrays.fill(tensor.data, value);
        return tensor;
    }

    /** A one-dimensional tensor of these values. */
    public static Tensor vector(float... values) {
        return new Tensor(Shape.of(values.length), values);
    }

    /** A tensor of rank 0. */
    public static Tensor scalar(float value) {
        return new Tensor(Shape.of(), new float[] {value});
    }

    /** Number of elements. */
    public int size() {
        return data.length;
    }

    /** A tensor with data of its own. */
    public Tensor copy() {
        return new Tensor(shape, data.clone());
    }

    /** The same data under another shape of the same size. */
    public Tensor reshape(Shape other) {
        return new Tensor(other, data);
    }

    /** Equal shape and bitwise equal data. */
    @Override
    public boolean equals(Object other) {
        return other instanceof Tensor tensor && shape.equals(tensor.shape) && Arrays.equals(data, tensor.data);
    }

    @Override
    public int hashCode() {
        return 31 * shape.hashCode() + Arrays.hashCode(data);
    }

    @Override
    public String toString() {
        return "Tensor" + shape;
    }
}
