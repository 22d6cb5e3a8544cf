package io.github.bitgrain.quantizer.nn;

import io.github.bitgrain.core.BitgrainException;
import io.github.bitgrain.core.graph.Graph;
import io.github.bitgrain.core.graph.Model;
import io.github.bitgrain.core.graph.Node;
import io.github.bitgrain.core.graph.Parameters;
import io.github.bitgrain.core.op.Add;
import io.github.bitgrain.core.op.AveragePool;
import io.github.bitgrain.core.op.BatchNorm;
import io.github.bitgrain.core.op.Concat;
import io.github.bitgrain.core.op.Conv;
import io.github.bitgrain.core.op.ConvTranspose;
import io.github.bitgrain.core.op.Gemm;
import io.github.bitgrain.core.op.GlobalAveragePool;
import io.github.bitgrain.core.op.Lstm;
import io.github.bitgrain.core.op.MaxPool;
import io.github.bitgrain.core.op.Mul;
import io.github.bitgrain.core.tensor.Shape;
import io.github.bitgrain.core.tensor.Tensor;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * An imported network: a child per node, called like the node. Convolutions, Gemms, batch normalizations and pools become layers of
 * this package, other nodes {@link GraphNode}s. Skipping operands of sums, products and concatenations have markers, children of the
 * node called {@code skip0}, {@code skip1}, …: of a sum the operands that do not come straight from a convolution, of the others all.
 */
public final class GraphModule extends Module {
    private static final int INITIAL_STATE = 5;
    private static final int INITIAL_CELL = 6;

    private final Graph graph;

    private GraphModule(Graph graph) {
        this.graph = graph;
    }

    /** Imports a network; it gets parameters of its own. */
    public static GraphModule of(Model model) {
        GraphModule module = new GraphModule(model.graph());
        for (Node node : model.graph().nodes()) {
            module.child(node.name(), layer(node, model.graph(), model.parameters()));
        }
        for (String output : model.graph().outputs()) {
            if (model.graph().isParameter(output)) {
                throw BitgrainException.badInput(model.graph().name() + ": output \"" + output + "\" is a constant; such networks cannot be imported");
            }
        }
        return module;
    }

    private static Tensor own(String name, Graph graph, Parameters parameters) {
        return name.isEmpty() || !graph.isParameter(name) ? null : parameters.get(name).copy();
    }

    private static Module layer(Node node, Graph graph, Parameters parameters) {
        Tensor weight = own(node.input(1), graph, parameters);
        Tensor bias = own(node.input(2), graph, parameters);
        boolean fixed = weight != null && !graph.isParameter(node.input(0)) && (bias != null || !node.hasInput(2));
        return switch (node.op()) {
            case Conv op when fixed -> new Conv2d(op, weight, bias);
            case ConvTranspose op when fixed -> new ConvTranspose2d(op, weight, bias);
            case Gemm op when fixed && !op.transA() && op.transB() && op.alpha() == 1 && op.beta() == 1 && (bias == null || bias.shape().rank() == 1) ->
                    new Linear(weight, bias);
            case BatchNorm op when fixed && !op.training() ->
                    new BatchNorm2d(op, weight, bias, own(node.input(3), graph, parameters), own(node.input(4), graph, parameters));
            case Lstm op when isPlainLstm(node, op, graph, parameters) ->
                    LSTM.of(op, weight, bias, own(node.input(3), graph, parameters));
            case AveragePool op -> new AvgPool2d(op);
            case GlobalAveragePool op -> new AdaptiveAvgPool2d(op);
            case MaxPool op -> new MaxPool2d(op);
            default -> {
                GraphNode plain = new GraphNode(node, graph, parameters);
                markers(node, graph).forEach(operand -> plain.child(GraphNode.SKIP + operand, new SkipMarker.SkipConnection()));
                yield plain;
            }
        };
    }

    /** Whether the parameters are known and the walk begins with zeros: what {@link LSTM} computes. */
    private static boolean isPlainLstm(Node node, Lstm op, Graph graph, Parameters parameters) {
        boolean plain = op.gates() == null && !graph.isParameter(node.input(0)) && graph.isParameter(node.input(1)) && graph.isParameter(node.input(2))
                && (!node.hasInput(3) || graph.isParameter(node.input(3)));
        for (int i = INITIAL_STATE; i <= INITIAL_CELL && plain; i++) {
            plain = !node.hasInput(i) || graph.isParameter(node.input(i)) && isZero(parameters.get(node.input(i)));
        }
        return plain;
    }

    private static boolean isZero(Tensor tensor) {
        for (float value : tensor.data()) {
            if (value != 0) {
                return false;
            }
        }
        return true;
    }

    private static List<Integer> markers(Node node, Graph graph) {
        List<Integer> marked = new ArrayList<>();
        boolean sum = node.op() instanceof Add;
        if (!sum && !(node.op() instanceof Mul) && !(node.op() instanceof Concat)) {
            return marked;
        }
        boolean fused = false;
        for (int i = 0; i < node.inputs().size(); i++) {
            if (!node.isTensorInput(i) || graph.isParameter(node.input(i))) {
                continue;
            }
            // One operand of a sum may stay open: the convolution before it, the sum and the Relu behind are one integer operator.
            if (sum && !fused && comesFromConvolution(node.input(i), graph)) {
                fused = true;
            } else {
                marked.add(i);
            }
        }
        return marked;
    }

    private static boolean comesFromConvolution(String value, Graph graph) {
        Node maker = graph.producer(value);
        if (maker != null && maker.op() instanceof BatchNorm && graph.consumers(value).size() == 1) {
            return comesFromConvolution(maker.input(0), graph);
        }
        return maker != null && maker.op() instanceof Conv && graph.consumers(value).size() == 1;
    }

    /** The network's name. */
    public String name() {
        return graph.name();
    }

    /** Names and shapes of the inputs. */
    public Map<String, Shape> inputs() {
        return graph.inputs();
    }

    /** Names of the results. */
    public List<String> outputs() {
        return graph.outputs();
    }

    Map<String, String> metadata() {
        return graph.metadata();
    }

    @Override
    public String build(NetworkBuilder builder, String x) {
        if (graph.inputs().size() != 1 || graph.outputs().size() != 1) {
            throw BitgrainException.usage(graph.name() + ": only networks with one input and one output can be parts of others");
        }
        return build(builder, Map.of(graph.inputs().keySet().iterator().next(), x)).getFirst();
    }

    /** Emits the whole network. */
    List<String> buildAll(NetworkBuilder builder) {
        Map<String, String> inputs = new LinkedHashMap<>();
        graph.inputs().keySet().forEach(name -> inputs.put(name, name));
        return build(builder, inputs);
    }

    private List<String> build(NetworkBuilder builder, Map<String, String> inputs) {
        Map<String, String> values = new LinkedHashMap<>(inputs);
        Set<String> known = graph.inputs().keySet();
        for (Node node : graph.nodes()) {
            if (child(node.name()) instanceof LSTM layer) {
                List<String> results = builder.in(node.name(), () -> layer.buildAll(builder, values.get(node.input(0))));
                for (int i = 0; i < node.outputs().size(); i++) {
                    values.put(node.outputs().get(i), results.get(i));
                }
            } else if (child(node.name()) instanceof GraphNode plain) {
                List<String> operands = new ArrayList<>();
                for (int i = 0; i < node.inputs().size(); i++) {
                    operands.add(node.isTensorInput(i) ? values.getOrDefault(node.input(i), "") : node.input(i));
                }
                List<String> results = builder.in(node.name(), () -> plain.build(builder, operands));
                for (int i = 0; i < results.size(); i++) {
                    values.put(node.outputs().get(i), results.get(i));
                }
            } else {
                values.put(node.output(), builder.build(this, node.name(), values.get(node.input(0))));
            }
        }
        return graph.outputs().stream().map(output -> known.contains(output) ? output : values.get(output)).toList();
    }
}
