package io.github.bitgrain.simulator.lowering;

import io.github.bitgrain.core.BitgrainException;
import io.github.bitgrain.core.graph.Graph;
import io.github.bitgrain.core.graph.Model;
import io.github.bitgrain.core.graph.Node;
import io.github.bitgrain.core.graph.ShapeInference;
import io.github.bitgrain.core.op.Embedding;
import io.github.bitgrain.core.op.Gru;
import io.github.bitgrain.core.op.Lstm;
import io.github.bitgrain.core.quant.Exponents;
import io.github.bitgrain.core.quant.QuantPlan;
import io.github.bitgrain.core.quant.Slot;
import io.github.bitgrain.core.quant.SlotState;
import io.github.bitgrain.core.tensor.Shape;
import java.util.HashMap;
import java.util.Map;

/** The first pass of lowering: every node with the chip's attributes and constants, values as the plan holds them. */
final class DraftBuilder {
    /** Models run one sample at a time on the chip. */
    private static final int BATCH = 1;

    private final Model model;
    private final Draft draft;
    private final Map<String, Shape> shapes;
    private final Map<String, DraftValue> values = new HashMap<>();

    private DraftBuilder(Model model, QuantPlan plan, LoweringOptions options) {
        this.model = model;
        this.draft = new Draft(plan, options);
        this.shapes = isTimeFirst(model.graph())
                ? ShapeInference.infer(model.graph(), model.parameters())
                : ShapeInference.infer(model.graph(), model.parameters(), BATCH);
    }

    /** Whether axis 0 of an input is time, not batch: a recurrent operator reads it as it is. */
    private static boolean isTimeFirst(Graph graph) {
        return graph.inputs().keySet().stream().flatMap(input -> graph.consumers(input).stream()
                        .filter(reader -> reader.input(0).equals(input)))
                .anyMatch(reader -> reader.op() instanceof Gru || reader.op() instanceof Lstm);
    }

    static Draft build(Model model, QuantPlan plan, LoweringOptions options) {
        return new DraftBuilder(model, plan, options).build();
    }

    private Draft build() {
        Graph graph = model.graph();
        for (String input : graph.inputs().keySet()) {
            draft.inputs.add(value(input, inputEncoding(input)));
        }
        // Names of the graph's own values come first, so that only inserted ones ever have to give way.
        for (Node node : graph.nodes()) {
            int index = 0;
            for (String output : node.outputs()) {
                value(output, outputEncoding(node, index++));
            }
        }
        for (Node node : graph.nodes()) {
            draft.nodes.add(node(node));
        }
        for (String output : graph.outputs()) {
            DraftValue value = values.get(output);
            if (value == null) {
                throw BitgrainException.badInput(
                        graph.name() + ": output \"" + output + "\" is a constant; a chip program computes its outputs");
            }
            draft.outputs.add(value);
        }
        return draft;
    }

    private DraftValue value(String name, Encoding encoding) {
        String taken = draft.freshTensor(name.isEmpty() ? "unused" : name);
        int[] shape = shapes.containsKey(name) ? shapes.get(name).dims() : new int[0];
        DraftValue value = new DraftValue(taken, shape, encoding);
        if (!name.isEmpty()) {
            values.put(name, value);
        }
        return value;
    }

    /** A graph input is held as its first quantized reader wants it. */
    private Encoding inputEncoding(String input) {
        for (Node reader : model.graph().consumers(input)) {
            if (reader.op() instanceof Embedding && draft.plan.isQuantized(reader.name())) {
                return EmbeddingPass.INDEX;
            }
            Encoding encoding = encoding(draft.plan, Slot.input(reader.name(), reader.inputs().indexOf(input)), probe(reader));
            if (!encoding.isFloat()) {
                return encoding;
            }
        }
        return Encoding.FLOAT;
    }

    private Encoding outputEncoding(Node node, int index) {
        return encoding(draft.plan, Slot.output(node.name(), index), probe(node));
    }

    private DraftNode probe(Node node) {
        return new DraftNode(node.name(), node.op(), node.op().onnxType(), draft.plan.bits(node.name()), LayoutRule.ANY);
    }

    /**
     * How the plan holds a slot of a node.
     *
     * @throws BitgrainException (bad input) for a quantized node whose slot has no exponent yet
     */
    static Encoding encoding(QuantPlan plan, Slot slot, DraftNode node) {
        if (!node.isQuantized() || plan.has(slot) && plan.config(slot).state() == SlotState.FP32) {
            return Encoding.FLOAT;
        }
        Exponents exponents = plan.has(slot) ? plan.exponents(slot) : null;
        if (exponents == null) {
            throw node.refused("the plan has no exponent for " + slot.io() + "; calibrate it or keep the node in float");
        }
        if (exponents.count() != 1) {
            throw node.refused(slot.io() + " has one exponent per channel; the chip wants one per tensor there");
        }
        return new Encoding(plan.config(slot).bits(), exponents.single());
    }

    /** Refuses a node that no chip program can contain. */
    static BitgrainException noKernel(DraftNode node) {
        return node.refused("ESP-DL has no kernel for this operator; " + ChipAdvice.instead(node.op));
    }

    private DraftNode node(Node source) {
        ChipOperators.Row row = ChipOperators.row(source.op());
        DraftNode node = new DraftNode(draft.freshNode(source.name().isEmpty() ? source.op().onnxType() : source.name()),
                source.op(), source.op().onnxType(), draft.plan.bits(source.name()), row == null ? LayoutRule.ANY : row.layout());
        if (row == null) {
            throw noKernel(node);
        }
        for (int i = 0; i < source.inputs().size(); i++) {
            node.inputs.add(source.op().isStructural(i) ? new Operand.Omitted() : operand(source, node, i, row));
        }
        int structural = source.inputs().size() - 1;
        while (structural > 0 && source.op().isStructural(structural)) {
            node.inputs.remove(structural--);
        }
        for (String output : source.outputs()) {
            node.outputs.add(output.isEmpty() ? value("", outputEncoding(source, node.outputs.size())) : values.get(output));
        }
        row.write(source.op(), new NodeLowering(draft, source, node, shapes::get));
        return node;
    }

    private Operand operand(Node source, DraftNode node, int index, ChipOperators.Row row) {
        String name = source.input(index);
        if (name.isEmpty()) {
            return new Operand.Omitted();
        }
        if (values.containsKey(name)) {
            return new Operand.Value(values.get(name), wanted(source, node, index, row));
        }
        DraftConstant.Role role = row.role(index);
        if (role == null) {
            throw node.refused("input \"" + name + "\" is a constant; the chip wants a computed value there");
        }
        String taken = draft.freshTensor(name);
        return new Operand.Constant(DraftConstant.of(taken, role, model.parameters().get(name)));
    }

    private Encoding wanted(Node source, DraftNode node, int index, ChipOperators.Row row) {
        if (source.op() instanceof Embedding && node.isQuantized()) {
            return EmbeddingPass.INDEX;
        }
        Encoding wanted = encoding(draft.plan, Slot.input(source.name(), index), node);
        boolean asResult = row.traits().contains(ChipOperators.Trait.NO_RESCALING) && !wanted.isFloat();
        return asResult ? outputEncoding(source, 0) : wanted;
    }
}
