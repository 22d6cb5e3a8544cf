package io.github.bitgrain.exporter.onnx;

import io.github.bitgrain.core.tensor.Shape;
import java.util.Arrays;
import java.util.List;
import java.util.function.DoubleBinaryOperator;
import java.util.function.DoubleUnaryOperator;
import java.util.function.LongBinaryOperator;
import java.util.stream.IntStream;

/** Arithmetic, comparisons and reductions of constants, by ONNX's rules of broadcasting. Truths are the integers 0 and 1. */
final class ConstantMath {
    /** A comparison of two numbers, from the sign of their difference. */
    interface Test {
        boolean holds(int sign);
    }

    private ConstantMath() {}

    static OnnxConstant map(OnnxNode node, DoubleUnaryOperator f) {
        OnnxConstant x = node.constant(0);
        if (!x.isFloat()) {
            return OnnxConstant.of(x.shape(), Arrays.stream(x.longs()).map(v -> (long) f.applyAsDouble(v)).toArray());
        }
        float[] floats = new float[x.size()];
        for (int i = 0; i < floats.length; i++) {
            floats[i] = (float) f.applyAsDouble(x.floats()[i]);
        }
        return OnnxConstant.of(x.shape(), floats);
    }

    /** Of two operands, or one after the other of more. */
    static OnnxConstant binary(OnnxNode node, LongBinaryOperator onLongs, DoubleBinaryOperator onReals) {
        OnnxConstant result = node.constant(0);
        for (int i = 1; i < node.inputCount(); i++) {
            result = binary(node, result, node.constant(i), onLongs, onReals);
        }
        return result;
    }

    private static OnnxConstant binary(OnnxNode node, OnnxConstant a, OnnxConstant b, LongBinaryOperator onLongs, DoubleBinaryOperator onReals) {
        if (a.isFloat() != b.isFloat()) {
            throw node.fail("mixes integers and reals");
        }
        Shape shape = a.shape().broadcast(b.shape());
        int[] placesA = places(a.shape(), shape);
        int[] placesB = places(b.shape(), shape);
        if (a.isFloat()) {
            float[] floats = new float[shape.size()];
            for (int i = 0; i < floats.length; i++) {
                floats[i] = (float) onReals.applyAsDouble(a.floats()[placesA[i]], b.floats()[placesB[i]]);
            }
            return OnnxConstant.of(shape, floats);
        }
        long[] longs = new long[shape.size()];
        for (int i = 0; i < longs.length; i++) {
            longs[i] = onLongs.applyAsLong(a.longs()[placesA[i]], b.longs()[placesB[i]]);
        }
        return OnnxConstant.of(shape, longs);
    }

    static OnnxConstant compare(OnnxNode node, Test test) {
        OnnxConstant a = node.constant(0);
        OnnxConstant b = node.constant(1);
        if (a.isFloat() != b.isFloat()) {
            throw node.fail("mixes integers and reals");
        }
        Shape shape = a.shape().broadcast(b.shape());
        int[] placesA = places(a.shape(), shape);
        int[] placesB = places(b.shape(), shape);
        long[] truths = new long[shape.size()];
        for (int i = 0; i < truths.length; i++) {
            double difference = a.isFloat() ? (double) a.floats()[placesA[i]] - b.floats()[placesB[i]]
                    : Long.compare(a.longs()[placesA[i]], b.longs()[placesB[i]]);
            // What is not a number is neither equal nor less nor greater.
            truths[i] = !Double.isNaN(difference) && test.holds((int) Math.signum(difference)) ? 1 : 0;
        }
        return OnnxConstant.of(shape, truths);
    }

    static OnnxConstant where(OnnxNode node) {
        OnnxConstant condition = node.constant(0);
        OnnxConstant x = node.constant(1);
        OnnxConstant y = node.constant(2);
        if (x.isFloat() != y.isFloat()) {
            throw node.fail("mixes integers and reals");
        }
        Shape shape = condition.shape().broadcast(x.shape()).broadcast(y.shape());
        int[] conditions = places(condition.shape(), shape);
        int[] placesX = places(x.shape(), shape);
        int[] placesY = places(y.shape(), shape);
        float[] floats = x.isFloat() ? new float[shape.size()] : null;
        long[] longs = x.isFloat() ? null : new long[shape.size()];
        for (int i = 0; i < shape.size(); i++) {
            boolean first = condition.real(conditions[i]) != 0;
            if (floats != null) {
                floats[i] = first ? x.floats()[placesX[i]] : y.floats()[placesY[i]];
            } else {
                longs[i] = first ? x.longs()[placesX[i]] : y.longs()[placesY[i]];
            }
        }
        return new OnnxConstant(shape, floats, longs);
    }

    /** One number for all elements along some axes, all of them if none are named. */
    static OnnxConstant reduce(OnnxNode node, LongBinaryOperator onLongs, DoubleBinaryOperator onReals) {
        OnnxConstant x = node.constant(0);
        int rank = x.shape().rank();
        List<Long> given = node.integers(1, "axes", List.of());
        if (given.isEmpty() && node.flag("noop_with_empty_axes", false)) {
            return x;
        }
        boolean keep = node.flag("keepdims", true);
        boolean[] gone = new boolean[rank];
        given.forEach(axis -> gone[x.shape().axis(Math.toIntExact(axis))] = true);
        if (given.isEmpty()) {
            Arrays.fill(gone, true);
        }
        int[] kept = IntStream.range(0, rank).map(axis -> gone[axis] ? 1 : x.shape().dim(axis)).toArray();
        Shape full = Shape.of(kept);
        int[] places = places(full, x.shape());
        boolean[] begun = new boolean[full.size()];
        float[] floats = x.isFloat() ? new float[full.size()] : null;
        long[] longs = x.isFloat() ? null : new long[full.size()];
        for (int i = 0; i < places.length; i++) {
            int to = places[i];
            if (floats != null) {
                floats[to] = begun[to] ? (float) onReals.applyAsDouble(floats[to], x.floats()[i]) : x.floats()[i];
            } else {
                longs[to] = begun[to] ? onLongs.applyAsLong(longs[to], x.longs()[i]) : x.longs()[i];
            }
            begun[to] = true;
        }
        Shape shape = keep ? full : Shape.of(IntStream.range(0, rank).filter(axis -> !gone[axis]).map(axis -> kept[axis]).toArray());
        return new OnnxConstant(shape, floats, longs);
    }

    /** Where each element of a broadcast shape comes from. */
    static int[] places(Shape from, Shape to) {
        int[] strides = from.strides();
        int[] places = new int[to.size()];
        int offset = to.rank() - from.rank();
        for (int i = 0; i < places.length; i++) {
            int rest = i;
            int place = 0;
            for (int axis = to.rank() - 1; axis >= 0; axis--) {
                int index = rest % to.dim(axis);
                rest /= to.dim(axis);
                if (axis >= offset && from.dim(axis - offset) > 1) {
                    place += index * strides[axis - offset];
                }
            }
            places[i] = place;
        }
        return places;
    }
}
