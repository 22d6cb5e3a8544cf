package io.github.bitgrain.simulator.lowering;

import io.github.bitgrain.core.quant.Exponents;
import io.github.bitgrain.core.quant.Target;
import io.github.bitgrain.simulator.ChipTensor;
import io.github.bitgrain.simulator.ElementType;
import io.github.bitgrain.simulator.kernel.KernelLimits;
import java.util.ArrayList;
import java.util.List;

/**
 * Puts a QuantizeLinear, RequantizeLinear or DequantizeLinear wherever a node wants a value held otherwise than it is. What
 * counts is bits and exponent; ESP-PPQ compares scales with an absolute tolerance of 1e-5 and so misses small ones.
 */
final class ConversionPass {
    private static final int BYTE_BITS = 8;
    private static final int SHORT_BITS = 16;

    private final Draft draft;

    private ConversionPass(Draft draft) {
        this.draft = draft;
    }

    static void run(Draft draft) {
        ConversionPass pass = new ConversionPass(draft);
        List<DraftNode> nodes = new ArrayList<>();
        for (DraftNode node : draft.nodes) {
            for (int i = 0; i < node.inputs.size(); i++) {
                DraftValue value = node.value(i);
                if (value != null && !value.encoding.equals(node.wanted(i))) {
                    node.redirect(i, pass.convert(node, i, value, nodes));
                }
            }
            nodes.add(node);
        }
        draft.nodes.clear();
        draft.nodes.addAll(nodes);
    }

    private DraftValue convert(DraftNode reader, int input, DraftValue value, List<DraftNode> nodes) {
        DraftValue at = value;
        for (Encoding step : steps(value, reader.wanted(input))) {
            DraftValue result = new DraftValue(draft.freshTensor(reader.name + "/in" + input), at.shape, step);
            result.stored = at.stored;
            nodes.add(conversion(draft, at, result));
            at = result;
        }
        return at;
    }

    /** A node that converts one value into another, which differ in how they are held only. */
    static DraftNode conversion(Draft draft, DraftValue from, DraftValue to) {
        String type = from.encoding.isFloat() ? "QuantizeLinear" : to.encoding.isFloat() ? "DequantizeLinear" : "RequantizeLinear";
        DraftNode node = new DraftNode(draft.freshNode(to.name + "/" + type), null, type, to.encoding.bits(), LayoutRule.ANY);
        node.inputs.add(new Operand.Value(from, from.encoding));
        // The chip converts by the exponents and types of the values; scale and offset are there because ONNX has them.
        int scale = switch (type) {
            case "QuantizeLinear" -> to.encoding.exponent();
            case "DequantizeLinear" -> from.encoding.exponent();
            default -> to.encoding.exponent() - from.encoding.exponent();
        };
        ElementType offset = to.encoding.isFloat() ? from.encoding.elementType() : to.encoding.elementType();
        node.inputs.add(constant(ChipTensor.ofFloats(
                draft.freshTensor(to.name + "/scale"), List.of(), ChipTensor.PLAIN_LAYOUT, Math.scalb(1f, scale))));
        node.inputs.add(constant(ChipTensor.ofLongs(draft.freshTensor(to.name + "/offset"), offset, List.of(),
                Exponents.of(0), ChipTensor.PLAIN_LAYOUT, 0)));
        node.outputs.add(to);
        return node;
    }

    private static Operand constant(ChipTensor tensor) {
        return new Operand.Constant(DraftConstant.finished(tensor));
    }

    /**
     * The conversions that lead to an encoding: one, or two where the chip's vector kernel would compute one wrongly. Both
     * halves saturate, so that together they give what one correct conversion gives.
     */
    private List<Encoding> steps(DraftValue value, Encoding to) {
        Encoding from = value.encoding;
        if (draft.options.parity() || from.isFloat() || to.isFloat()
                || !KernelLimits.requantizesInVectors(draft.target(), count(value), to.exponent() - from.exponent())) {
            return List.of(to);
        }
        if (KernelLimits.losesMultiplier(draft.target(), from.bits(), to.bits(), from.exponent() - to.exponent())) {
            return from.bits() == SHORT_BITS && to.bits() == BYTE_BITS
                    ? List.of(new Encoding(SHORT_BITS, to.exponent()), to)
                    : inSteps(from, to, to.bits() == BYTE_BITS ? KernelLimits.LARGEST_BYTE_MULTIPLIER : KernelLimits.LARGEST_SHORT_MULTIPLIER);
        }
        if (KernelLimits.forgetsElements(draft.target(), from.bits(), to.bits(), count(value))) {
            // Widening alone goes another way.
            return List.of(new Encoding(SHORT_BITS, from.exponent()), to);
        }
        return List.of(to);
    }

    private static List<Encoding> inSteps(Encoding from, Encoding to, int largestShift) {
        List<Encoding> steps = new ArrayList<>();
        for (int exponent = from.exponent() - largestShift; exponent > to.exponent(); exponent -= largestShift) {
            steps.add(new Encoding(to.bits(), exponent));
        }
        steps.add(to);
        return steps;
    }

    private static int count(DraftValue value) {
        int count = 1;
        for (int dim : value.shape) {
            count *= dim;
        }
        return count;
    }
}
