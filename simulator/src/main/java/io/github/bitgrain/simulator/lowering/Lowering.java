package io.github.bitgrain.simulator.lowering;

import io.github.bitgrain.core.BitgrainException;
import io.github.bitgrain.core.graph.Graph;
import io.github.bitgrain.core.graph.Model;
import io.github.bitgrain.core.graph.Node;
import io.github.bitgrain.core.quant.QuantPlan;
import io.github.bitgrain.simulator.ChipNode;
import io.github.bitgrain.simulator.ChipProgram;
import io.github.bitgrain.simulator.ChipTensor;
import io.github.bitgrain.simulator.ChipValue;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * From a network and its quantization plan to the program of a chip: fused activations, chip layouts with the Transposes
 * they need, conversions between exponents, integer parameters in the chip's order, lookup tables. The network must have
 * gone through the graph passes (no BatchNorm, no ConvTranspose, constants folded).
 *
 * <p>What the chip would compute wrongly is lowered otherwise if an equivalent exists, and refused by name if none does.
 */
public final class Lowering {
    private static final int BYTE_BITS = 8;

    private Lowering() {}

    /**
     * Lowers a network for batch 1.
     *
     * @param model network
     * @param plan a calibrated plan: every slot of a quantized node has its exponents; its target is the program's
     * @param options {@link LoweringOptions#IMPROVED} unless files of ESP-PPQ are to be compared
     * @throws BitgrainException (bad input) naming the node that cannot be lowered, with the reason and the way out
     */
    public static LoweredModel lower(Model model, QuantPlan plan, LoweringOptions options) {
        Draft draft = DraftBuilder.build(model, plan, options);
        EmbeddingPass.run(draft);
        ReluFusion.run(draft);
        MatMulOperands.run(draft);
        HazardPass.run(draft);
        LayoutPass.run(draft);
        TransposeCleanup.run(draft);
        ConversionPass.run(draft);
        ParameterQuantization.run(draft);
        List<ChipTensor> tables = TablePass.run(draft);
        ExponentCheck.run(draft);
        List<DraftValue> ends = new ArrayList<>(draft.inputs);
        ends.addAll(draft.outputs);
        return new LoweredModel(program(model, draft, tables), ends);
    }

    /**
     * Refuses a network that cannot be lowered however it is quantized, before the work of calibrating it.
     *
     * @param graph after the graph passes
     * @throws BitgrainException (bad input) naming the first node that no chip program can contain
     */
    public static void requireKernels(Graph graph) {
        Node node = ChipOperators.firstUnsupported(graph);
        if (node != null) {
            throw DraftBuilder.noKernel(new DraftNode(node.name(), node.op(), node.op().onnxType(), Encoding.FLOAT_BITS, LayoutRule.ANY));
        }
    }

    private static ChipProgram program(Model model, Draft draft, List<ChipTensor> tables) {
        ChipProgram.Builder program = ChipProgram.builder()
                .name(model.graph().name())
                .irVersion(model.graph().irVersion());
        model.graph().metadata().forEach(program::metadata);
        program.metadata(ChipProgram.TARGET_KEY, draft.target().id());
        tables.forEach(program::parameter);
        Map<String, ChipTensor> parameters = new LinkedHashMap<>();
        for (DraftValue input : draft.inputs) {
            program.value(value(input)).input(input.name);
        }
        for (DraftNode node : draft.nodes) {
            node.attribute(ChipNode.QUANT_TYPE, quantType(node.bits));
            program.node(new ChipNode(node.name, node.type, "", names(node), node.outputs.stream().map(v -> v.name).toList(),
                    node.attributes));
            for (int i = 0; i < node.inputs.size(); i++) {
                if (node.constant(i) != null) {
                    parameters.put(node.constant(i).name, node.constant(i).finished);
                }
            }
            node.outputs.forEach(output -> program.value(value(output)));
        }
        parameters.values().forEach(program::parameter);
        draft.outputs.forEach(output -> program.output(output.name));
        return program.build();
    }

    private static String quantType(int bits) {
        return bits == Encoding.FLOAT_BITS ? "F32" : bits == BYTE_BITS ? "S8" : "S16";
    }

    private static ChipValue value(DraftValue value) {
        return new ChipValue(value.name, value.encoding.elementType(), value.storedDims(), value.encoding.exponent());
    }

    private static List<String> names(DraftNode node) {
        List<String> names = new ArrayList<>();
        for (Operand operand : node.inputs) {
            names.add(switch (operand) {
                case Operand.Omitted() -> "";
                case Operand.Value(DraftValue value, Encoding wanted) -> value.name;
                case Operand.Constant(DraftConstant constant) -> constant.name;
            });
        }
        return names;
    }
}
