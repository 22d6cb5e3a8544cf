package io.github.bitgrain.benchmarks;

import io.github.bitgrain.core.graph.Graph;
import io.github.bitgrain.core.graph.Model;
import io.github.bitgrain.core.graph.Parameters;
import io.github.bitgrain.core.op.Conv;
import io.github.bitgrain.core.op.Op;
import io.github.bitgrain.core.op.Pads;
import io.github.bitgrain.core.op.Size;
import io.github.bitgrain.core.op.Split;
import io.github.bitgrain.core.tensor.Shape;
import io.github.bitgrain.core.tensor.Tensor;
import java.util.List;
import java.util.SplittableRandom;

/** Adds nodes with seeded random weights and names them by number; a value is known by its name. */
final class NetworkBuilder {
    private final Graph.Builder graph;
    private final Parameters parameters = new Parameters();
    private final SplittableRandom random;
    private int count;

    NetworkBuilder(String name, long seed) {
        graph = Graph.builder(name);
        random = new SplittableRandom(seed);
    }

    String input(String name, int... dims) {
        graph.input(name, Shape.of(dims));
        return name;
    }

    /** A node with one result. */
    String node(Op op, String... operands) {
        String name = op.getClass().getSimpleName() + "_" + count++;
        graph.node(name, op, List.of(operands), name + "_out");
        return name + "_out";
    }

    /** Two halves along an axis. */
    String[] halves(int axis, int size, String x) {
        return split(new Split(axis, List.of(size, size)), x);
    }

    String[] split(Split op, String x) {
        String name = "Split_" + count++;
        String[] results = new String[op.sizes().size()];
        for (int i = 0; i < results.length; i++) {
            results[i] = name + "_out" + i;
        }
        graph.node(new io.github.bitgrain.core.graph.Node(name, op, List.of(x), List.of(results)));
        return results;
    }

    /** A convolution with bias and a border of kernel / 2. Weights keep the variance of the values about constant. */
    String conv(String x, int in, int out, int kernel, int stride, int groups) {
        String name = "Conv_" + count++;
        weights(name + "_weight", Math.sqrt(2.0 * groups / (in * kernel * kernel)), out, in / groups, kernel, kernel);
        weights(name + "_bias", 0.1, out);
        graph.node(name, new Conv(Size.square(stride), Pads.all(kernel / 2), Size.ONE, groups),
                List.of(x, name + "_weight", name + "_bias"), name + "_out");
        return name + "_out";
    }

    /** A parameter of normally distributed values. */
    String weights(String name, double deviation, int... dims) {
        Tensor tensor = Tensor.zeros(Shape.of(dims));
        for (int i = 0; i < tensor.size(); i++) {
            tensor.data()[i] = (float) (deviation * random.nextGaussian());
        }
        parameters.put(name, tensor);
        return name;
    }

    String scalar(String name, float value) {
        parameters.put(name, Tensor.filled(Shape.of(1), value));
        return name;
    }

    Model build(String... outputs) {
        return new Model(graph.output(outputs).build(), parameters);
    }
}
