package io.github.bitgrain.cli.pipeline;

import java.util.List;

/**
 * What a search of settings found; also part of the JSON of {@code quantize}.
 *
 * @param maxDrop what was asked for; null: the best
 * @param met whether the written model meets it
 * @param trials what was tried, in order
 * @param chosen name of the trial whose model is written
 * @param preventing where the drop is not met: layers that are still at 8 bits, the largest error first
 */
public record SearchResult(Double maxDrop, boolean met, List<Trial> trials, String chosen, List<String> preventing) {
    /**
     * A trial.
     *
     * @param latency estimated latency ÷ that of the network at 8 bits
     * @param chip metric on the simulated chip
     * @param drop how much worse that is than float, in points for shares
     */
    public record Trial(String name, double latency, double chip, double drop) {}
}
