package io.github.bitgrain.cli.inspect;

import io.github.bitgrain.core.quant.Target;
import io.github.bitgrain.simulator.ChipHazard;
import io.github.bitgrain.simulator.ChipHazards;
import io.github.bitgrain.simulator.ChipProgram;
import java.io.PrintWriter;
import java.util.List;
import java.util.Locale;

/**
 * A node that the chip computes wrongly; a part of the JSON of {@code inspect} and {@code verify}.
 *
 * @param kind kind of defect, for example {@code out_of_bounds}
 * @param node name of the node
 * @param type its operator
 * @param reason what is wrong, and what to do
 * @param simulated what the simulator does: {@code as_the_chip}, {@code as_the_model_means} or {@code refused}
 */
public record Hazard(String kind, String node, String type, String reason, String simulated) {
    /** The hazards of a program, in the order of its nodes. */
    public static List<Hazard> of(ChipProgram program, Target target) {
        return ChipHazards.of(program, target).stream()
                .map(h -> new Hazard(lower(h.kind()), h.node(), h.operator(), h.reason(), lower(h.simulated()))).toList();
    }

    private static String lower(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT);
    }

    /** Writes one line for each hazard. */
    public static void print(List<Hazard> hazards, PrintWriter out) {
        for (Hazard hazard : hazards) {
            String simulated = ChipHazard.Simulated.valueOf(hazard.simulated.toUpperCase(Locale.ROOT)).text();
            out.println("hazard: node \"" + hazard.node + "\" (" + hazard.type + "): " + hazard.reason + " [simulation: " + simulated + "]");
        }
    }
}
