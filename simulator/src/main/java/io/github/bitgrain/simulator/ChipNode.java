package io.github.bitgrain.simulator;

import io.github.bitgrain.core.BitgrainException;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Function;

/**
 * One operation of a program.
 *
 * @param name name; unique in a program and not empty
 * @param opType operator as the chip's loader knows it, for example {@code Conv} or {@code RequantizeLinear}
 * @param domain operator domain, normally empty
 * @param inputs names of values and parameters; empty for an omitted optional input
 * @param outputs names of values
 * @param attributes attributes by name
 */
public record ChipNode(
        String name,
        String opType,
        String domain,
        List<String> inputs,
        List<String> outputs,
        SortedMap<String, ChipAttribute> attributes) {
    /** Name of the attribute that every node has: {@code S8}, {@code S16} or {@code F32}. */
    public static final String QUANT_TYPE = "quant_type";

    /** Name of the attribute with the fused activation of Conv, Gemm and MatMul. */
    public static final String ACTIVATION = "activation";

    /** Name of the attribute that names the lookup table of a node. */
    public static final String LUT = "lut";

    /** Copies the collections. */
    public ChipNode {
        Objects.requireNonNull(name, "name");
        Objects.requireNonNull(opType, "opType");
        Objects.requireNonNull(domain, "domain");
        inputs = List.copyOf(inputs);
        outputs = List.copyOf(outputs);
        attributes = Collections.unmodifiableSortedMap(new TreeMap<>(attributes));
    }

    /** Whether the node has the attribute. */
    public boolean has(String attribute) {
        return attributes.containsKey(attribute);
    }

    /** An integer attribute, or {@code otherwise} when the node has none of that name. */
    public long integer(String attribute, long otherwise) {
        return get(attribute, ChipAttribute.Int.class, "an integer", ChipAttribute.Int::value, otherwise);
    }

    /** A real attribute, or {@code otherwise}. */
    public float real(String attribute, float otherwise) {
        return get(attribute, ChipAttribute.Real.class, "a real", ChipAttribute.Real::value, otherwise);
    }

    /** A text attribute, or {@code otherwise}. */
    public String text(String attribute, String otherwise) {
        return get(attribute, ChipAttribute.Text.class, "a text", ChipAttribute.Text::value, otherwise);
    }

    /** An attribute that is a list of integers, or {@code otherwise}. */
    public List<Long> integers(String attribute, List<Long> otherwise) {
        return get(attribute, ChipAttribute.Ints.class, "a list of integers", ChipAttribute.Ints::values, otherwise);
    }

    /** The node's {@code quant_type}, empty if it has none. */
    public String quantType() {
        return text(QUANT_TYPE, "");
    }

    private <A extends ChipAttribute, T> T get(
            String attribute, Class<A> kind, String wanted, Function<A, T> value, T otherwise) {
        ChipAttribute found = attributes.get(attribute);
        if (found == null) {
            return otherwise;
        }
        if (!kind.isInstance(found)) {
            throw BitgrainException.badInput("node \"" + name + "\": attribute " + attribute + " is not " + wanted);
        }
        return value.apply(kind.cast(found));
    }
}
