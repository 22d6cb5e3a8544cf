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
            requireNodes(graph, BiasCorrectionSetting.GROUP + ".interested_layers", biasCorrection.interestedLayers());
        }
        if (adaRound != null) {
            requireNodes(graph, AdaRoundSetting.GROUP + ".interested_layers", adaRound.interestedLayers());
        }
    }

    /** These without mixtures of samples: row numbers cannot be mixed. */
    public TuningPasses withoutMixtures() {
        return adaRound == null ? this : new TuningPasses(biasCorrection, adaRound.withoutMixtures());
    }

    /**
     * Refuses layers that the network does not have.
     *
     * @param setting the setting that lists them
     * @throws BitgrainException (usage) naming the setting
     */
    public static void requireNodes(Graph graph, String setting, List<String> layers) {
        for (String name : layers) {
            if (graph.nodes().stream().noneMatch(node -> node.name().equals(name))) {
                throw BitgrainException.usage(setting + ": there is no node \"" + name + "\" in " + graph.name());
            }
        }
    }

    /** Whether there is any pass. */
    public boolean any() {
        return biasCorrection != null || adaRound != null;
    }
}
