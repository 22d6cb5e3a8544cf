package io.github.bitgrain.exporter.onnx;

import io.github.bitgrain.core.tensor.Shape;
import io.github.bitgrain.core.tensor.Tensor;

/**
 * A value that is known while reading: an initializer, a Constant node, or a shape computation that has been folded.
 *
 * @param shape shape; rank 0 for a scalar
 * @param floats elements of a real constant, else null
 * @param longs elements of an integer or boolean constant, else null
 */
record OnnxConstant(Shape shape, float[] floats, long[] longs) {
    static OnnxConstant of(Shape shape, float[] floats) {
        return new OnnxConstant(shape, floats, null);
    }

    static OnnxConstant of(Shape shape, long[] longs) {
        return new OnnxConstant(shape, null, longs);
    }

    static OnnxConstant vector(long... longs) {
        return of(Shape.of(longs.length), longs);
    }

    boolean isFloat() {
        return floats != null;
    }

    int size() {
        return isFloat() ? floats.length : longs.length;
    }

    /** Element i as a real. */
    double real(int i) {
        return isFloat() ? floats[i] : longs[i];
    }

    Tensor tensor() {
        return new Tensor(shape, floats);
    }

    OnnxConstant withShape(Shape newShape) {
        return new OnnxConstant(newShape, floats, longs);
    }
}
