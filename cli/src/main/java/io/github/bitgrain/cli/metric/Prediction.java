package io.github.bitgrain.cli.metric;

/**
 * One sample as seen by a metric. The arrays belong to the caller and change after the call.
 *
 * @param index number of the sample, from 0
 * @param input the network's first input, flat
 * @param output the network's outputs, one after another, flat
 * @param reference the same outputs of the reference network, or null
 */
public record Prediction(int index, float[] input, float[] output, float[] reference) {}
