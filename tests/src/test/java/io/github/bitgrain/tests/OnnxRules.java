package io.github.bitgrain.tests;

import io.github.bitgrain.exporter.onnx.proto.AttributeProto;
import io.github.bitgrain.exporter.onnx.proto.AttributeProto.AttributeType;
import io.github.bitgrain.exporter.onnx.proto.ModelProto;
import io.github.bitgrain.exporter.onnx.proto.NodeProto;
import io.github.bitgrain.exporter.onnx.proto.OperatorSetIdProto;
import io.github.bitgrain.exporter.onnx.proto.TensorProto;
import io.github.bitgrain.exporter.onnx.proto.TensorProto.DataType;
import io.github.bitgrain.exporter.onnx.proto.ValueInfoProto;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What an ONNX file must hold to (onnx/checker, IR.md, operator schemas): operator set imports, unique names, nodes in order and each
 * value made once, initializers of their type and size, attributes of their type, QuantizeLinear and DequantizeLinear of fitting types.
 */
final class OnnxRules {
    private static final Map<AttributeType, List<String>> ATTRIBUTES = Map.of(
            AttributeType.INTS, List.of("kernel_shape", "strides", "pads", "dilations", "output_padding", "perm", "axes"),
            AttributeType.INT, List.of("group", "axis", "transA", "transB", "ceil_mode", "count_include_pad", "to", "keepdims", "hidden_size", "allowzero",
                    "linear_before_reset", "blocksize", "training_mode", "storage_order", "exclude_outside"),
            AttributeType.FLOAT, List.of("epsilon", "momentum", "alpha", "beta", "cubic_coeff_a", "extrapolation_value"),
            AttributeType.STRING, List.of("mode", "auto_pad", "direction", "coordinate_transformation_mode", "nearest_mode", "approximate"));
    private static final int LEAST_FOR_AXIS = 13;
    private static final int LEAST_FOR_WORDS = 21;

    private final ModelProto model;
    private final List<String> broken = new ArrayList<>();
    private final Map<String, Integer> types = new HashMap<>();
    private final Map<String, TensorProto> initializers = new HashMap<>();
    private long opset;

    private OnnxRules(ModelProto model) {
        this.model = model;
    }

    /** Rules that a file breaks, in words; empty for a good one. */
    static List<String> broken(ModelProto model) {
        OnnxRules rules = new OnnxRules(model);
        rules.check();
        return rules.broken;
    }

    private void require(boolean holds, String otherwise) {
        if (!holds) {
            broken.add(otherwise);
        }
    }

    private void check() {
        require(model.getIrVersion() >= 3, "IR version " + model.getIrVersion());
        Set<String> domains = new HashSet<>();
        for (OperatorSetIdProto imported : model.getOpsetImportList()) {
            require(domains.add(imported.getDomain()), "domain \"" + imported.getDomain() + "\" is imported twice");
            opset = imported.getDomain().isEmpty() ? imported.getVersion() : opset;
        }
        require(domains.contains(""), "the default operator set is not imported");
        require(!model.getGraph().getName().isEmpty(), "the graph has no name");
        Set<String> names = new HashSet<>();
        for (ValueInfoProto input : model.getGraph().getInputList()) {
            require(names.add(input.getName()), "input \"" + input.getName() + "\" twice");
            types.put(input.getName(), input.getType().getTensorType().getElemType());
        }
        for (TensorProto tensor : model.getGraph().getInitializerList()) {
            require(!tensor.getName().isEmpty() && names.add(tensor.getName()), "initializer \"" + tensor.getName() + "\" twice or without a name");
            types.put(tensor.getName(), tensor.getDataType());
            initializers.put(tensor.getName(), tensor);
            storage(tensor);
        }
        Set<String> nodes = new HashSet<>();
        for (NodeProto node : model.getGraph().getNodeList()) {
            require(nodes.add(node.getName()), "node name \"" + node.getName() + "\" twice");
            operands(node, names);
            attributes(node);
            type(node);
        }
        Set<String> outputs = new HashSet<>();
        for (ValueInfoProto output : model.getGraph().getOutputList()) {
            require(outputs.add(output.getName()), "output \"" + output.getName() + "\" twice");
            require(names.contains(output.getName()), "output \"" + output.getName() + "\" is made by nobody");
            Integer made = types.get(output.getName());
            require(made == null || made == output.getType().getTensorType().getElemType(), "output \"" + output.getName() + "\" has another type");
        }
    }

    private void storage(TensorProto tensor) {
        int width = switch (DataType.forNumber(tensor.getDataType())) {
            case FLOAT, INT32, UINT32 -> 4;
            case INT8, UINT8, BOOL -> 1;
            case INT16, UINT16, FLOAT16, BFLOAT16 -> 2;
            case INT64, DOUBLE -> 8;
            case null, default -> -1;
        };
        require(width > 0, "initializer \"" + tensor.getName() + "\" has type " + tensor.getDataType());
        long elements = 1;
        for (long extent : tensor.getDimsList()) {
            elements *= extent;
        }
        require(tensor.getRawData().size() == elements * width, "initializer \"" + tensor.getName() + "\": " + tensor.getRawData().size() + " bytes for "
                + elements + " elements");
    }

    private void operands(NodeProto node, Set<String> names) {
        require(!node.getOpType().isEmpty(), "node \"" + node.getName() + "\" has no operator");
        for (String input : node.getInputList()) {
            require(input.isEmpty() || names.contains(input), "node \"" + node.getName() + "\" reads \"" + input + "\" before it is made");
        }
        require(node.getInputCount() == 0 || !node.getInput(node.getInputCount() - 1).isEmpty(), "node \"" + node.getName() + "\" ends in an omitted operand");
        require(node.getOutputCount() > 0, "node \"" + node.getName() + "\" makes nothing");
        for (String output : node.getOutputList()) {
            require(output.isEmpty() || names.add(output), "value \"" + output + "\" is made twice");
        }
    }

    private void attributes(NodeProto node) {
        Set<String> seen = new HashSet<>();
        for (AttributeProto attribute : node.getAttributeList()) {
            String where = node.getOpType() + " \"" + node.getName() + "\": attribute " + attribute.getName();
            require(seen.add(attribute.getName()), where + " twice");
            require(ATTRIBUTES.getOrDefault(attribute.getType(), List.of()).contains(attribute.getName()), where + " of type " + attribute.getType());
            boolean filled = switch (attribute.getType()) {
                case INT -> attribute.getFloatsCount() == 0 && attribute.getIntsCount() == 0 && attribute.getS().isEmpty();
                case FLOAT -> attribute.getI() == 0 && attribute.getIntsCount() == 0 && attribute.getS().isEmpty();
                case INTS -> attribute.getI() == 0 && attribute.getS().isEmpty();
                case STRING -> !attribute.getS().isEmpty() && attribute.getIntsCount() == 0;
                default -> false;
            };
            require(filled, where + " holds a value of another type");
        }
    }

    private void type(NodeProto node) {
        if (node.getOpType().equals("QuantizeLinear") || node.getOpType().equals("DequantizeLinear")) {
            quantizer(node);
            return;
        }
        int result = DataType.FLOAT_VALUE;
        if (node.getOpType().equals("Cast")) {
            result = (int) node.getAttribute(0).getI();
        } else {
            for (String input : node.getInputList()) {
                int type = types.getOrDefault(input, DataType.FLOAT_VALUE);
                // Axes, extents and bounds are integers of 64 bits; nothing else but floats is computed with.
                require(input.isEmpty() || type == DataType.FLOAT_VALUE || type == DataType.INT64_VALUE && initializers.containsKey(input),
                        node.getOpType() + " \"" + node.getName() + "\" reads \"" + input + "\" of type " + type);
            }
        }
        for (String output : node.getOutputList()) {
            types.put(output, result);
        }
    }

    private void quantizer(NodeProto node) {
        String where = node.getOpType() + " \"" + node.getName() + "\": ";
        boolean quantize = node.getOpType().equals("QuantizeLinear");
        TensorProto scale = initializers.get(node.getInput(1));
        TensorProto zero = node.getInputCount() > 2 ? initializers.get(node.getInput(2)) : null;
        require(scale != null && scale.getDataType() == DataType.FLOAT_VALUE, where + "the scale is no float initializer");
        int operand = types.getOrDefault(node.getInput(0), 0);
        int integer = zero != null ? zero.getDataType() : quantize ? DataType.UINT8_VALUE : operand;
        require(Set.of(DataType.INT8_VALUE, DataType.UINT8_VALUE, DataType.INT16_VALUE, DataType.UINT16_VALUE, DataType.INT32_VALUE).contains(integer),
                where + "integers of type " + integer);
        require(!(quantize && integer == DataType.INT32_VALUE), where + "32-bit integers cannot be quantized to");
        require(operand == (quantize ? DataType.FLOAT_VALUE : integer), where + "operand of type " + operand + ", zero point of type " + integer);
        boolean words = integer == DataType.INT16_VALUE || integer == DataType.UINT16_VALUE;
        require(!words || opset >= LEAST_FOR_WORDS, where + "16 bits in operator set " + opset);
        if (scale != null) {
            require(zero == null || zero.getDimsList().equals(scale.getDimsList()), where + "scale and zero point have different shapes");
            require(scale.getDimsCount() <= 1, where + "a scale of rank " + scale.getDimsCount());
            require(scale.getDimsCount() == 0 || opset >= LEAST_FOR_AXIS, where + "an axis in operator set " + opset);
            long axis = node.getAttributeList().stream().filter(attribute -> attribute.getName().equals("axis")).mapToLong(AttributeProto::getI).findFirst().orElse(1);
            TensorProto weights = initializers.get(node.getInput(0));
            if (scale.getDimsCount() == 1 && weights != null) {
                require(axis >= 0 && axis < weights.getDimsCount() && weights.getDims((int) axis) == scale.getDims(0),
                        where + scale.getDims(0) + " scales along axis " + axis + " of " + weights.getDimsList());
            }
            java.nio.FloatBuffer values = scale.getRawData().asReadOnlyByteBuffer().order(java.nio.ByteOrder.LITTLE_ENDIAN).asFloatBuffer();
            while (values.hasRemaining()) {
                float value = values.get();
                require(value > 0 && Float.isFinite(value), where + "a scale of " + value);
            }
        }
        types.put(node.getOutput(0), quantize ? integer : DataType.FLOAT_VALUE);
    }
}
