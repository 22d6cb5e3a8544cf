package io.github.bitgrain.quantizer.tqt;

import io.github.bitgrain.core.BitgrainException;
import io.github.bitgrain.core.graph.Graph;
import java.util.List;

/**
 * Passes that change weights and biases after calibration, beside threshold training.
 *
 * @param biasCorrection comes before threshold training; null: not wanted
 * @param adaRound comes after threshold training; null: not wanted
 */
public record TuningPasses(BiasCorrectionSetting biasCorrection, AdaRoundSetting adaRound) {
    /** No pass. */
    public static final TuningPasses NONE = new TuningPasses(null, null);

    /**
     * Refuses layers that the network does not have.
     *
     * @throws BitgrainException (usage) naming the setting
     */
    public void check(Graph graph) {
        if (biasCorrection != null) {
            check(graph, BiasCorrectionSetting.GROUP, biasCorrection.interestedLayers());
        }
        if (adaRound != null) {
            check(graph, AdaRoundSetting.GROUP, adaRound.interestedLayers());
        }
    }

    /** These without mixtures of samples: row numbers cannot be mixed. */
    public TuningPasses withoutMixtures() {
        return adaRound == null ? this : new TuningPasses(biasCorrection, adaRound.withoutMixtures());
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
        return biasCorrection != null || adaRound != null;
    }
}
