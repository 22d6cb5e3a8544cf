package io.github.bitgrain.core.exec;

import io.github.bitgrain.core.BitgrainException;
import io.github.bitgrain.core.graph.Graph;
import io.github.bitgrain.core.graph.Node;
import io.github.bitgrain.core.graph.Parameters;
import io.github.bitgrain.core.graph.SampleRules;
import io.github.bitgrain.core.graph.ShapeInference;
import io.github.bitgrain.core.tensor.Shape;
import java.util.Collection;
import java.util.List;
import java.util.Map;

/**
 * How a batch is divided: groups of samples so small that the largest operands stay in a cache, and every thread has groups of its own.
 *
 * @param batch samples
 * @param group samples of a group; the last one may have fewer
 * @param threads threads that share the groups
 */
record BatchParts(int batch, int group, int threads) {
    /** Operands and results of one operator that stay in a cache of the second level: 1 MiB. */
    private static final long CACHED_FLOATS = 256 * 1024;

    /**
     * The division of a batch, or null where it is better computed as a whole or has to be.
     *
     * @param wanted names of the results
     */
    static BatchParts of(Graph graph, Parameters parameters, List<String> wanted, int batch, int threads) {
        if (isDeclared(graph, 1) && batch > 1 && SampleRules.pointing(graph, wanted) != null) {
            return alone(graph, parameters, wanted, batch, threads);
        }
        requireWhole(graph, parameters, wanted, batch);
        if (batch < 2 || batch < threads || graph.inputs().values().stream().map(shape -> shape.rank() == 0 ? 0 : shape.dim(0)).distinct().count() > 1) {
            return null;
        }
        Map<String, Shape> shapes = ShapeInference.infer(graph, parameters, batch);
        long largest = 1;
        for (Node node : graph.needed(wanted)) {
            long floats = 0;
            for (int i = 0; i < node.inputs().size(); i++) {
                floats += node.isTensorInput(i) && !graph.isParameter(node.input(i)) ? shapes.get(node.input(i)).size() : 0;
            }
            for (String output : node.outputs()) {
                floats += output.isEmpty() ? 0 : shapes.get(output).size();
            }
            largest = Math.max(largest, floats / batch);
        }
        int group = Math.clamp(CACHED_FLOATS / largest, 1, Math.ceilDiv(batch, threads));
        if (group == batch || !SampleRules.allOf(graph, shapes, batch, wanted)) {
            return null;
        }
        // A target of Reshape that fits this batch by chance gives another shape.
        Map<String, Shape> parts = ShapeInference.infer(graph, parameters, group);
        boolean same = wanted.stream().allMatch(name -> parts.get(name).rank() > 0 && parts.get(name).with(0, batch).equals(shapes.get(name)));
        return same ? new BatchParts(batch, group, threads) : null;
    }

    private static boolean isDeclared(Graph graph, int batch) {
        return graph.inputs().values().stream().allMatch(shape -> shape.dim(0) == batch);
    }

    /** Samples one by one: indices that a network for one sample computes need not mean the same in a larger batch. */
    private static BatchParts alone(Graph graph, Parameters parameters, List<String> wanted, int batch, int threads) {
        Map<String, Shape> shapes = ShapeInference.infer(graph, parameters);
        if (!shapes.keySet().containsAll(wanted)) {
            // The plan says which one is unknown.
            return null;
        }
        if (wanted.stream().anyMatch(name -> shapes.get(name).rank() == 0 || shapes.get(name).dim(0) != 1)) {
            throw oneByOne(graph, wanted);
        }
        return new BatchParts(batch, 1, Math.min(batch, threads));
    }

    /**
     * Refuses a batch that cannot be computed as a whole, since indices would mix its samples up.
     *
     * @param wanted names of the values that are computed
     */
    static void requireWhole(Graph graph, Parameters parameters, Collection<String> wanted, int batch) {
        boolean pointing = batch > 1 && !isDeclared(graph, batch) && SampleRules.pointing(graph, wanted) != null;
        if (pointing && !SampleRules.allOf(graph, ShapeInference.infer(graph, parameters, batch), batch, wanted)) {
            throw oneByOne(graph, wanted);
        }
    }

    private static BitgrainException oneByOne(Graph graph, Collection<String> wanted) {
        return BitgrainException.badInput(graph.name() + ": " + SampleRules.pointing(graph, wanted)
                + " picks by computed indices, which may point at other samples in a batch; use a batch of 1, or end the network before it (--head cut)");
    }

    private int groups() {
        return Math.ceilDiv(batch, group);
    }

    /** The first group of a thread. */
    int first(int thread) {
        return groups() * thread / threads;
    }

    /** Samples of the last group if it is smaller than the others, else 0. */
    int rest() {
        return batch % group;
    }
}
