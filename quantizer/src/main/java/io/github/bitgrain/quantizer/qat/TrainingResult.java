package io.github.bitgrain.quantizer.qat;

import java.util.List;

/**
 * What a run gave.
 *
 * @param history results of all epochs
 * @param bestEpoch number of the best validated epoch, from 0
 * @param bestScore its watched metric
 */
public record TrainingResult(List<EpochResult> history, int bestEpoch, double bestScore) {
    /** Takes a copy. */
    public TrainingResult {
        history = List.copyOf(history);
    }
}
