package io.github.bitgrain.simulator.kernel;

import io.github.bitgrain.core.BitgrainException;
import io.github.bitgrain.core.quant.Target;
import io.github.bitgrain.simulator.ChipNode;
import io.github.bitgrain.simulator.ChipProgram;
import io.github.bitgrain.simulator.ChipTensor;
import io.github.bitgrain.simulator.ElementType;
import java.util.Arrays;
import java.util.List;

/** What a kernel may know of its node before any data arrives. */
public record NodeSetup(ChipNode node, ChipProgram program, Target target) {
    /** Whether an input exists. */
    public boolean hasInput(int index) {
        return index < node.inputs().size() && !node.inputs().get(index).isEmpty();
    }

    /** The parameter at an input, or null if a value (or nothing) is there. */
    public ChipTensor parameter(int index) {
        return hasInput(index) ? program.parameters().get(node.inputs().get(index)) : null;
    }

    /** The parameter at an input that the chip reads while loading. */
    public ChipTensor requireParameter(int index) {
        ChipTensor parameter = parameter(index);
        if (parameter == null) {
            throw fail("input " + index + " must be a parameter of the file");
        }
        return parameter;
    }

    /** Integers of a parameter, or {@code otherwise} when the input is absent. Slice ends such as 2^63 − 1 are cut to 32 bits. */
    public int[] integers(int index, int[] otherwise) {
        return hasInput(index)
                ? Arrays.stream(requireParameter(index).longs())
                        .mapToInt(value -> Math.clamp(value, Integer.MIN_VALUE, Integer.MAX_VALUE))
                        .toArray()
                : otherwise;
    }

    /** Element type of an input. */
    public ElementType inputType(int index) {
        ChipTensor parameter = parameter(index);
        return parameter != null ? parameter.type() : program.value(node.inputs().get(index)).type();
    }

    /** Exponent of an input value or per-tensor parameter. */
    public int inputExponent(int index) {
        ChipTensor parameter = parameter(index);
        return parameter != null ? parameter.exponents().single() : program.value(node.inputs().get(index)).exponent();
    }

    /** Element type of an output. */
    public ElementType outputType(int index) {
        return program.value(node.outputs().get(index)).type();
    }

    /** Exponent of an output. */
    public int outputExponent(int index) {
        return program.value(node.outputs().get(index)).exponent();
    }

    /** Bits of the first output: 8 or 16. */
    public int bits() {
        ElementType type = outputType(0);
        if (!type.isQuantized()) {
            throw fail("computes " + type + " where the chip has kernels for INT8 and INT16 only");
        }
        return type.bytes() * Byte.SIZE;
    }

    /** Whether the node computes in single precision: a node of a float island, {@code quant_type} F32. */
    public boolean computesFloats() {
        return inputType(0) == ElementType.FLOAT32 && outputType(0) == ElementType.FLOAT32;
    }

    /** Elements of a vector register for this node's type: 16 at 8 bits, 8 at 16 bits. */
    public int lanes() {
        return target.lanes(bits());
    }

    /** Whether the target runs vector kernels. */
    public boolean hasVectorUnit() {
        return target.blockedWeights();
    }

    /** A list attribute as ints. */
    public int[] ints(String attribute, int... otherwise) {
        List<Long> values = node.integers(attribute, null);
        return values == null ? otherwise : values.stream().mapToInt(Math::toIntExact).toArray();
    }

    /** An error about this node. */
    public BitgrainException fail(String reason) {
        return BitgrainException.badInput("node \"" + node.name() + "\" (" + node.opType() + "): " + reason);
    }
}
