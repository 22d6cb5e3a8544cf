package io.github.bitgrain.core.evaluate;

import io.github.bitgrain.core.plan.Layout;
import io.github.bitgrain.core.plan.PlannedNode;
import io.github.bitgrain.core.plan.Reduction;
import io.github.bitgrain.core.plan.StridedLoop;
import io.github.bitgrain.core.plan.Value;
import io.github.bitgrain.core.tensor.Shape;
import io.github.bitgrain.kernels.BinaryFunction;
import io.github.bitgrain.kernels.FloatKernels;
import java.util.List;

/** Evaluation of reductions. */
public final class ReductionEvaluators {
    private ReductionEvaluators() {}

    static void sum(List<Integer> axes, boolean mean, PlannedNode node) {
        Value x = node.in(0);
        Value y = node.out(0, Layout.DENSE);
        double scale = mean ? (double) y.shape().size() / x.shape().size() : 1;
        new Reduction(x.shape().dims(), x.buffer(), x.strides(), null, null, y.buffer(), resultStrides(x.shape(), axes, y), scale, false)
                .emit(node::step, node.kernels());
    }

    static void extreme(List<Integer> axes, BinaryFunction function, PlannedNode node) {
        Value x = node.in(0);
        Value y = node.out(0, Layout.DENSE);
        float start = function == BinaryFunction.MAXIMUM ? Float.NEGATIVE_INFINITY : Float.POSITIVE_INFINITY;
        ShapeEvaluators.fill(node, y, start);
        StridedLoop loop = StridedLoop.of(x.shape().dims(), x.strides(), resultStrides(x.shape(), axes, y));
        int n = loop.runLength();
        int xStep = loop.runStride(0);
        int yStep = loop.runStride(1);
        FloatKernels kernels = node.kernels();
        node.step(1, (from, to) -> loop.run(0, loop.runs(), at -> {
            float[] xs = x.buffer().data();
            float[] ys = y.buffer().data();
            int xo = x.buffer().offset() + at[0];
            int yo = y.buffer().offset() + at[1];
            if (xStep == 1 && yStep == 1) {
                kernels.binary(function, n, xs, xo, 1, ys, yo, 1, ys, yo);
                return;
            }
            for (int i = 0; i < n; i++) {
                float a = ys[yo + i * yStep];
                float b = xs[xo + i * xStep];
                ys[yo + i * yStep] = function == BinaryFunction.MAXIMUM ? Math.max(a, b) : Math.min(a, b);
            }
        }), x.buffer(), y.buffer());
    }

    /** Strides of the dense result y along the axes of x: 0 along reduced ones. */
    public static int[] resultStrides(Shape x, List<Integer> axes, Value y) {
        boolean[] reduced = new boolean[x.rank()];
        for (int axis = 0; axis < x.rank(); axis++) {
            reduced[axis] = axes.isEmpty();
        }
        axes.forEach(axis -> reduced[x.axis(axis)] = true);
        int[] strides = new int[x.rank()];
        int step = 1;
        for (int axis = x.rank() - 1; axis >= 0; axis--) {
            if (!reduced[axis]) {
                strides[axis] = step;
                step *= x.dim(axis);
            }
        }
        if (step != y.shape().size()) {
            throw new IllegalStateException("reduced " + x + " to " + y.shape());
        }
        return strides;
    }
}
