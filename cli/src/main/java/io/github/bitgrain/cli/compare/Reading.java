package io.github.bitgrain.cli.compare;

import io.github.bitgrain.simulator.ChipBuffer;
import io.github.bitgrain.simulator.ChipTensor;
import io.github.bitgrain.simulator.ElementType;

/**
 * One tensor of one run.
 *
 * @param tensor elements as they were computed
 * @param exponent log2 of the scale; null for floats, indices and dumps, which do not state it
 */
record Reading(ChipTensor tensor, Integer exponent) {
    /** A copy of a simulator's buffer. */
    static Reading of(String name, ChipBuffer buffer) {
        return new Reading(buffer.toTensor(name), buffer.type().isQuantized() ? buffer.exponent() : null);
    }

    /** Whether the elements are real numbers as they stand. */
    boolean isReal() {
        return tensor.type() == ElementType.FLOAT32 || tensor.type() == ElementType.FLOAT64;
    }
}
