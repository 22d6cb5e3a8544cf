package io.github.bitgrain.simulator.lowering;

import io.github.bitgrain.core.graph.Graph;
import io.github.bitgrain.core.graph.Model;
import io.github.bitgrain.core.graph.Node;
import io.github.bitgrain.core.graph.Parameters;
import io.github.bitgrain.core.op.Op;
import io.github.bitgrain.core.quant.Exponents;
import io.github.bitgrain.core.quant.QuantPlan;
import io.github.bitgrain.core.quant.Slot;
import io.github.bitgrain.core.quant.SlotConfig;
import io.github.bitgrain.core.quant.SlotState;
import io.github.bitgrain.core.quant.Target;
import io.github.bitgrain.core.tensor.Shape;
import io.github.bitgrain.core.tensor.Tensor;
import io.github.bitgrain.simulator.ChipNode;
import io.github.bitgrain.simulator.ChipProgram;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Small networks with a plan, for tests. Every slot has 8 bits; values have the exponent −4 and constants −7 unless a test
 * says otherwise.
 */
final class Nets {
    private static final int VALUE_EXPONENT = -4;
    private static final int CONSTANT_EXPONENT = -7;

    private final Graph.Builder graph = Graph.builder("net");
    private final Parameters parameters = new Parameters();
    private final Map<Slot, Exponents> exponents = new HashMap<>();
    private final Map<String, Integer> bits = new HashMap<>();
    private final Target target;

    Nets(Target target) {
        this.target = target;
    }

    Nets input(String name, int... shape) {
        graph.input(name, Shape.of(shape));
        return this;
    }

    Nets constant(String name, int[] shape, float... values) {
        Tensor tensor = Tensor.zeros(Shape.of(shape));
        for (int i = 0; i < tensor.size(); i++) {
            tensor.data()[i] = values[i % values.length];
        }
        parameters.put(name, tensor);
        return this;
    }

    Nets node(String name, Op op, List<String> inputs, String... outputs) {
        graph.node(new Node(name, op, inputs, List.of(outputs)));
        return this;
    }

    Nets output(String name) {
        graph.output(name);
        return this;
    }

    Nets exponent(Slot slot, int... values) {
        exponents.put(slot, Exponents.of(values));
        return this;
    }

    Nets bits(String node, int nodeBits) {
        bits.put(node, nodeBits);
        return this;
    }

    ChipProgram lower() {
        return lower(LoweringOptions.IMPROVED);
    }

    ChipProgram lower(LoweringOptions options) {
        return lowered(options).program();
    }

    LoweredModel lowered(LoweringOptions options) {
        Model model = model();
        return Lowering.lower(model, plan(model.graph()), options);
    }

    Model model() {
        return new Model(graph.build(), parameters);
    }

    private QuantPlan plan(Graph built) {
        QuantPlan.Builder plan = QuantPlan.builder(target);
        for (Node node : built.nodes()) {
            int nodeBits = bits.getOrDefault(node.name(), 8);
            plan.bits(node.name(), nodeBits);
            if (nodeBits == QuantPlan.FLOAT) {
                continue;
            }
            for (int i = 0; i < node.inputs().size(); i++) {
                if (node.isTensorInput(i)) {
                    boolean constant = built.isParameter(node.input(i));
                    plan.put(Slot.input(node.name(), i),
                            config(Slot.input(node.name(), i), nodeBits, constant ? CONSTANT_EXPONENT : VALUE_EXPONENT));
                }
            }
            for (int i = 0; i < node.outputs().size(); i++) {
                plan.put(Slot.output(node.name(), i), config(Slot.output(node.name(), i), nodeBits, VALUE_EXPONENT));
            }
        }
        return plan.build();
    }

    private SlotConfig config(Slot slot, int nodeBits, int otherwise) {
        Exponents chosen = exponents.getOrDefault(slot, Exponents.of(otherwise));
        int axis = chosen.count() > 1 ? 0 : SlotConfig.PER_TENSOR;
        return new SlotConfig(nodeBits, target.rounding(), axis, "minmax", SlotState.ACTIVATED, chosen);
    }

    static List<String> types(ChipProgram program) {
        return program.nodes().stream().map(ChipNode::opType).toList();
    }

    static ChipNode only(ChipProgram program, String type) {
        List<ChipNode> nodes = program.nodes().stream().filter(node -> node.opType().equals(type)).toList();
        if (nodes.size() != 1) {
            throw new AssertionError(nodes.size() + " nodes of type " + type);
        }
        return nodes.getFirst();
    }
}
