package io.github.bitgrain.cli.metric;

/** Gathers one measure over the samples of a data set, in their order. */
interface Metric {
    /** Takes a sample into account. */
    void add(Prediction sample);

    /** The measure over all samples so far; NaN before the first. */
    double value();
}
