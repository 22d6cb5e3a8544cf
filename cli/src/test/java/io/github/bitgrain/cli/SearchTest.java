package io.github.bitgrain.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.bitgrain.testing.SharedData;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Targets instead of settings: {@code auto}, {@code --max-drop}, {@code --mixed-precision}. */
class SearchTest {
    private static final ObjectMapper JSON = new ObjectMapper();

    @TempDir
    Path folder;

    private static String shared(String path) {
        return SharedData.path("golden/esp-ppq/" + path).toString();
    }

    private CommandRun lenet(String command, String... more) {
        return CommandRun.of(lenetArguments(command, more).toArray(String[]::new));
    }

    private List<String> lenetArguments(String command, String... more) {
        List<String> args = new ArrayList<>(List.of(command, shared("models/lenet.onnx"), "--calib", shared("data/lenet/calib_x.npy"),
                "--mean", "0.5", "--std", "0.25", "--target", "esp32s3", "--set", "tqt_optimization_setting.steps=5",
                "--set", "tqt_optimization_setting.output_steps=5", "-o", folder.resolve("a.espdl").toString()));
        args.addAll(List.of(more));
        return args;
    }

    private String[] validation(String... more) {
        List<String> args = new ArrayList<>(List.of("--eval", shared("data/lenet/val_x.npy"), "--labels", shared("data/lenet/val_y.npy"), "--json"));
        args.addAll(List.of(more));
        return args.toArray(String[]::new);
    }

    private double noise() throws IOException {
        CommandRun run = CommandRun.of("evaluate", folder.resolve("a.espdl").toString(), "--data", shared("data/lenet/val_x.npy"), "--mean", "0.5",
                "--std", "0.25", "--reference", shared("models/lenet.onnx"), "--metric", "snr", "--json");
        assertEquals(0, run.exit(), run.err());
        return JSON.readTree(run.out()).get("metrics").get("snr").asDouble();
    }

    @Test
    void layersAtSixteenBitsStayWithinTheBudgetAndTakeErrorAway() throws IOException {
        assertEquals(0, lenet("quantize").exit());
        double narrow = noise();
        Path scales = folder.resolve("scales.json");
        CommandRun run = lenet("quantize", "--mixed-precision", "auto", "--latency-budget", "1.6x", "--dump-scales", scales.toString(), "--json");
        assertEquals(0, run.exit(), run.err());
        JsonNode mixture = JSON.readTree(run.out()).get("mixedPrecision");
        assertTrue(mixture.get("latency").asDouble() > 1 && mixture.get("latency").asDouble() <= 1.6, run.out());
        assertTrue(mixture.get("wideMacs").asDouble() > 0, run.out());
        Set<String> wide = new HashSet<>();
        mixture.get("nodes").forEach(node -> wide.add(node.asText()));
        Set<String> written = new HashSet<>();
        JSON.readTree(scales.toFile()).forEach(slot -> {
            if (slot.get("bits").asInt() == 16) {
                written.add(slot.get("op").asText());
            }
        });
        assertTrue(written.containsAll(wide), written + " lacks some of " + wide);
        assertTrue(noise() < narrow, noise() + " is not below " + narrow);
        assertEquals(0, CommandRun.of("verify", folder.resolve("a.espdl").toString()).exit());
    }

    @Test
    void aSearchEndsWithTheFirstSettingsThatMeetTheDrop() throws IOException {
        CommandRun run = lenet("quantize", validation("--max-drop", "2"));
        assertEquals(0, run.exit(), run.err());
        JsonNode search = JSON.readTree(run.out()).get("search");
        assertTrue(search.get("met").asBoolean());
        assertEquals("calibrated", search.get("chosen").asText());
        assertEquals(1, search.get("trials").size());
        JsonNode accuracy = JSON.readTree(run.out()).get("accuracy");
        assertEquals(100 * (accuracy.get("float").asDouble() - accuracy.get("chip").asDouble()), search.get("trials").get(0).get("drop").asDouble(), 1e-9);
    }

    @Test
    void aDropThatCannotBeMetNamesTheLayersAndWritesTheBestModel() throws IOException {
        CommandRun run = lenet("quantize", validation("--metric", "agreement", "--max-drop", "0", "--latency-budget", "1x"));
        assertEquals(1, run.exit(), run.err());
        JsonNode search = JSON.readTree(run.out()).get("search");
        assertFalse(search.get("met").asBoolean());
        assertEquals(List.of("calibrated", "equalized", "trained"), names(search));
        double least = Double.POSITIVE_INFINITY;
        String best = "";
        for (JsonNode trial : search.get("trials")) {
            if (trial.get("drop").asDouble() < least) {
                least = trial.get("drop").asDouble();
                best = trial.get("name").asText();
            }
        }
        assertEquals(best, search.get("chosen").asText());
        assertTrue(search.get("preventing").size() > 0, run.out());
        assertTrue(run.err().contains("no settings drop by at most 0.0") && run.err().contains(search.get("preventing").get(0).asText()), run.err());
        assertEquals(0, CommandRun.of("verify", folder.resolve("a.espdl").toString()).exit());
    }

    private static List<String> names(JsonNode search) {
        List<String> names = new ArrayList<>();
        search.get("trials").forEach(trial -> names.add(trial.get("name").asText()));
        return names;
    }

    @Test
    void autoTriesEverythingWithinTheBudgetAndKeepsTheBest() throws IOException {
        CommandRun run = lenet("auto", validation("--metric", "agreement", "--budget", "1.1x"));
        assertEquals(0, run.exit(), run.err());
        JsonNode search = JSON.readTree(run.out()).get("search");
        assertEquals(List.of("calibrated", "equalized", "trained", "16 bits within 1.1x", "16 bits within 1.1x, trained"), names(search));
        for (JsonNode trial : search.get("trials")) {
            assertTrue(trial.get("latency").asDouble() <= 1.1, run.out());
        }
        byte[] once = Files.readAllBytes(folder.resolve("a.espdl"));
        CommandRun again = lenet("auto", validation("--metric", "agreement", "--budget", "1.1x", "--threads", "1"));
        assertEquals(0, again.exit(), again.err());
        assertArrayEquals(once, Files.readAllBytes(folder.resolve("a.espdl")));
    }

    @Test
    void autoWithoutEvaluationDataMeasuresOnTheCalibrationSamplesAndSaysSo() throws IOException {
        CommandRun run = lenet("auto", "--max-drop", "5", "--json");
        assertEquals(0, run.exit(), run.err());
        assertTrue(run.err().contains("measured on the calibration samples"), run.err());
        assertTrue(JSON.readTree(run.out()).get("search").get("met").asBoolean());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "--mixed-precision on | 'on' is not 'auto'",
        "--latency-budget 1.2x | --latency-budget belongs to --mixed-precision auto or --max-drop D",
        "--mixed-precision auto --latency-budget 0.5x | 0.5x is less than 1x",
        "--mixed-precision auto --latency-budget fast | 'fast' is not a multiple such as 1.2x",
        "--mixed-precision auto --bits 16 | --bits 16 leaves no layer to choose",
        "--max-drop 0.5 | --max-drop needs samples to measure on: give --eval DATA",
        "--trials t.json | --trials belongs to a search: --max-drop D, or the command auto",
        "--max-drop -1 --eval x.npy | --max-drop: -1.0 is negative",
        "--max-drop 1 --mixed-precision auto --eval x.npy | the search tries 16-bit layers by itself",
    })
    void combinationsWithoutAMeaningAreRefused(String options, String message) {
        CommandRun run = lenet("quantize", options.split(" "));
        assertEquals(2, run.exit(), run.err());
        assertEquals(1, run.err().lines().count(), run.err());
        assertTrue(run.err().contains(message), run.err());
        assertFalse(Files.exists(folder.resolve("a.espdl")));
    }

    /** A process that is killed after its second trial; whoever goes on makes neither again, and the same file in the end. */
    @Test
    void aSearchThatWasKilledGoesOnAndEndsAsIfItHadNotBeen() throws IOException, InterruptedException {
        String[] search = validation("--metric", "agreement", "--budget", "1.1x");
        CommandRun whole = lenet("auto", search);
        assertEquals(0, whole.exit(), whole.err());
        byte[] model = Files.readAllBytes(folder.resolve("a.espdl"));
        Files.delete(folder.resolve("a.espdl"));

        Path trials = folder.resolve("trials.json");
        String[] resumable = validation("--metric", "agreement", "--budget", "1.1x", "--trials", trials.toString());
        Process killed = process("auto", resumable);
        while (killed.isAlive() && (!Files.exists(trials) || JSON.readTree(trials.toFile()).get("trials").size() < 2)) {
            Thread.sleep(5);
        }
        killed.destroyForcibly().waitFor();
        int made = JSON.readTree(trials.toFile()).get("trials").size();
        assertTrue(made >= 2 && made < 5, made + " trials before the end; " + Files.readString(folder.resolve("errors.txt")));
        assertFalse(Files.exists(folder.resolve("a.espdl")));

        CommandRun rest = lenet("auto", resumable);
        assertEquals(0, rest.exit(), rest.err());
        assertEquals(JSON.readTree(whole.out()).get("search"), JSON.readTree(rest.out()).get("search"));
        assertArrayEquals(model, Files.readAllBytes(folder.resolve("a.espdl")));
        CommandRun again = lenet("auto", resumable);
        assertEquals(JSON.readTree(whole.out()).get("search"), JSON.readTree(again.out()).get("search"));
        assertArrayEquals(model, Files.readAllBytes(folder.resolve("a.espdl")));
        assertEquals(made, rest.err().lines().filter(line -> line.endsWith("(tried before)")).count(), rest.err());
        assertEquals(5, again.err().lines().filter(line -> line.endsWith("(tried before)")).count(), again.err());

        lenet("auto", validation("--metric", "top1", "--trials", trials.toString())).fails(65,
                trials + ": holds trials of another search: --metric differs; delete it or give --trials another name");
        Files.writeString(trials, "{\"job\":");
        lenet("auto", resumable).fails(65, trials + ": is no file of trials, or damaged; delete it or give --trials another name");
    }

    private Process process(String command, String... more) throws IOException {
        List<String> args = new ArrayList<>(List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "--add-modules",
                "jdk.incubator.vector", "-cp", System.getProperty("jdk.module.path") + File.pathSeparator + System.getProperty("java.class.path"),
                "io.github.bitgrain.cli.Main"));
        args.addAll(lenetArguments(command, more));
        return new ProcessBuilder(args).redirectError(folder.resolve("errors.txt").toFile()).redirectOutput(folder.resolve("out.txt").toFile()).start();
    }

    @Test
    void oneBudgetIsEnough() {
        lenet("auto", "--budget", "1.1x", "--latency-budget", "1.5x").fails(2, "--budget and --latency-budget are the same: give one of them");
    }

    @Test
    void metricsWithoutADropAreRefused() {
        CommandRun run = lenet("quantize", validation("--max-drop", "1", "--metric", "snr"));
        assertEquals(2, run.exit(), run.err());
        assertTrue(run.err().contains("--metric snr has no drop; search with one of top1, top5, agreement, auc, map50, map50_95, nats, perplexity"),
                run.err());
    }
}
