package io.github.bitgrain.quantizer.qat;

/**
 * What an epoch gave.
 *
 * @param epoch its number, from 0
 * @param trainLoss mean loss of its batches before their updates
 * @param rate last learning rate
 * @param validLoss loss on the validation data; NaN where the epoch was not validated
 * @param score watched metric; NaN where the epoch was not validated
 * @param best whether no earlier epoch was as good
 */
public record EpochResult(int epoch, double trainLoss, double rate, double validLoss, double score, boolean best) {}
