package io.github.bitgrain.core.reference;

import io.github.bitgrain.core.tensor.Shape;
import io.github.bitgrain.core.tensor.Tensor;
import java.util.Arrays;
import java.util.function.DoubleBinaryOperator;
import java.util.function.DoubleUnaryOperator;

/** A dense row-major tensor of doubles. */
record Doubles(Shape shape, double[] data) {
    static Doubles zeros(Shape shape) {
        return new Doubles(shape, new double[shape.size()]);
    }

    static Doubles of(Tensor tensor) {
        Doubles copy = zeros(tensor.shape());
        Arrays.setAll(copy.data, i -> tensor.data()[i]);
        return copy;
    }

    static Doubles scalar(double value) {
        return new Doubles(Shape.of(), new double[] {value});
    }

    double get(int... index) {
        return data[at(index)];
    }

    void set(double value, int... index) {
        data[at(index)] = value;
    }

    private int at(int[] index) {
        int at = 0;
        for (int axis = 0; axis < shape.rank(); axis++) {
            at = at * shape.dim(axis) + index[axis];
        }
        return at;
    }

    /** The index of an element, axis by axis. */
    static int[] index(Shape shape, int element) {
        int[] index = new int[shape.rank()];
        for (int axis = shape.rank() - 1; axis >= 0; axis--) {
            index[axis] = element % shape.dim(axis);
            element /= shape.dim(axis);
        }
        return index;
    }

    Doubles map(DoubleUnaryOperator f) {
        return new Doubles(shape, Arrays.stream(data).map(f).toArray());
    }

    Doubles zip(Doubles other, DoubleBinaryOperator f) {
        Doubles result = zeros(shape.broadcast(other.shape));
        for (int i = 0; i < result.data.length; i++) {
            int[] index = index(result.shape, i);
            result.data[i] = f.applyAsDouble(broadcast(index), other.broadcast(index));
        }
        return result;
    }

    double broadcast(int[] index) {
        int[] own = new int[shape.rank()];
        for (int axis = 0; axis < own.length; axis++) {
            int i = index[index.length - own.length + axis];
            own[axis] = shape.dim(axis) == 1 ? 0 : i;
        }
        return get(own);
    }

    Doubles reshape(Shape other) {
        return new Doubles(other, data);
    }

    Tensor tensor() {
        float[] floats = new float[data.length];
        for (int i = 0; i < floats.length; i++) {
            floats[i] = (float) data[i];
        }
        return new Tensor(shape, floats);
    }
}
