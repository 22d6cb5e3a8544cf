package io.github.bitgrain.simulator.lowering;

import io.github.bitgrain.core.quant.Exponents;
import io.github.bitgrain.core.quant.Slot;
import io.github.bitgrain.core.quant.Target;
import io.github.bitgrain.core.tensor.Shape;
import io.github.bitgrain.core.tensor.Tensor;
import io.github.bitgrain.kernels.Requantize;
import io.github.bitgrain.kernels.Rounding;
import io.github.bitgrain.simulator.ChipAttribute;
import io.github.bitgrain.simulator.ChipTensor;
import io.github.bitgrain.simulator.ElementType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** From float parameters to the integers of the chip, in the chip's order. The last pass but one. */
final class ParameterQuantization {
    private static final int BYTE_BITS = 8;
    private static final int FILTER_SPATIAL_START = 2;

    private ParameterQuantization() {}

    /** Quantizes every float constant of a node that has one. */
    static void run(Draft draft) {
        for (DraftNode node : draft.nodes) {
            for (int i = 0; i < node.inputs.size(); i++) {
                DraftConstant constant = node.constant(i);
                if (constant != null && constant.role != DraftConstant.Role.FINISHED) {
                    ChipTensor tensor = node.isQuantized() ? quantize(draft, node, i, constant) : asFloat(node, constant);
                    node.inputs.set(i, new Operand.Constant(DraftConstant.finished(tensor)));
                }
            }
        }
    }

    private static ChipTensor asFloat(DraftNode node, DraftConstant constant) {
        if (constant.role == DraftConstant.Role.FILTER || constant.role == DraftConstant.Role.BIAS) {
            throw node.refused("the chip has no float kernel for this operator; give it 8 or 16 bits");
        }
        Tensor tensor = stored(constant, constant.tensor);
        return ChipTensor.ofFloats(constant.name, dims(tensor.shape()), ChipTensor.PLAIN_LAYOUT, tensor.data());
    }

    private static ChipTensor quantize(Draft draft, DraftNode node, int input, DraftConstant constant) {
        return switch (constant.role) {
            case FILTER -> filter(draft, node, constant, WeightExponents.of(draft, node));
            case BIAS -> bias(draft, node, input, constant);
            case ELEMENTWISE -> {
                Tensor tensor = stored(constant, constant.tensor);
                if (constantEncoding(draft, node, input).isFloat()) {
                    yield asFloat(node, constant);
                }
                yield quantize(constant.name, tensor.data(), dims(tensor.shape()), constantEncoding(draft, node, input), draft.target());
            }
            case SLOPE -> quantize(constant.name, constant.tensor.data(), dims(constant.tensor.shape()),
                    constantEncoding(draft, node, input), draft.target());
            case FINISHED -> constant.finished;
        };
    }

    /**
     * How a constant operand is held: as its slot says, but exactly as the result where the operator does not rescale.
     */
    static Encoding constantEncoding(Draft draft, DraftNode node, int input) {
        if (node.op != null && ChipOperators.row(node.op).traits().contains(ChipOperators.Trait.NO_RESCALING)) {
            return node.output().encoding;
        }
        return DraftBuilder.encoding(draft.plan, Slot.input(node.name, input), node);
    }

    static ChipTensor quantize(String name, float[] values, List<Integer> dims, Encoding encoding, Target target) {
        long[] integers = new long[values.length];
        for (int i = 0; i < integers.length; i++) {
            integers[i] = quantize(values[i], encoding.exponent(), encoding.bits(), target.rounding());
        }
        return ChipTensor.ofLongs(name, encoding.elementType(), dims, Exponents.of(encoding.exponent()),
                ChipTensor.PLAIN_LAYOUT, integers);
    }

    /** {@code clamp(round(x / 2^exponent))}, division and rounding in binary32 as ESP-PPQ does them. */
    static long quantize(float value, int exponent, int bits, Rounding rounding) {
        return Requantize.saturate((long) rounding.round(Math.scalb(value, -exponent)), bits);
    }

    /** Whether the chip runs the node with its depthwise kernel. */
    static boolean isGrouped(DraftNode node) {
        return node.attributes.containsKey("group") && !node.attributes.get("group").equals(new ChipAttribute.Int(1));
    }

    private static ChipTensor filter(Draft draft, DraftNode node, DraftConstant constant, Exponents exponents) {
        boolean matMul = node.type.equals("MatMul");
        Tensor weight = constant.tensor;
        Shape shape = weight.shape();
        int lanes = draft.target().blockedWeights() ? draft.target().lanes(node.bits) : FilterLayout.PLAIN;
        boolean grouped = isGrouped(node);
        int outputs = matMul ? shape.dim(shape.rank() - 1) : shape.dim(0);
        int inputs = matMul ? shape.dim(shape.rank() - 2) : shape.dim(1);
        int positions = matMul ? 1 : weight.size() / (outputs * inputs);
        FilterLayout layout = new FilterLayout(outputs, inputs, positions, grouped, lanes);
        int[] sources = layout.sources();
        int matrices = weight.size() / sources.length;
        if (exponents.count() != 1 && (exponents.count() != outputs || !draft.target().perChannelWeights())) {
            throw node.refused(exponents.count() + " weight exponents for " + outputs + " outputs on " + draft.target().id());
        }
        long[] stored = new long[weight.size()];
        for (int m = 0; m < matrices; m++) {
            int from = m * sources.length;
            for (int i = 0; i < sources.length; i++) {
                int output = sources[i] / (inputs * positions);
                int source = matMul ? (sources[i] % inputs) * outputs + output : sources[i];
                stored[from + i] = quantize(weight.data()[from + source], exponents.get(output), node.bits, draft.target().rounding());
            }
        }
        String annotation = layout.annotation(shape.rank() == 3 && !matMul ? "W" : "HW");
        return ChipTensor.ofLongs(constant.name, ElementType.ofBits(node.bits),
                matMul ? dims(shape) : filterDims(shape, grouped), exponents, annotation, stored);
    }

    /** [H, W, C, N], for grouped convolutions [H, W, N, C]; one-dimensional ones without H; Gemm as 1×1. */
    private static List<Integer> filterDims(Shape shape, boolean grouped) {
        List<Integer> dims = new ArrayList<>();
        for (int axis = FILTER_SPATIAL_START; axis < shape.rank(); axis++) {
            dims.add(shape.dim(axis));
        }
        if (dims.isEmpty()) {
            dims.addAll(List.of(1, 1));
        }
        dims.add(grouped ? shape.dim(0) : shape.dim(1));
        dims.add(grouped ? shape.dim(1) : shape.dim(0));
        return dims;
    }

    /** A bias lies at the scale of the accumulator: exponent of the input plus exponent(s) of the weights. */
    private static ChipTensor bias(Draft draft, DraftNode node, int input, DraftConstant constant) {
        Exponents exponents = WeightExponents.of(draft, node).plus(node.wanted(0).exponent());
        float[] values = constant.tensor.data();
        int bits = draft.target().biasBits(node.bits);
        long[] stored = new long[values.length];
        for (int n = 0; n < stored.length; n++) {
            stored[n] = quantize(values[n], exponents.get(n), bits, draft.target().rounding());
        }
        return ChipTensor.ofLongs(constant.name, node.bits == BYTE_BITS ? ElementType.INT32 : ElementType.INT64,
                List.of(stored.length), exponents, ChipTensor.PLAIN_LAYOUT, stored);
    }

    /** An elementwise constant beside an activation whose axes are stored in another order follows it. */
    private static Tensor stored(DraftConstant constant, Tensor tensor) {
        Permutation axes = constant.axes;
        if (axes == null || axes.isIdentity() || tensor.size() == 1 || tensor.shape().rank() > axes.rank()) {
            return tensor;
        }
        Shape shape = tensor.shape().padTo(axes.rank());
        int[] sources = axes.sources(shape.dims());
        float[] data = new float[sources.length];
        for (int i = 0; i < data.length; i++) {
            data[i] = tensor.data()[sources[i]];
        }
        return new Tensor(Shape.of(axes.apply(shape.dims())), data);
    }

    private static List<Integer> dims(Shape shape) {
        return Arrays.stream(shape.dims()).boxed().toList();
    }
}
