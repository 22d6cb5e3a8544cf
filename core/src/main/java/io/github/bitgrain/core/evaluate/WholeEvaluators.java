package io.github.bitgrain.core.evaluate;

import io.github.bitgrain.core.BitgrainException;
import io.github.bitgrain.core.op.Cast;
import io.github.bitgrain.core.op.Mod;
import io.github.bitgrain.core.op.WholeNumbers;
import io.github.bitgrain.core.plan.Broadcast;
import io.github.bitgrain.core.plan.Layout;
import io.github.bitgrain.core.plan.PlannedNode;
import io.github.bitgrain.core.plan.StridedLoop;
import io.github.bitgrain.core.plan.Value;

/** Evaluation of operators that make whole numbers or compute with them. */
final class WholeEvaluators {
    private WholeEvaluators() {}

    @FunctionalInterface
    private interface Unary {
        float of(float x);
    }

    @FunctionalInterface
    private interface Binary {
        float of(float a, float b);
    }

    static void floor(PlannedNode node) {
        unary(node, x -> (float) Math.floor(x));
    }

    static void cast(Cast op, PlannedNode node) {
        if (op.toInteger()) {
            unary(node, x -> (long) x);
        } else {
            ShapeEvaluators.view(node);
        }
    }

    static void quotient(PlannedNode node) {
        binary(node, (a, b) -> whole(a, node) / divisor(b, node));
    }

    static void remainder(Mod op, PlannedNode node) {
        binary(node, op.truncated() ? (a, b) -> a % b : (a, b) -> Math.floorMod(whole(a, node), divisor(b, node)));
    }

    private static int whole(float value, PlannedNode node) {
        if (!WholeNumbers.contains(value)) {
            throw fail(node, value + " is no whole number up to " + WholeNumbers.LARGEST);
        }
        return (int) value;
    }

    private static int divisor(float value, PlannedNode node) {
        if (value == 0) {
            throw fail(node, "divides by 0");
        }
        return whole(value, node);
    }

    private static BitgrainException fail(PlannedNode node, String reason) {
        return BitgrainException.badInput("node \"" + node.node().name() + "\" (" + node.op().onnxType() + "): " + reason);
    }

    private static void unary(PlannedNode node, Unary function) {
        Value x = node.in(0);
        Value y = node.out(0, x.layout());
        StridedLoop loop = StridedLoop.of(y.shape().dims(), y.strides(), x.strides());
        int n = loop.runLength();
        int yStep = loop.runStride(0);
        int xStep = loop.runStride(1);
        node.step(loop.runs(), (from, to) -> loop.run(from, to, at -> {
            float[] ys = y.buffer().data();
            float[] xs = x.buffer().data();
            int yo = y.buffer().offset() + at[0];
            int xo = x.buffer().offset() + at[1];
            for (int i = 0; i < n; i++) {
                ys[yo + i * yStep] = function.of(xs[xo + i * xStep]);
            }
        }), x.buffer(), y.buffer());
    }

    private static void binary(PlannedNode node, Binary function) {
        Value a = node.in(0, Layout.DENSE);
        Value b = node.in(1, Layout.DENSE);
        Value y = node.out(0, Layout.DENSE);
        StridedLoop loop = StridedLoop.of(y.shape().dims(), y.strides(), Broadcast.strides(a, y), Broadcast.strides(b, y));
        int n = loop.runLength();
        int yStep = loop.runStride(0);
        int aStep = loop.runStride(1);
        int bStep = loop.runStride(2);
        node.step(loop.runs(), (from, to) -> loop.run(from, to, at -> {
            float[] ys = y.buffer().data();
            float[] as = a.buffer().data();
            float[] bs = b.buffer().data();
            int yo = y.buffer().offset() + at[0];
            int ao = a.buffer().offset() + at[1];
            int bo = b.buffer().offset() + at[2];
            for (int i = 0; i < n; i++) {
                ys[yo + i * yStep] = function.of(as[ao + i * aStep], bs[bo + i * bStep]);
            }
        }), a.buffer(), b.buffer(), y.buffer());
    }
}
