package io.github.bitgrain.simulator.lowering;

import io.github.bitgrain.core.BitgrainException;
import io.github.bitgrain.core.graph.Model;
import io.github.bitgrain.core.quant.Target;
import io.github.bitgrain.simulator.ChipNode;
import io.github.bitgrain.simulator.ChipProgram;
import java.util.HashSet;
import java.util.Set;

/**
 * The way back: a chip program as a float network with ONNX's axes. Weights and biases become real numbers, conversions
 * between exponents vanish, tables become the functions that they hold, and the chip's layouts and the nodes that make them
 * are undone where they have no other purpose. What it computes is what the chip's integers stand for, without rounding.
 *
 * <p>Feature maps have channels first, at the ends of the graph too; values that the program stores in another order keep it.
 */
public final class Lifting {
    /** Operators that read feature maps with channels last, whatever their axes were called before. */
    private static final Set<String> WINDOWS =
            Set.of("Conv", "MaxPool", "AveragePool", "GlobalAveragePool", "Resize", "InsertZeros",
            "DepthToSpace", "SpaceToDepth");

    private Lifting() {}

    /**
     * Lifts a program.
     *
     * @param target chip family whose layouts the weights have
     * @throws BitgrainException (bad input) naming the node that has no float counterpart
     */
    public static Model lift(ChipProgram program, Target target) {
        LiftedGraph graph = new LiftedGraph(program, target);
        for (String input : program.inputs()) {
            int rank = program.value(input).shape().size();
            boolean isMap = (rank == 3 || rank == 4) && reachesWindow(program, input, new HashSet<>());
            graph.input(input, isMap ? Permutation.channelsLast(rank) : Permutation.identity(rank));
        }
        for (ChipNode node : program.nodes()) {
            lift(node, graph);
        }
        try {
            return graph.finish();
        } catch (IllegalArgumentException | IndexOutOfBoundsException | NullPointerException e) {
            throw BitgrainException.badInput("graph \"" + program.name() + "\": its outputs do not fit its nodes (" + e.getMessage() + ")");
        }
    }

    private static void lift(ChipNode node, LiftedGraph graph) {
        LiftingRules.Rule rule = LiftingRules.of(node.opType());
        if (rule == null) {
            throw graph.refused(node, "has no float counterpart");
        }
        try {
            rule.lift(node, graph);
        } catch (BitgrainException e) {
            throw e;
        } catch (IllegalArgumentException | IllegalStateException | ArithmeticException | IndexOutOfBoundsException
                | NullPointerException e) {
            // As in the simulator: operands and attributes of a damaged file need not fit together.
            throw graph.refused(node, "its operands and attributes do not fit together (" + e.getMessage() + ")");
        }
    }

    /** Whether a value gets to a window operator before any operator that depends on the order of axes. */
    private static boolean reachesWindow(ChipProgram program, String value, Set<String> seen) {
        if (!seen.add(value)) {
            return false;
        }
        for (ChipNode node : program.nodes()) {
            if (node.inputs().contains(value)) {
                if (WINDOWS.contains(node.opType())) {
                    return true;
                }
                if (LiftingRules.keepsAxes(node.opType())
                        && node.outputs().stream().anyMatch(output -> reachesWindow(program, output, seen))) {
                    return true;
                }
            }
        }
        return false;
    }
}
