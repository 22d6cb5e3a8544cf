package io.github.bitgrain.simulator.lowering;

import io.github.bitgrain.core.BitgrainException;
import io.github.bitgrain.core.graph.Model;
import io.github.bitgrain.core.quant.Target;
import io.github.bitgrain.simulator.ChipNode;
import io.github.bitgrain.simulator.ChipProgram;

/**
 * The way back: a chip program as a float network with ONNX's axes. Weights and biases become real numbers, conversions
 * between exponents vanish, tables become the functions that they hold, and the chip's layouts and the nodes that make them
 * are undone where they have no other purpose. What it computes is what the chip's integers stand for, without rounding.
 *
 * <p>Feature maps have channels first, at the ends of the graph too; values that the program stores in another order keep it.
 */
public final class Lifting {
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
            graph.input(input, ChipAxes.readsMap(program, input) ? Permutation.channelsLast(rank) : Permutation.identity(rank));
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
}
