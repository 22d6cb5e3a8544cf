package io.github.bitgrain.simulator;

import io.github.bitgrain.core.BitgrainException;
import io.github.bitgrain.core.quant.Target;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Inputs and outputs that travel with a program, so that anyone, also the chip's own self-test, can check it. */
public final class TestVectors {
    /** How far float outputs may be apart, relative to the larger one: the host's exp and the chip's differ in the last place. */
    private static final double FLOAT_TOLERANCE = 1e-6;

    /**
     * What running the embedded inputs gave for one output.
     *
     * @param name the output
     * @param elements its number of elements
     * @param differences elements that differ from the embedded ones; floats by more than 1e-6 relative
     * @param maxDifference largest distance, in integers or reals
     */
    public record Comparison(String name, int elements, int differences, double maxDifference) {
        /** Whether the output is reproduced. */
        public boolean isExact() {
            return differences == 0;
        }

        /** For people: how many values differ, and how far. */
        public String text() {
            return differences + " of " + elements + " values differ, by " + number(maxDifference) + " at most";
        }
    }

    private TestVectors() {}

    /** A distance for people: whole ones without decimals. */
    static String number(double distance) {
        return distance == Math.rint(distance) && Math.abs(distance) < Long.MAX_VALUE ? String.valueOf((long) distance) : String.valueOf(distance);
    }

    /**
     * Embeds test vectors, computed by the simulator for the program's own target.
     *
     * @param program program that states its target
     * @param inputs one sample per graph input: reals in the chip's order, quantized as the chip does
     * @return the program with these inputs and its outputs for them
     * @throws BitgrainException (bad input) if the program cannot run or an input is missing
     */
    public static ChipProgram embed(ChipProgram program, Map<String, float[]> inputs) {
        Target target = program.target().orElseThrow(
                () -> BitgrainException.badInput("the program states no target, so its test vectors cannot be computed"));
        Simulator simulator = new Simulator(program, target);
        List<ChipTensor> testInputs = new ArrayList<>();
        for (String input : program.inputs()) {
            float[] sample = inputs.get(input);
            if (sample == null) {
                throw BitgrainException.badInput("no test input for \"" + input + "\"");
            }
            simulator.setInput(input, sample);
            testInputs.add(simulator.value(input).toTensor(input));
        }
        return program.withTestVectors(testInputs, simulator.run(testInputs));
    }

    /**
     * Runs the embedded inputs and compares with the embedded outputs.
     *
     * @return one comparison per embedded output; empty when the program has no test vectors
     * @throws BitgrainException (bad input) if the program cannot run, or a vector does not fit it
     */
    public static List<Comparison> verify(ChipProgram program, Target target) {
        if (program.testInputs().isEmpty() || program.testOutputs().isEmpty()) {
            return List.of();
        }
        for (String input : program.inputs()) {
            if (program.testInputs().stream().noneMatch(tensor -> tensor.name().equals(input))) {
                throw BitgrainException.badInput("the test vectors have no values for input \"" + input + "\"");
            }
        }
        Simulator simulator = new Simulator(program, target);
        program.testInputs().forEach(simulator::setInput);
        simulator.run();
        return program.testOutputs().stream()
                .map(expected -> compare(expected, simulator.value(expected.name()).toTensor(expected.name())))
                .toList();
    }

    /** Whether two floats are the same up to the last place of a transcendental function: 1e-6 relative to the larger. */
    public static boolean sameFloat(double one, double other) {
        return Double.compare(one, other) == 0
                || Math.abs(one - other) <= FLOAT_TOLERANCE * Math.max(Math.abs(one), Math.abs(other));
    }

    /**
     * Compares an output with what it should be.
     *
     * @throws BitgrainException (bad input) if type, number of elements or exponent differ
     */
    public static Comparison compare(ChipTensor expected, ChipTensor computed) {
        if (expected.type() != computed.type() || expected.count() != computed.count()
                || !expected.exponents().equals(computed.exponents())) {
            throw BitgrainException.badInput("test output \"" + expected.name() + "\" is " + expected.type() + expected.dims()
                    + " with exponent " + expected.exponents() + ", the program computes " + computed.type() + computed.dims()
                    + " with exponent " + computed.exponents());
        }
        int differences = 0;
        double largest = 0;
        for (int i = 0; i < expected.count(); i++) {
            double one = expected.element(i);
            double other = computed.element(i);
            double distance = Math.abs(one - other);
            boolean exact = expected.type() == ElementType.FLOAT32 ? sameFloat(one, other) : one == other;
            if (!exact) {
                differences++;
            }
            largest = Math.max(largest, distance);
        }
        return new Comparison(expected.name(), expected.count(), differences, largest);
    }
}
