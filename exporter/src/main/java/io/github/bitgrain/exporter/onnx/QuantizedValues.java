package io.github.bitgrain.exporter.onnx;

import io.github.bitgrain.core.graph.Node;
import io.github.bitgrain.core.op.LinearQuant;
import io.github.bitgrain.core.tensor.Shape;
import io.github.bitgrain.exporter.onnx.proto.TensorProto.DataType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Reads QuantizeLinear and DequantizeLinear: a pair becomes one {@link LinearQuant}, stored integers become floats on their grid with
 * a {@link LinearQuant} behind (weights), or without (32 bits: biases).
 */
final class QuantizedValues {
    /** Operator domains in which the two operators exist; ONNX Runtime's has 16 bits before operator set 21. */
    static final Set<String> DOMAINS = Set.of("", "ai.onnx", "com.microsoft");

    private static final Set<String> TYPES = Set.of("QuantizeLinear", "DequantizeLinear");

    private final Map<String, OnnxConstant> constants;
    private final Map<String, DataType> types = new HashMap<>();
    private final Map<String, Integers> made = new HashMap<>();

    /** What QuantizeLinear made. */
    private record Integers(String x, List<String> grid, LinearQuant op, float[] scales, float[] zeros) {}

    QuantizedValues(Map<String, OnnxConstant> constants) {
        this.constants = constants;
    }

    static boolean handles(String type) {
        return TYPES.contains(type);
    }

    /** Tells the element type of a constant. */
    void type(String constant, DataType type) {
        types.put(constant, type);
    }

    /** Fails if a node reads integers that only DequantizeLinear can read. */
    void requireNoIntegers(OnnxNode node, List<String> inputs) {
        for (String input : inputs) {
            if (made.containsKey(input)) {
                throw node.fail("reads \"" + input + "\", the integers of a QuantizeLinear; only QuantizeLinear followed by DequantizeLinear"
                        + " is supported: export the model in QDQ form");
            }
        }
    }

    boolean isInteger(String value) {
        return made.containsKey(value);
    }

    /** Takes note of a QuantizeLinear. */
    void quantize(OnnxNode node, List<String> inputs, String output) {
        DataType type = inputs.size() > 2 && !inputs.get(2).isEmpty() ? types.get(inputs.get(2)) : DataType.forNumber(node.axis("output_dtype", DataType.UINT8_VALUE));
        node.ignore("saturate", "precision", "output_dtype");
        float[] scales = scales(node, inputs);
        float[] zeros = zeros(node, inputs, scales.length);
        made.put(output, new Integers(inputs.getFirst(), grid(inputs, zeros), op(node, type, scales.length), scales, zeros));
    }

    private static List<String> grid(List<String> inputs, float[] zeros) {
        boolean symmetric = true;
        for (float zero : zeros) {
            symmetric &= zero == 0;
        }
        List<String> grid = new ArrayList<>(List.of(inputs.get(1)));
        if (!symmetric) {
            grid.add(inputs.get(2));
        }
        return grid;
    }

    /**
     * A DequantizeLinear.
     *
     * @return the node to add, or null when its result has become a constant
     */
    Node dequantize(OnnxNode node, String name, List<String> inputs, String output) {
        String q = inputs.getFirst();
        float[] scales = scales(node, inputs);
        float[] zeros = zeros(node, inputs, scales.length);
        node.ignore("output_dtype");
        Integers integers = made.get(q);
        if (integers != null) {
            LinearQuant op = op(node, inputs.size() > 2 && !inputs.get(2).isEmpty() ? types.get(inputs.get(2)) : null, scales.length, integers.op());
            if (!op.equals(integers.op()) || !Arrays.equals(scales, integers.scales()) || !Arrays.equals(zeros, integers.zeros())) {
                throw node.fail("has another scale, zero point, type or axis than the QuantizeLinear before it; they must be the same");
            }
            return node(name, op, integers.x(), integers.grid(), output);
        }
        OnnxConstant constant = constants.get(q);
        if (constant == null || constant.isFloat()) {
            throw node.fail("reads \"" + q + "\", which is neither made by a QuantizeLinear nor stored as integers");
        }
        boolean wide = types.get(q) == DataType.INT32;
        LinearQuant op = wide ? LinearQuant.ofScale(0, 0, axis(node, scales.length)) : op(node, types.get(q), scales.length);
        OnnxConstant floats = floats(node, constant, scales, zeros, op.axis());
        if (wide) {
            constants.put(output, floats);
            return null;
        }
        String stored = q + "_dequantized";
        constants.put(stored, floats);
        return node(name, op, stored, grid(inputs, zeros), output);
    }

    private static Node node(String name, LinearQuant op, String x, List<String> grid, String output) {
        List<String> operands = new ArrayList<>(List.of(x));
        operands.addAll(grid);
        return new Node(name, op, operands, List.of(output));
    }

    private static OnnxConstant floats(OnnxNode node, OnnxConstant integers, float[] scales, float[] zeros, int axis) {
        Shape shape = integers.shape();
        float[] floats = new float[integers.size()];
        int at = scales.length == 1 ? 0 : shape.axis(axis);
        if (scales.length > 1 && shape.dim(at) != scales.length) {
            throw node.fail(scales.length + " scales for axis " + axis + " of " + shape);
        }
        int inner = scales.length == 1 ? 1 : shape.size(at + 1, shape.rank());
        for (int i = 0; i < floats.length; i++) {
            int channel = scales.length == 1 ? 0 : i / inner % scales.length;
            floats[i] = (float) (integers.longs()[i] - (long) zeros[channel]) * scales[channel];
        }
        return OnnxConstant.of(shape, floats);
    }

    private static int axis(OnnxNode node, int scales) {
        int axis = node.axis("axis", 1);
        node.require("block_size", 0, "blocked scales");
        return scales == 1 ? LinearQuant.PER_TENSOR : axis < 0 ? axis + node.shape(0).rank() : axis;
    }

    private static LinearQuant op(OnnxNode node, DataType type, int scales) {
        return op(node, type, scales, null);
    }

    private static LinearQuant op(OnnxNode node, DataType type, int scales, LinearQuant otherwise) {
        int axis = axis(node, scales);
        if (type == null && otherwise != null) {
            return LinearQuant.ofScale(otherwise.qmin(), otherwise.qmax(), axis);
        }
        return switch (type) {
            case INT8 -> LinearQuant.ofScale(Byte.MIN_VALUE, Byte.MAX_VALUE, axis);
            case UINT8 -> LinearQuant.ofScale(0, 0xff, axis);
            case INT16 -> LinearQuant.ofScale(Short.MIN_VALUE, Short.MAX_VALUE, axis);
            case UINT16 -> LinearQuant.ofScale(0, 0xffff, axis);
            case null, default -> throw node.fail("element type " + type + " is not supported; int8, uint8, int16 and uint16 are");
        };
    }

    private float[] scales(OnnxNode node, List<String> inputs) {
        OnnxConstant scale = node.requireConstant(1, "scale");
        float[] scales = new float[scale.size()];
        for (int i = 0; i < scales.length; i++) {
            scales[i] = (float) scale.real(i);
            if (!(scales[i] > 0) || Float.isInfinite(scales[i])) {
                throw node.fail("scale \"" + inputs.get(1) + "\" holds " + scales[i] + "; scales must be positive");
            }
        }
        if (scales.length == 0 || scale.shape().rank() > 1) {
            throw node.fail("scale has shape " + scale.shape() + "; one scale, or one per index of an axis, is supported");
        }
        return scales;
    }

    private static float[] zeros(OnnxNode node, List<String> inputs, int count) {
        float[] zeros = new float[count];
        if (inputs.size() > 2 && !inputs.get(2).isEmpty()) {
            OnnxConstant zero = node.requireConstant(2, "zero point");
            if (zero.size() != count) {
                throw node.fail(zero.size() + " zero points for " + count + " scales");
            }
            for (int i = 0; i < count; i++) {
                zeros[i] = (float) zero.real(i);
            }
        }
        return zeros;
    }
}
