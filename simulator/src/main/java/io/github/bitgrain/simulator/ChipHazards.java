package io.github.bitgrain.simulator;

import io.github.bitgrain.core.BitgrainException;
import io.github.bitgrain.core.quant.Target;
import io.github.bitgrain.simulator.ChipHazard.Kind;
import io.github.bitgrain.simulator.ChipHazard.Simulated;
import io.github.bitgrain.simulator.kernel.ChipKernels;
import io.github.bitgrain.simulator.kernel.HazardRules;
import io.github.bitgrain.simulator.kernel.NodeSetup;
import java.util.ArrayList;
import java.util.List;

/**
 * Finds the nodes that a chip computes wrongly, in an undefined way or not at all. Meant for programs of other exporters; our
 * own lowering avoids or refuses these. Shapes are those that the program states.
 */
public final class ChipHazards {
    private ChipHazards() {}

    /** The hazards of a program on a target, in the order of its nodes. */
    public static List<ChipHazard> of(ChipProgram program, Target target) {
        List<ChipHazard> hazards = new ArrayList<>();
        for (ChipNode node : program.nodes()) {
            if (ChipKernels.types().contains(node.opType())) {
                hazards.addAll(ofNode(new NodeSetup(node, program, target)));
            } else {
                hazards.add(new ChipHazard(Kind.NOT_LOADABLE, node.name(), node.opType(),
                        "ESP-DL's loader knows no such operator: the file does not load on a chip", Simulated.REFUSED));
            }
        }
        return List.copyOf(hazards);
    }

    /** Operands of a damaged file need not fit together, and show that here as in {@link Simulator}. */
    private static List<ChipHazard> ofNode(NodeSetup node) {
        try {
            return HazardRules.of(node);
        } catch (BitgrainException | ArithmeticException | IndexOutOfBoundsException | NullPointerException | IllegalArgumentException
                | java.util.NoSuchElementException e) {
            return List.of(new ChipHazard(Kind.MALFORMED, node.node().name(), node.node().opType(),
                    "its operands and attributes do not fit together (" + e.getMessage() + "); export the model again", Simulated.REFUSED));
        }
    }
}
