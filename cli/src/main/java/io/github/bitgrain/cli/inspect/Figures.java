package io.github.bitgrain.cli.inspect;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.ToLongFunction;

/** Counting that float graphs and chip programs share. */
final class Figures {
    private Figures() {}

    /** Type → number, the most frequent first, equal ones by name. */
    static Map<String, Integer> histogram(Collection<String> types) {
        Map<String, Integer> counts = new TreeMap<>();
        types.forEach(type -> counts.merge(type, 1, Integer::sum));
        List<Map.Entry<String, Integer>> entries = new ArrayList<>(counts.entrySet());
        entries.sort(Map.Entry.comparingByValue(Comparator.reverseOrder()));
        Map<String, Integer> sorted = new LinkedHashMap<>();
        entries.forEach(entry -> sorted.put(entry.getKey(), entry.getValue()));
        return sorted;
    }

    /**
     * What a node reads and makes.
     *
     * @param reads values that it reads, without parameters
     */
    record Step(Collection<String> reads, Collection<String> makes) {}

    /**
     * The largest sum of the sizes of all values that are alive while a node runs. A value lives from its maker to its last
     * reader, an output to the end.
     */
    static long peak(List<Step> steps, Collection<String> inputs, Collection<String> outputs, ToLongFunction<String> size) {
        Map<String, Integer> lastUse = new HashMap<>();
        for (int i = 0; i < steps.size(); i++) {
            for (String value : steps.get(i).reads()) {
                lastUse.put(value, i);
            }
        }
        outputs.forEach(value -> lastUse.put(value, steps.size()));
        Map<String, Long> alive = new LinkedHashMap<>();
        inputs.forEach(value -> alive.put(value, size.applyAsLong(value)));
        long peak = 0;
        for (int i = 0; i < steps.size(); i++) {
            int now = i;
            steps.get(i).makes().forEach(value -> alive.put(value, size.applyAsLong(value)));
            peak = Math.max(peak, alive.values().stream().mapToLong(Long::longValue).sum());
            alive.keySet().removeIf(value -> lastUse.getOrDefault(value, -1) <= now);
        }
        return peak;
    }
}
