package io.github.bitgrain.cli.pipeline;

import java.util.List;

/**
 * Settings that a search tries.
 *
 * @param name what people read
 * @param assignments settings in the form of {@code --set}
 * @param budget latency budget of 16-bit layers; 1: none
 */
public record Attempt(String name, List<String> assignments, double budget) {}
