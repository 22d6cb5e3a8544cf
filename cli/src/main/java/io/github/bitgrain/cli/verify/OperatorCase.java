package io.github.bitgrain.cli.verify;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.bitgrain.core.BitgrainException;
import io.github.bitgrain.core.quant.Exponents;
import io.github.bitgrain.core.quant.Target;
import io.github.bitgrain.simulator.ChipAttribute;
import io.github.bitgrain.simulator.ChipNode;
import io.github.bitgrain.simulator.ChipProgram;
import io.github.bitgrain.simulator.ChipTensor;
import io.github.bitgrain.simulator.ChipValue;
import io.github.bitgrain.simulator.ElementType;
import io.github.bitgrain.simulator.lowering.FilterLayout;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/**
 * A program of one node, its inputs, and what the chip's kernels computed for them.
 *
 * @param op operator and bits, for example {@code Conv_depthwise_s8}
 */
record OperatorCase(String id, String op, ChipProgram program, Target target, List<ChipTensor> inputs, List<ChipTensor> outputs) {

    /**
     * Reads a case: {@code id}, {@code target}, {@code op} (ONNX type, variant, bits), {@code attrs}, {@code inputs} in ONNX
     * order and {@code outputs}; tensors have {@code name}, {@code dtype}, {@code shape}, {@code exponent} (one or a list)
     * and {@code data} (base64, little-endian). Feature maps are NHWC; weights stand in ONNX order and are brought into the
     * target's layout here.
     *
     * @throws BitgrainException (bad input) if something is missing or does not fit
     */
    static OperatorCase of(JsonNode json) {
        Target target = Target.parse(required(json, "target").asText());
        String op = required(json, "op").asText();
        if (!op.contains("_s")) {
            throw BitgrainException.badInput("op \"" + op + "\" does not end with its bits, for example _s8");
        }
        String type = op.startsWith("Conv") ? "Conv" : op.substring(0, op.indexOf("_s"));
        JsonNode attributes = required(json, "attrs");
        List<ChipTensor> operands = tensors(required(json, "inputs"));
        List<ChipTensor> outputs = tensors(required(json, "outputs"));
        ChipProgram.Builder program = ChipProgram.builder().name("case");
        List<String> names = new ArrayList<>();
        List<ChipTensor> inputs = new ArrayList<>();
        Map<String, ChipAttribute> nodeAttributes = attributes(type, attributes, operands.getFirst().dims().size());
        int bits = operands.getFirst().type() == ElementType.INT16 || outputs.getFirst().type() == ElementType.INT16 ? 16 : 8;
        for (int i = 0; i < operands.size(); i++) {
            ChipTensor operand = operands.get(i);
            if (type.equals("LUT") && i == 1) {
                program.parameter(operand);
                nodeAttributes.put(ChipNode.LUT, new ChipAttribute.Text(operand.name()));
            } else if (isParameter(type, i)) {
                ChipTensor stored = i == 1 && (type.equals("Conv") || type.equals("Gemm"))
                        ? stored(operand, target, bits, attributes.path("group").asInt(1) != 1) : operand;
                program.parameter(stored);
                names.add(stored.name());
            } else {
                program.value(new ChipValue(operand.name(), operand.type(), operand.dims(), operand.exponents().single()));
                program.input(operand.name());
                inputs.add(operand);
                names.add(operand.name());
            }
        }
        addStructural(type, attributes, program, names);
        for (ChipTensor output : outputs) {
            program.value(new ChipValue(output.name(), output.type(), output.dims(), output.exponents().single()));
            program.output(output.name());
        }
        program.node(new ChipNode("n", type, "", names, outputs.stream().map(ChipTensor::name).toList(), new TreeMap<>(nodeAttributes)));
        return new OperatorCase(required(json, "id").asText(), op, program.build(), target, inputs, outputs);
    }

    private static JsonNode required(JsonNode json, String key) {
        JsonNode value = json.get(key);
        if (value == null) {
            throw BitgrainException.badInput("\"" + key + "\" is missing");
        }
        return value;
    }

    private static boolean isParameter(String type, int input) {
        return input > 0 && switch (type) {
            case "Conv", "Gemm", "PRelu", "Clip", "LayerNormalization", "RMSNormalization", "LSTM", "GRU" -> true;
            default -> false;
        };
    }

    /** Reduce axes and Resize scales are inputs on the chip. */
    private static void addStructural(String type, JsonNode attributes, ChipProgram.Builder program, List<String> names) {
        if (type.startsWith("Reduce")) {
            long[] axes = longs(required(attributes, "axes"));
            program.parameter(ChipTensor.ofLongs("axes", ElementType.INT64, List.of(axes.length), ChipTensor.NOT_QUANTIZED, "UNK", axes));
            names.add("axes");
        } else if (type.equals("Resize")) {
            JsonNode scales = required(attributes, "scales");
            float[] values = new float[scales.size()];
            for (int i = 0; i < values.length; i++) {
                values[i] = (float) scales.get(i).asDouble();
            }
            program.parameter(ChipTensor.ofFloats("scales", List.of(values.length), "UNK", values));
            names.add("");
            names.add("scales");
        }
    }

    private static Map<String, ChipAttribute> attributes(String type, JsonNode json, int rank) {
        Map<String, ChipAttribute> attributes = new TreeMap<>();
        json.properties().forEach(entry -> {
            JsonNode value = entry.getValue();
            switch (entry.getKey()) {
                case "pads_tlbr" -> attributes.put("pads", ints(rank == 3 ? new long[] {value.get(1).asLong(), value.get(3).asLong()} : longs(value)));
                case "kernel_shape", "strides", "dilations" ->
                        attributes.put(entry.getKey(), ints(rank == 3 ? new long[] {value.get(1).asLong()} : longs(value)));
                case "align_corners" -> attributes.put("coordinate_transformation_mode",
                        new ChipAttribute.Text(value.asBoolean() ? "align_corners" : "half_pixel"));
                case "per_channel", "dist", "axes", "scales", "step" -> { }
                default -> attributes.put(entry.getKey(), scalar(value));
            }
        });
        if (type.equals("Gemm")) {
            attributes.keySet().removeAll(List.of("pads", "kernel_shape", "strides", "dilations", "group"));
        }
        return attributes;
    }

    private static ChipAttribute scalar(JsonNode value) {
        return value.isTextual() ? new ChipAttribute.Text(value.asText())
                : value.isIntegralNumber() ? new ChipAttribute.Int(value.asLong())
                : new ChipAttribute.Real((float) value.asDouble());
    }

    private static ChipAttribute ints(long[] values) {
        List<Long> list = new ArrayList<>();
        for (long value : values) {
            list.add(value);
        }
        return new ChipAttribute.Ints(list);
    }

    private static long[] longs(JsonNode array) {
        long[] values = new long[array.size()];
        for (int i = 0; i < values.length; i++) {
            values[i] = array.get(i).asLong();
        }
        return values;
    }

    /** Weights in ONNX order, brought into the layout that a file has for the target. */
    private static ChipTensor stored(ChipTensor weight, Target target, int bits, boolean depthwise) {
        int rank = weight.dims().size();
        int n = weight.dims().get(0);
        int c = weight.dims().get(1);
        List<Integer> spatial = rank == 2 ? List.of(1, 1) : weight.dims().subList(2, rank);
        int positions = spatial.stream().reduce(1, Math::multiplyExact);
        FilterLayout layout = new FilterLayout(n, c, positions, depthwise, target.blockedWeights() ? target.lanes(bits) : FilterLayout.PLAIN);
        long[] values = weight.longs();
        int[] sources = layout.sources();
        long[] stored = new long[values.length];
        for (int i = 0; i < stored.length; i++) {
            stored[i] = values[sources[i]];
        }
        List<Integer> dims = new ArrayList<>(spatial);
        dims.add(depthwise ? n : c);
        dims.add(depthwise ? c : n);
        return ChipTensor.ofLongs(weight.name(), weight.type(), dims, weight.exponents(), layout.annotation(rank == 3 ? "W" : "HW"), stored);
    }

    private static List<ChipTensor> tensors(JsonNode array) {
        List<ChipTensor> tensors = new ArrayList<>();
        for (JsonNode json : array) {
            List<Integer> dims = new ArrayList<>();
            required(json, "shape").forEach(extent -> dims.add(extent.asInt()));
            ElementType type = ElementType.valueOf(required(json, "dtype").asText().toUpperCase(Locale.ROOT));
            JsonNode exponent = required(json, "exponent");
            Exponents exponents;
            if (exponent.isArray()) {
                int[] values = new int[exponent.size()];
                for (int i = 0; i < values.length; i++) {
                    values[i] = exponent.get(i).asInt();
                }
                exponents = Exponents.of(values);
            } else {
                exponents = Exponents.of(exponent.asInt());
            }
            byte[] data = Base64.getDecoder().decode(required(json, "data").asText());
            tensors.add(ChipTensor.of(required(json, "name").asText(), type, dims, exponents, "UNK", data));
        }
        return tensors;
    }
}
