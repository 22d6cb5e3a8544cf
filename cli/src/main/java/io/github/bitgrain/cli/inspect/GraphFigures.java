package io.github.bitgrain.cli.inspect;

import io.github.bitgrain.core.graph.Graph;
import io.github.bitgrain.core.graph.Model;
import io.github.bitgrain.core.graph.Node;
import io.github.bitgrain.quantizer.cost.Workload;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;

/** Figures of a float network. */
public final class GraphFigures {
    private final Graph graph;
    private final Workload workload;

    private GraphFigures(Model model) {
        graph = model.graph();
        workload = Workload.of(model);
    }

    /**
     * Counts a network.
     *
     * @param file the file's name
     */
    public static Inspection of(String file, Model model) {
        return new GraphFigures(model).inspect(file);
    }

    private Inspection inspect(String file) {
        List<Inspection.Layer> layers = graph.nodes().stream().map(this::layer).toList();
        List<Figures.Step> steps = graph.nodes().stream()
                .map(n -> new Figures.Step(
                        operands(n).stream().filter(value -> !graph.isParameter(value)).toList(), results(n)))
                .toList();
        long parameters = graph.parameterNames().stream().mapToLong(workload::elements).sum();
        return new Inspection(
                file,
                null,
                graph.name(),
                layers.size(),
                Figures.histogram(layers.stream().map(Inspection.Layer::type).toList()),
                parameters,
                parameters * Float.BYTES,
                layers.stream().mapToLong(Inspection.Layer::macs).sum(),
                Figures.peak(steps, graph.inputs().keySet(), graph.outputs(),
                        value -> workload.elements(value) * Float.BYTES),
                graph.inputs().keySet().stream().map(this::value).toList(),
                graph.outputs().stream().map(this::value).toList(),
                0,
                graph.metadata(),
                layers,
                List.of());
    }

    private Inspection.Value value(String name) {
        return new Inspection.Value(name, Arrays.stream(workload.shape(name).dims()).boxed().toList(), "float32", null);
    }

    private static Set<String> operands(Node node) {
        Set<String> operands = new LinkedHashSet<>();
        IntStream.range(0, node.inputs().size()).filter(node::isTensorInput).forEach(i -> operands.add(node.input(i)));
        return operands;
    }

    private static List<String> results(Node node) {
        return node.outputs().stream().filter(value -> !value.isEmpty()).toList();
    }

    private Inspection.Layer layer(Node node) {
        long parameters = operands(node).stream().filter(graph::isParameter).mapToLong(workload::elements).sum();
        return new Inspection.Layer(
                node.name(),
                node.op().onnxType(),
                results(node).stream().map(this::value).toList(),
                List.of(),
                parameters,
                workload.macs(node));
    }
}
