package io.github.bitgrain.core.differentiate;

import io.github.bitgrain.core.evaluate.ReductionEvaluators;
import io.github.bitgrain.core.plan.Buffer;
import io.github.bitgrain.core.plan.NodeGradient;
import io.github.bitgrain.core.plan.StridedLoop;
import io.github.bitgrain.core.plan.Value;
import java.util.Arrays;
import java.util.List;

/** Gradients of reductions. */
final class ReductionGradients {
    private ReductionGradients() {}

    /** Every element gets dy, or its share of it. */
    static void sum(List<Integer> axes, boolean mean, NodeGradient g) {
        Value x = g.node().in(0);
        Value y = g.node().result(0);
        Buffer dy = g.dy(0);
        NodeGradient.Sink dx = g.sink(0);
        float scale = mean ? (float) y.shape().size() / x.shape().size() : 1f;
        StridedLoop loop = StridedLoop.of(x.shape().dims(), x.strides(), ReductionEvaluators.resultStrides(x.shape(), axes, y));
        int n = loop.runLength();
        int xStep = loop.runStride(0);
        int yStep = loop.runStride(1);
        g.step(loop.runs(), (from, to) -> loop.run(from, to, at -> {
            float[] to0 = dx.buffer().data();
            int xo = dx.buffer().offset() + at[0];
            int yo = dy.offset() + at[1];
            for (int i = 0; i < n; i++) {
                float d = scale * dy.data()[yo + i * yStep];
                to0[xo + i * xStep] = dx.add() ? to0[xo + i * xStep] + d : d;
            }
        }), dy, dx.buffer());
    }

    /** dy is shared evenly among the elements that equal the extreme value. */
    static void extreme(List<Integer> axes, NodeGradient g) {
        Value x = g.node().in(0);
        Value y = g.node().result(0);
        Buffer dy = g.dy(0);
        Buffer dx = g.accumulator(0);
        StridedLoop loop = StridedLoop.of(x.shape().dims(), x.strides(), ReductionEvaluators.resultStrides(x.shape(), axes, y));
        int n = loop.runLength();
        int xStep = loop.runStride(0);
        int yStep = loop.runStride(1);
        int[] ties = new int[y.shape().size()];
        g.step(1, (from, to) -> {
            Arrays.fill(ties, 0);
            for (boolean counting : new boolean[] {true, false}) {
                loop.run(0, loop.runs(), at -> {
                    for (int i = 0; i < n; i++) {
                        int xo = at[0] + i * xStep;
                        int yo = at[1] + i * yStep;
                        if (x.buffer().data()[x.buffer().offset() + xo] != y.buffer().data()[y.buffer().offset() + yo]) {
                            continue;
                        }
                        if (counting) {
                            ties[yo]++;
                        } else {
                            dx.data()[dx.offset() + xo] += dy.data()[dy.offset() + yo] / ties[yo];
                        }
                    }
                });
            }
        }, x.buffer(), y.buffer(), dy, dx);
    }
}
