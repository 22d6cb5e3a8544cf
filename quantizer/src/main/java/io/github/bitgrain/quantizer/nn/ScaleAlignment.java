package io.github.bitgrain.quantizer.nn;

import io.github.bitgrain.core.graph.Graph;
import io.github.bitgrain.core.graph.Node;
import io.github.bitgrain.core.op.*;
import io.github.bitgrain.core.tensor.Shape;
import io.github.bitgrain.core.tensor.Tensor;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Gives quantizers of values that meet one range, the largest of theirs: then a concatenation copies integers, and one tensor has one
 * scale whoever reads it. Works on calibrated quantizers with one range for the tensor.
 *
 * @param concat inputs of a concatenation, and the readers of its result
 * @param add operands of a sum
 * @param sharedTensor readers of one tensor
 */
public record ScaleAlignment(boolean concat, boolean add, boolean sharedTensor) {
    /** Concatenations and shared tensors. */
    public static final ScaleAlignment DEFAULT = new ScaleAlignment(true, false, true);

    /** Operators whose result has the grid of their operand. */
    private static final Set<Class<? extends Op>> PASS = Set.of(MaxPool.class, Reshape.class, Flatten.class, Transpose.class, Relu.class,
            Squeeze.class, Unsqueeze.class, Identity.class, Slice.class, GlobalMaxPool.class);

    /**
     * Aligns the quantizers of a tree.
     *
     * @param shape of the input of a tree built in Java; null for an imported network
     */
    public void apply(Module root, Shape shape) {
        Map<String, TensorQuantizer> quantizers = QuantizationCalibrator.quantizers(root);
        Network network = Network.of(root, shape);
        Graph graph = network.model().graph();
        Map<String, String> groups = new LinkedHashMap<>();
        Map<String, List<String>> readers = new LinkedHashMap<>();
        network.quantized().forEach((path, value) -> {
            if (!graph.isParameter(value) && quantizers.get(path).amax().filter(range -> range.size() == 1).isPresent()) {
                readers.computeIfAbsent(value, key -> new ArrayList<>()).add(path);
            }
        });
        if (sharedTensor) {
            readers.values().forEach(paths -> join(paths, groups));
        }
        for (Node node : graph.nodes()) {
            if (node.op() instanceof Concat && concat || node.op() instanceof Add && add) {
                List<String> together = new ArrayList<>();
                node.inputs().forEach(operand -> quantizerOf(operand, graph, network, readers).ifPresent(together::add));
                if (node.op() instanceof Concat) {
                    followers(node.output(), graph, readers, together);
                }
                join(together, groups);
            }
        }
        raise(groups, quantizers);
    }

    private static java.util.Optional<String> quantizerOf(String operand, Graph graph, Network network, Map<String, List<String>> readers) {
        Node maker = graph.producer(operand);
        if (maker == null || !(maker.op() instanceof LinearQuant)) {
            return java.util.Optional.empty();
        }
        // The node is called like the quantizer; readers of one value may share a node.
        return readers.getOrDefault(maker.input(0), List.of()).stream().filter(path -> path.equals(maker.name())).findFirst();
    }

    private static void followers(String value, Graph graph, Map<String, List<String>> readers, List<String> into) {
        into.addAll(readers.getOrDefault(value, List.of()));
        for (Node reader : graph.consumers(value)) {
            if (PASS.contains(reader.op().getClass())) {
                followers(reader.output(), graph, readers, into);
            }
        }
    }

    private static String root(String path, Map<String, String> groups) {
        String at = path;
        for (String next = groups.get(at); next != null && !next.equals(at); next = groups.get(at)) {
            at = next;
        }
        return at;
    }

    private static void join(List<String> paths, Map<String, String> groups) {
        for (String path : paths) {
            groups.putIfAbsent(path, path);
            groups.put(root(path, groups), root(paths.getFirst(), groups));
        }
    }

    private static void raise(Map<String, String> groups, Map<String, TensorQuantizer> quantizers) {
        Map<String, Float> largest = new LinkedHashMap<>();
        groups.keySet().forEach(path -> largest.merge(root(path, groups), quantizers.get(path).amax().orElseThrow().data()[0], Math::max));
        groups.keySet().forEach(path -> {
            Tensor range = quantizers.get(path).amax().orElseThrow().copy();
            // A learned scale keeps where it begins: set again, it would stand at the edge to the next power of two.
            if (range.data()[0] != largest.get(root(path, groups))) {
                range.data()[0] = largest.get(root(path, groups));
                quantizers.get(path).setAmax(range);
            }
        });
    }
}
