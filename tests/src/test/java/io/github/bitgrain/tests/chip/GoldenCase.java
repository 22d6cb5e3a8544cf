package io.github.bitgrain.tests.chip;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.bitgrain.core.quant.Exponents;
import io.github.bitgrain.core.quant.Target;
import io.github.bitgrain.simulator.ChipAttribute;
import io.github.bitgrain.simulator.ChipNode;
import io.github.bitgrain.simulator.ChipProgram;
import io.github.bitgrain.simulator.ChipTensor;
import io.github.bitgrain.simulator.ChipValue;
import io.github.bitgrain.simulator.ElementType;
import io.github.bitgrain.simulator.lowering.FilterLayout;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/** One line of golden/ops: a program of one node, its inputs, and what the chip's kernels computed. */
record GoldenCase(String id, ChipProgram program, Target target, List<ChipTensor> inputs, List<ChipTensor> outputs) {

    static GoldenCase of(JsonNode json) {
        Target target = Target.parse(json.get("target").asText());
        String op = json.get("op").asText();
        String type = op.startsWith("Conv") ? "Conv" : op.substring(0, op.indexOf("_s"));
        JsonNode attributes = json.get("attrs");
        List<ChipTensor> operands = tensors(json.get("inputs"));
        List<ChipTensor> outputs = tensors(json.get("outputs"));
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
                        ? stored(operand, target, bits, attributes.get("group").asInt() != 1) : operand;
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
        return new GoldenCase(json.get("id").asText(), program.build(), target, inputs, outputs);
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
            long[] axes = longs(attributes.get("axes"));
            program.parameter(ChipTensor.ofLongs("axes", ElementType.INT64, List.of(axes.length), ChipTensor.NOT_QUANTIZED, "UNK", axes));
            names.add("axes");
        } else if (type.equals("Resize")) {
            JsonNode scales = attributes.get("scales");
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
            json.get("shape").forEach(extent -> dims.add(extent.asInt()));
            ElementType type = ElementType.valueOf(json.get("dtype").asText().toUpperCase(Locale.ROOT));
            JsonNode exponent = json.get("exponent");
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
            byte[] data = Base64.getDecoder().decode(json.get("data").asText());
            tensors.add(ChipTensor.of(json.get("name").asText(), type, dims, exponents, "UNK", ByteBuffer.wrap(data).array()));
        }
        return tensors;
    }
}
