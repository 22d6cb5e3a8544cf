package io.github.bitgrain.quantizer.tqt;

import io.github.bitgrain.core.BitgrainException;
import io.github.bitgrain.core.graph.Graph;
import java.util.List;

/**
 * Passes that change weights and biases after calibration, beside threshold training.
 *
 * @param biasCorrection comes before threshold training; null: not wanted
 */
public record TuningPasses(BiasCorrectionSetting biasCorrection) {
    /** No pass. */
    public static final TuningPasses NONE = new TuningPasses(null);

    /**
     * Refuses layers that the network does not have.
     *
     * @throws BitgrainException (usage) naming the setting
     */
    public void check(Graph graph) {
        if (biasCorrection != null) {
            check(graph, BiasCorrectionSetting.GROUP, biasCorrection.interestedLayers());
        }
    }

    private static void check(Graph graph, String group, List<String> layers) {
        for (String name : layers) {
            if (graph.nodes().stream().noneMatch(node -> node.name().equals(name))) {
                throw BitgrainException.usage(group + ".interested_layers: there is no node \"" + name + "\" in " + graph.name());
            }
        }
    }

    /** Whether there is any pass. */
    public boolean any() {
        return biasCorrection != null;
    }
}
