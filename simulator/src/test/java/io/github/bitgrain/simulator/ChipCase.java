package io.github.bitgrain.simulator;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.bitgrain.core.quant.Exponents;
import io.github.bitgrain.core.quant.Target;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/** A program of one node with its operands, for tests; tensors are row-major. */
public final class ChipCase {
    private final String type;
    private final SortedMap<String, ChipAttribute> attributes = new TreeMap<>();
    private final List<String> names = new ArrayList<>();
    private final Map<String, ChipTensor> values = new LinkedHashMap<>();
    private final Map<String, ChipTensor> parameters = new LinkedHashMap<>();
    private final List<ChipValue> outputs = new ArrayList<>();

    private ChipCase(String type) {
        this.type = type;
    }

    public static ChipCase of(String type) {
        return new ChipCase(type);
    }

    public ChipCase value(ElementType element, int exponent, List<Integer> dims, long... elements) {
        String name = "x" + names.size();
        names.add(name);
        values.put(name, ChipTensor.ofLongs(name, element, dims, Exponents.of(exponent), "UNK", elements));
        return this;
    }

    public ChipCase floats(List<Integer> dims, float... elements) {
        String name = "x" + names.size();
        names.add(name);
        values.put(name, ChipTensor.ofFloats(name, dims, "UNK", elements));
        return this;
    }

    public ChipCase parameter(ElementType element, int exponent, List<Integer> dims, long... elements) {
        return parameter(element, Exponents.of(exponent), "UNK", dims, elements);
    }

    public ChipCase parameter(ElementType element, Exponents exponents, String layout, List<Integer> dims, long... elements) {
        String name = "p" + names.size();
        names.add(name);
        parameters.put(name, ChipTensor.ofLongs(name, element, dims, exponents, layout, elements));
        return this;
    }

    public ChipCase floatParameter(float... elements) {
        String name = "p" + names.size();
        names.add(name);
        parameters.put(name, ChipTensor.ofFloats(name, List.of(elements.length), "UNK", elements));
        return this;
    }

    /** An index list. */
    public ChipCase indices(long... elements) {
        return parameter(ElementType.INT64, 0, List.of(elements.length), elements);
    }

    public ChipCase omitted() {
        names.add("");
        return this;
    }

    public ChipCase table(ElementType element, int exponent, long... elements) {
        parameters.put("table", ChipTensor.ofLongs("table", element, List.of(elements.length), Exponents.of(exponent), "", elements));
        return text(ChipNode.LUT, "table");
    }

    public ChipCase text(String name, String value) {
        attributes.put(name, new ChipAttribute.Text(value));
        return this;
    }

    public ChipCase integer(String name, long value) {
        attributes.put(name, new ChipAttribute.Int(value));
        return this;
    }

    public ChipCase real(String name, float value) {
        attributes.put(name, new ChipAttribute.Real(value));
        return this;
    }

    public ChipCase ints(String name, Long... value) {
        attributes.put(name, new ChipAttribute.Ints(List.of(value)));
        return this;
    }

    /** An output; the shape is what a file states, {@code [1]} here. */
    public ChipCase output(ElementType element, int exponent) {
        outputs.add(new ChipValue("y" + outputs.size(), element, List.of(1), exponent));
        return this;
    }

    public String type() {
        return type;
    }

    public ChipProgram program() {
        return program(false);
    }

    /** @param asWholes whether maps go through convolutions that change nothing, so that the node finds them as whole floats */
    ChipProgram program(boolean asWholes) {
        ChipProgram.Builder program = ChipProgram.builder().name("case");
        parameters.values().forEach(program::parameter);
        List<String> operands = new ArrayList<>(names);
        values.forEach((name, tensor) -> {
            program.value(new ChipValue(name, tensor.type(), tensor.dims(), tensor.exponents().single()));
            program.input(name);
            if (asWholes && isMap(tensor)) {
                operands.replaceAll(operand -> operand.equals(name) ? copy(program, tensor) : operand);
            }
        });
        outputs.forEach(output -> program.value(output).output(output.name()));
        program.node(new ChipNode("node", type, "", operands, outputs.stream().map(ChipValue::name).toList(), attributes));
        return program.build();
    }

    private static boolean isMap(ChipTensor tensor) {
        return tensor.type().isQuantized() && (tensor.dims().size() == 3 || tensor.dims().size() == 4);
    }

    /** Adds a depthwise convolution by 1. */
    private static String copy(ChipProgram.Builder program, ChipTensor tensor) {
        String copy = tensor.name() + " copied";
        List<Integer> dims = new ArrayList<>(Collections.nCopies(tensor.dims().size() - 2, 1));
        dims.addAll(List.of(tensor.dims().getLast(), 1));
        long[] ones = new long[tensor.dims().getLast()];
        Arrays.fill(ones, 1);
        program.parameter(ChipTensor.ofLongs(copy + " by", tensor.type(), dims, Exponents.of(0), "", ones));
        program.value(new ChipValue(copy, tensor.type(), tensor.dims(), tensor.exponents().single()));
        SortedMap<String, ChipAttribute> attributes = new TreeMap<>(Map.of("group", new ChipAttribute.Int(ones.length)));
        program.node(new ChipNode(copy, "Conv", "", List.of(tensor.name(), copy + " by"), List.of(copy), attributes));
        return copy;
    }

    public List<ChipTensor> inputs() {
        return List.copyOf(values.values());
    }

    /** The outputs, the same whether maps come as integers or as whole floats. */
    public List<ChipTensor> run(Target target) {
        List<ChipTensor> results = new Simulator(program(), target).run(inputs());
        if (inputs().stream().anyMatch(ChipCase::isMap)) {
            List<ChipTensor> same = new Simulator(program(true), target).run(inputs());
            for (int i = 0; i < results.size(); i++) {
                String output = type + " on " + target + ", output " + i + " from whole floats";
                assertEquals(results.get(i).dims(), same.get(i).dims(), output);
                assertEquals(results.get(i), same.get(i), output);
            }
        }
        return results;
    }

    /** Runs the node on all targets and compares its first output. */
    public void gives(List<Integer> dims, long... elements) {
        for (Target target : Target.values()) {
            on(target, dims, elements);
        }
    }

    public ChipCase on(Target target, List<Integer> dims, long... elements) {
        ChipTensor y = run(target).getFirst();
        assertEquals(dims, y.dims(), type + " on " + target);
        assertArrayEquals(elements, y.longs(), () -> type + " on " + target + ": " + Arrays.toString(y.longs()));
        return this;
    }

    public void givesFloats(float... elements) {
        for (Target target : Target.values()) {
            assertArrayEquals(elements, run(target).getFirst().floats(), 1e-6f, type + " on " + target);
        }
    }
}
