package io.github.bitgrain.quantizer.qat;

import io.github.bitgrain.core.BitgrainException;
import io.github.bitgrain.core.graph.Graph;
import io.github.bitgrain.core.graph.Parameters;
import io.github.bitgrain.core.op.Abs;
import io.github.bitgrain.core.op.Add;
import io.github.bitgrain.core.op.Div;
import io.github.bitgrain.core.op.Exp;
import io.github.bitgrain.core.op.Log;
import io.github.bitgrain.core.op.Mul;
import io.github.bitgrain.core.op.Neg;
import io.github.bitgrain.core.op.Op;
import io.github.bitgrain.core.op.ReduceMean;
import io.github.bitgrain.core.op.ReduceSum;
import io.github.bitgrain.core.op.Relu;
import io.github.bitgrain.core.op.Sigmoid;
import io.github.bitgrain.core.op.Softmax;
import io.github.bitgrain.core.op.Sub;
import io.github.bitgrain.core.tensor.Shape;
import io.github.bitgrain.core.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;

/** Losses made of other operators. */
final class ComposedLosses {
    private static final String PREFIX = "#loss: ";
    private static final float SMOOTH = 1f;
    private static final float EPSILON = 1e-5f;

    private final Graph.Builder graph;
    private final Parameters parameters;
    private int nodes;

    private ComposedLosses(Graph.Builder graph, Parameters parameters) {
        this.graph = graph;
        this.parameters = parameters;
    }

    private String node(Op op, String... operands) {
        String name = PREFIX + nodes++;
        graph.node(name, op, List.of(operands), name);
        return name;
    }

    private String constant(float value) {
        String name = PREFIX + value;
        parameters.put(name, Tensor.scalar(value));
        return name;
    }

    private void mean(String values, String result) {
        graph.node(PREFIX + "mean", new ReduceMean(List.of(), false), List.of(values), result);
    }

    /** max(x, 0) − x t + ln(1 + e^−|x|): no exponential of a large number. */
    static void binaryCrossEntropy(Graph.Builder graph, Parameters parameters, String x, String target, String result) {
        ComposedLosses loss = new ComposedLosses(graph, parameters);
        String linear = loss.node(new Sub(), loss.node(new Relu(), x), loss.node(new Mul(), x, target));
        String decay = loss.node(new Exp(), loss.node(new Neg(), loss.node(new Abs(), x)));
        loss.mean(loss.node(new Add(), linear, loss.node(new Log(), loss.node(new Add(), decay, loss.constant(1f)))), result);
    }

    /** The formula of {@link Loss.Kind#DICE}. */
    static void dice(Graph.Builder graph, Parameters parameters, String x, Shape shape, String target, String result) {
        ComposedLosses loss = new ComposedLosses(graph, parameters);
        if (shape.rank() < 2) {
            throw BitgrainException.usage("loss: dice needs outputs [N, channels, …], not " + shape);
        }
        List<Integer> axes = new ArrayList<>();
        for (int axis = 0; axis < shape.rank(); axis++) {
            if (axis != 1) {
                axes.add(axis);
            }
        }
        String p = loss.node(shape.dim(1) == 1 ? new Sigmoid() : new Softmax(1), x);
        String both = loss.node(new ReduceSum(axes, false), loss.node(new Mul(), p, target));
        String either = loss.node(new ReduceSum(axes, false), loss.node(new Add(), p, target));
        String above = loss.node(new Add(), loss.node(new Mul(), both, loss.constant(2f)), loss.constant(SMOOTH));
        String below = loss.node(new Add(), either, loss.constant(SMOOTH + EPSILON));
        loss.mean(loss.node(new Sub(), loss.constant(1f), loss.node(new Div(), above, below)), result);
    }

    /** Class numbers of samples or positions as ones among zeros. */
    static Tensor oneHot(float[] classes, Shape shape) {
        int count = shape.dim(1);
        int positions = shape.size() / shape.dim(0) / count;
        Tensor ones = Tensor.zeros(shape);
        for (int i = 0; i < classes.length; i++) {
            int label = (int) classes[i];
            if (label < 0 || label >= count) {
                throw BitgrainException.badInput("a position has class " + label + "; the network has " + count);
            }
            ones.data()[(i / positions * count + label) * positions + i % positions] = 1f;
        }
        return ones;
    }
}
