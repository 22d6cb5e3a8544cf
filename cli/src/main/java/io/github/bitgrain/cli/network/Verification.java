package io.github.bitgrain.cli.network;

import io.github.bitgrain.cli.console.Json;
import io.github.bitgrain.cli.inspect.Hazard;
import io.github.bitgrain.core.BitgrainException;
import io.github.bitgrain.core.quant.Target;
import io.github.bitgrain.simulator.ChipProgram;
import io.github.bitgrain.simulator.TestVectors;
import java.util.List;

/**
 * Whether a program, simulated on its embedded test inputs, gives its embedded test outputs. Also the JSON of {@code verify}.
 *
 * @param bitExact whether all outputs agree; null if the program has no test vectors
 * @param outputs each stored output
 * @param hazards nodes that the chip computes wrongly, for which bit-exactness says little
 */
public record Verification(Boolean bitExact, List<Output> outputs, List<Hazard> hazards) {
    /**
     * A stored output and what the simulation made of it.
     *
     * @param elements number of stored values
     * @param differences number of values that differ
     * @param maxDifference largest absolute difference, in integer steps or real numbers; null if infinite
     */
    public record Output(String name, int elements, int differences, Double maxDifference) {}

    /**
     * Runs the test vectors.
     *
     * @throws BitgrainException (bad input) if a node cannot run on the target or a vector does not fit
     */
    public static Verification of(ChipProgram program, Target target) {
        List<TestVectors.Comparison> comparisons = TestVectors.verify(program, target);
        List<Hazard> hazards = Hazard.of(program, target);
        if (comparisons.isEmpty()) {
            return new Verification(null, List.of(), hazards);
        }
        return new Verification(
                comparisons.stream().allMatch(TestVectors.Comparison::isExact),
                comparisons.stream()
                        .map(c -> new Output(c.name(), c.elements(), c.differences(), Json.number(c.maxDifference())))
                        .toList(),
                hazards);
    }
}
