package io.github.bitgrain.cli.pipeline;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.bitgrain.cli.console.Json;
import io.github.bitgrain.core.BitgrainException;
import io.github.bitgrain.exporter.WholeFile;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The trials of a search, written whole after each of them, so that a search that was broken off goes on where it was. Trials are the
 * same whenever they are made, so only their figures are kept; the best network is made again.
 */
public final class TrialFile {
    private final Path file;
    private final Map<String, String> job;
    private final Map<String, SearchResult.Trial> trials = new LinkedHashMap<>();

    private TrialFile(Path file, Map<String, String> job) {
        this.file = file;
        this.job = job;
    }

    /** Keeps nothing beyond this run. */
    public static TrialFile none() {
        return new TrialFile(null, Map.of());
    }

    /**
     * A file that may hold trials already.
     *
     * @param job what trials depend on: name → value
     * @throws BitgrainException (bad input) if it is damaged or holds trials of another job; (cannot write) if it cannot be written
     */
    public static TrialFile open(Path file, Map<String, String> job) {
        WholeFile.check(file);
        TrialFile trials = new TrialFile(file, new LinkedHashMap<>(job));
        if (Files.exists(file)) {
            trials.read();
        }
        return trials;
    }

    private void read() {
        JsonNode root;
        try {
            root = new ObjectMapper().readTree(Files.readAllBytes(file));
        } catch (JacksonException e) {
            throw damaged();
        } catch (IOException e) {
            throw BitgrainException.badInput(file + ": cannot be read");
        }
        if (!root.path("job").isObject() || !root.path("trials").isArray()) {
            throw damaged();
        }
        Map<String, String> there = new LinkedHashMap<>();
        root.get("job").properties().forEach(entry -> there.put(entry.getKey(), entry.getValue().asText()));
        Map<String, String> all = new LinkedHashMap<>(there);
        all.putAll(job);
        for (String name : all.keySet()) {
            if (!job.getOrDefault(name, "").equals(there.getOrDefault(name, ""))) {
                throw BitgrainException.badInput(file + ": holds trials of another search: " + name + " differs; delete it or give --trials another name");
            }
        }
        for (JsonNode trial : root.get("trials")) {
            boolean whole = trial.path("name").isTextual() && trial.path("latency").isNumber() && trial.path("chip").isNumber() && trial.path("drop").isNumber();
            if (!whole) {
                throw damaged();
            }
            trials.put(trial.get("name").asText(), new SearchResult.Trial(trial.get("name").asText(), trial.get("latency").asDouble(),
                    trial.get("chip").asDouble(), trial.get("drop").asDouble()));
        }
    }

    private BitgrainException damaged() {
        return BitgrainException.badInput(file + ": is no file of trials, or damaged; delete it or give --trials another name");
    }

    /** A trial made before, or null. */
    SearchResult.Trial find(String name) {
        return trials.get(name);
    }

    /** Keeps a trial. One without a number is left out: it would come out the same, and JSON cannot hold it. */
    void add(SearchResult.Trial trial) {
        if (file != null && Double.isFinite(trial.chip()) && Double.isFinite(trial.drop())) {
            trials.put(trial.name(), trial);
            byte[] text = Json.text(Map.of("job", job, "trials", trials.values())).getBytes(StandardCharsets.UTF_8);
            WholeFile.write(file, text);
        }
    }
}
