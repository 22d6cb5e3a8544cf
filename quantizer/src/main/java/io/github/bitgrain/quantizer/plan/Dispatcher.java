package io.github.bitgrain.quantizer.plan;

import io.github.bitgrain.core.graph.Graph;
import io.github.bitgrain.core.graph.Node;
import io.github.bitgrain.core.op.InsertZeros;
import io.github.bitgrain.core.op.Lstm;
import io.github.bitgrain.core.quant.QuantPlan;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/**
 * Which operators run on integers (esp-ppq: scheduler). ESP-PPQ's dispatchers also find the operators that compute shapes; reading has
 * folded those here.
 */
public enum Dispatcher {
    /** All that can. */
    ALLIN,
    /** Those with most of the arithmetic, and all that can and lie behind one of them with nothing but such between; the rest stays in float. */
    CONSERVATIVE;

    /**
     * The widths to begin a plan with.
     *
     * @param given bits by node name; they win
     */
    public Map<String, Integer> bits(Graph graph, Map<String, Integer> given) {
        if (this == ALLIN) {
            return given;
        }
        Map<String, Integer> bits = new LinkedHashMap<>();
        Set<String> reached = new HashSet<>();
        for (Node node : graph.nodes()) {
            boolean behind = false;
            for (int i = 0; i < node.inputs().size(); i++) {
                behind |= node.isTensorInput(i) && !OperatorTraits.isIndex(node.op(), i) && reached.contains(node.input(i));
            }
            if (OperatorTraits.isQuantizable(node.op()) && (behind || computes(node))) {
                reached.addAll(node.outputs());
            } else {
                bits.put(node.name(), QuantPlan.FLOAT);
            }
        }
        bits.putAll(given);
        return bits;
    }

    /** ESP-PPQ's list of computing operators: LSTM is one, GRU is none; the zeros of a ConvTranspose are part of it. */
    private static boolean computes(Node node) {
        return OperatorTraits.isComputing(node.op()) || node.op() instanceof Lstm || node.op() instanceof InsertZeros;
    }
}
