package io.github.bitgrain.cli.pipeline;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/** Wall-clock seconds of the phases of the main job. */
public final class Stopwatch {
    private static final List<String> PHASES = List.of("load", "calibrate", "tqt", "lower", "simulate", "export");

    private final long start = System.nanoTime();
    private final Map<String, Double> seconds = new LinkedHashMap<>();

    /** All phases at zero. */
    public Stopwatch() {
        PHASES.forEach(phase -> seconds.put(phase, 0.0));
    }

    /** Runs something and adds its time to a phase. */
    public <T> T time(String phase, Supplier<T> work) {
        long begin = System.nanoTime();
        T result = work.get();
        add(phase, (System.nanoTime() - begin) / 1e9);
        return result;
    }

    /** Adds seconds to a phase. */
    public void add(String phase, double more) {
        seconds.merge(phase, more, Double::sum);
    }

    /** The phases, and the total since this was made. */
    public Map<String, Double> seconds() {
        Map<String, Double> all = new LinkedHashMap<>(seconds);
        all.put("total", (System.nanoTime() - start) / 1e9);
        return all;
    }
}
