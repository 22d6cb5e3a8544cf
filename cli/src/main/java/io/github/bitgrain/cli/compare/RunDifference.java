package io.github.bitgrain.cli.compare;

import io.github.bitgrain.cli.console.Json;
import io.github.bitgrain.simulator.ChipNode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Collects, over all samples, where two runs of a network differ, node by node in the order of the first. */
public final class RunDifference {
    /**
     * A node output that differs; also an entry of the JSON of {@code diff-run}.
     *
     * @param node the first model's node
     * @param name the value that it computes
     * @param elements number of elements of one sample
     * @param differences number of elements that differ, over all samples
     * @param maxDifference largest distance, null if infinite
     * @param unit of the distance: steps of the scale, or reals
     * @param sample sample of the largest distance
     * @param at its coordinates in the first model's tensor
     * @param first the first model's element there
     * @param second the second's
     * @param note another shape or order of axes
     */
    public record Entry(
            String node, String type, String name, int elements, int differences, Double maxDifference, String unit, int sample,
            List<Integer> at, Double first, Double second, String note) {}

    /**
     * The result.
     *
     * @param identical whether no compared value differs
     * @param compared node outputs that both runs have
     * @param missing node outputs that only the first run has
     * @param samples number of samples
     * @param differing those that differ, in order of execution
     */
    public record Result(boolean identical, int compared, List<String> missing, int samples, List<Entry> differing) {}

    private final Map<String, Entry> differing = new LinkedHashMap<>();
    private final List<ChipNode> nodes;
    private final Map<String, Boolean> seen = new LinkedHashMap<>();

    /**
     * @param nodes the first program's nodes, in the order of execution
     */
    RunDifference(List<ChipNode> nodes) {
        this.nodes = nodes;
    }

    /** A value that both runs have computed for a sample. */
    void add(ChipNode node, String value, int sample, Reading first, Reading second) {
        TensorComparison comparison = TensorComparison.of(first, second);
        seen.put(value, true);
        if (comparison.differences() == 0) {
            return;
        }
        Entry now = new Entry(node.name(), node.opType(), value, first.tensor().count(), comparison.differences(),
                Json.number(comparison.maxDifference()), comparison.unit(), sample, comparison.at(),
                Json.number(comparison.first()), Json.number(comparison.second()), comparison.note());
        differing.merge(value, now, RunDifference::worse);
    }

    private static Entry worse(Entry one, Entry other) {
        boolean second = one.maxDifference() != null && (other.maxDifference() == null || other.maxDifference() > one.maxDifference());
        Entry worst = second ? other : one;
        return new Entry(worst.node, worst.type, worst.name, worst.elements, one.differences + other.differences, worst.maxDifference,
                worst.unit, worst.sample, worst.at, worst.first, worst.second, worst.note);
    }

    /** What was found. */
    Result result(int samples) {
        List<Entry> ordered = new ArrayList<>();
        List<String> missing = new ArrayList<>();
        for (ChipNode node : nodes) {
            for (String output : node.outputs()) {
                if (differing.containsKey(output)) {
                    ordered.add(differing.get(output));
                } else if (!output.isEmpty() && !seen.containsKey(output)) {
                    missing.add(output);
                }
            }
        }
        return new Result(ordered.isEmpty(), seen.size(), missing, samples, ordered);
    }
}
