package io.github.bitgrain.quantizer.cost;

import io.github.bitgrain.core.graph.Graph;
import io.github.bitgrain.core.graph.Model;
import io.github.bitgrain.core.graph.Node;
import io.github.bitgrain.core.graph.ShapeInference;
import io.github.bitgrain.core.op.Conv;
import io.github.bitgrain.core.op.ConvTranspose;
import io.github.bitgrain.core.op.Gemm;
import io.github.bitgrain.core.op.Gru;
import io.github.bitgrain.core.op.Lstm;
import io.github.bitgrain.core.op.MatMul;
import io.github.bitgrain.core.tensor.Shape;
import java.util.LinkedHashMap;
import java.util.Map;

/** Products and elements of the nodes of a network, for one sample. */
public final class Workload {
    private final Graph graph;
    private final Map<String, Shape> shapes;

    private Workload(Graph graph, Map<String, Shape> shapes) {
        this.graph = graph;
        this.shapes = shapes;
    }

    /** The workload of a network with the batch size that its inputs state. */
    public static Workload of(Model model) {
        Map<String, Shape> shapes = new LinkedHashMap<>(ShapeInference.infer(model.graph(), model.parameters()));
        model.graph().parameterNames().forEach(name -> shapes.put(name, model.parameters().get(name).shape()));
        return new Workload(model.graph(), shapes);
    }

    /** Shape of a value or parameter. */
    public Shape shape(String value) {
        return shapes.get(value);
    }

    /** Number of elements of a value or parameter. */
    public long elements(String value) {
        return shapes.get(value).size();
    }

    /** Multiply-accumulate operations of a node. */
    public long macs(Node node) {
        return switch (node.op()) {
            case Conv conv -> {
                Shape weights = shapes.get(node.input(1));
                yield elements(node.output()) * weights.size() / weights.dim(0);
            }
            case ConvTranspose convTranspose -> {
                Shape weights = shapes.get(node.input(1));
                yield elements(node.input(0)) * weights.size() / weights.dim(0);
            }
            case Gemm gemm -> elements(node.output()) * shapes.get(node.input(0)).dim(gemm.transA() ? 0 : 1);
            case MatMul matMul -> elements(node.output()) * shapes.get(node.input(0)).dim(-1);
            // Every step of the first axis, time, multiplies input and state with all weights.
            case Lstm lstm -> shapes.get(node.input(0)).dim(0) * (elements(node.input(1)) + elements(node.input(2)));
            case Gru gru -> shapes.get(node.input(0)).dim(0) * (elements(node.input(1)) + elements(node.input(2)));
            default -> 0;
        };
    }

    /** Multiply-accumulate operations of the whole network. */
    public long macs() {
        return graph.nodes().stream().mapToLong(this::macs).sum();
    }

    /** Elements that a node reads and writes, constants included. */
    public long elements(Node node) {
        long sum = 0;
        for (int i = 0; i < node.inputs().size(); i++) {
            sum += node.isTensorInput(i) && node.hasInput(i) ? elements(node.input(i)) : 0;
        }
        return sum + node.outputs().stream().filter(output -> !output.isEmpty()).mapToLong(this::elements).sum();
    }
}
