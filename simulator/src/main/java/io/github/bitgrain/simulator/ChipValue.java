package io.github.bitgrain.simulator;

import java.util.List;
import java.util.Objects;

/**
 * A value that nodes exchange: a graph input, a graph output or something in between.
 *
 * @param name name; unique in a program
 * @param type {@link ElementType#INT8} or {@link ElementType#INT16} when quantized
 * @param shape the shape as stored, usually NHWC
 * @param exponent log2 of the scale; 0 when not quantized
 */
public record ChipValue(String name, ElementType type, List<Integer> shape, int exponent) {
    /** Checks the parts. */
    public ChipValue {
        Objects.requireNonNull(name, "name");
        Objects.requireNonNull(type, "type");
        shape = List.copyOf(shape);
    }

    /** Number of elements. */
    public int count() {
        return shape.stream().reduce(1, Math::multiplyExact);
    }
}
