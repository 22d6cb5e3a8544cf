package io.github.bitgrain.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.bitgrain.testing.SharedData;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class QuantizeTest {
    private static final ObjectMapper JSON = new ObjectMapper();

    @TempDir
    Path folder;

    private static String shared(String path) {
        return SharedData.path("golden/esp-ppq/" + path).toString();
    }

    private CommandRun lenet(String file, String... more) {
        List<String> args = new ArrayList<>(List.of("quantize", shared("models/lenet.onnx"), "--calib", shared("data/lenet/calib_x.npy"),
                "--mean", "0.5", "--std", "0.25", "--calib-batch", "16", "--calib-steps", "16", "-o", folder.resolve(file).toString()));
        args.addAll(List.of(more));
        return CommandRun.of(args.toArray(String[]::new));
    }

    @Test
    void aNetworkBecomesAVerifiedChipModelWithItsAccuracySeen() throws IOException {
        CommandRun run = lenet("a.espdl", "--target", "esp32s3", "--eval", shared("data/lenet/val_x.npy"), "--labels",
                shared("data/lenet/val_y.npy"), "--json");
        assertEquals(0, run.exit(), run.err());
        JsonNode json = JSON.readTree(run.out());
        assertTrue(json.get("bitExact").asBoolean());
        assertEquals(0.975, json.get("accuracy").get("float").asDouble(), 1e-9);
        assertTrue(json.get("accuracy").get("ptq").asDouble() >= 0.970, run.out());
        assertEquals(json.get("accuracy").get("tuned").asDouble(), json.get("accuracy").get("chip").asDouble(), 0.0031);
        for (String phase : List.of("load", "calibrate", "tqt", "lower", "simulate", "export", "total")) {
            assertTrue(json.get("seconds").get(phase).asDouble() >= 0);
        }
        assertTrue(json.get("peakMemoryMiB").asLong() > 10);
        String file = json.get("output").asText();
        CommandRun verify = CommandRun.of("verify", file, "--json");
        assertEquals(0, verify.exit(), verify.err());
        JsonNode inspection = JSON.readTree(CommandRun.of("inspect", file, "--json").out());
        assertEquals("esp32s3", inspection.get("target").asText());
        assertEquals(1, inspection.get("testVectors").asInt());
        JsonNode settings = JSON.readTree(inspection.get("metadata").get("bitgrain.settings").asText());
        assertEquals(16, settings.get("calib_batch").asInt());
        assertEquals("mse", settings.get("quantize_activation_setting").get("calib_algorithm").asText());
    }

    @Test
    void theSameCommandWritesTheSameBytesWithAnyNumberOfThreads() throws IOException {
        assertEquals(0, lenet("a.espdl", "--threads", "1").exit());
        assertEquals(0, lenet("b.espdl", "--threads", "3").exit());
        assertArrayEquals(Files.readAllBytes(folder.resolve("a.espdl")), Files.readAllBytes(folder.resolve("b.espdl")));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "esp32p4_8_kl | {}",
        "esp32p4_8_kl_custom2 | {quant_config_modify: true, quant_config_modify_setting: "
                + "{custom_config: {/fc2/Gemm: 0.03125, /Relu_1: 0.25, /conv1/Conv: 0.125}}}",
        "esp32p4_8_kl_eq1 | {equalization: true, equalization_setting: {opt_level: 1, iterations: 4, value_threshold: 0.4}}"
    })
    void parityFindsTheScalesOfTheReference(String reference, String settings) throws IOException {
        Path scales = folder.resolve("scales.json");
        CommandRun run = lenet("a.espdl", "--target", "esp32p4", "--profile", "parity", "--dump-scales", scales.toString(),
                "--settings", Files.writeString(folder.resolve("s.yaml"), settings).toString());
        assertEquals(0, run.exit(), run.err());
        JsonNode ours = JSON.readTree(scales.toFile());
        JsonNode golden = JSON.readTree(Path.of(shared("e2e/lenet/" + reference + ".scales.json")).toFile());
        assertEquals(slots(golden), slots(ours));
    }

    /** Operators and values that only ESP-PPQ's layout pass makes have no counterpart; hashes mean nothing beyond their file. */
    @ParameterizedTest
    @CsvSource({"esp32p4, esp32p4_8_kl", "esp32s3, esp32s3_8_kl"})
    void theQuantizationIsToldAsEspPpqTellsIt(String target, String reference) throws IOException {
        Path file = folder.resolve("config.json");
        CommandRun run = lenet("a.espdl", "--target", target, "--profile", "parity", "--quant-config", file.toString());
        assertEquals(0, run.exit(), run.err());
        JsonNode ours = JSON.readTree(file.toFile());
        JsonNode golden = JSON.readTree(Path.of(shared("e2e/lenet/" + reference + ".quant.json")).toFile());
        int compared = 0;
        for (var operator : golden.get("configs").properties()) {
            if (operator.getKey().startsWith("PPQ_")) {
                continue;
            }
            assertEquals(golden.get("dispatchings").get(operator.getKey()), ours.get("dispatchings").get(operator.getKey()));
            for (var value : operator.getValue().properties()) {
                if (!value.getKey().startsWith("PPQ_")) {
                    JsonNode expected = value.getValue();
                    JsonNode actual = ours.get("configs").get(operator.getKey()).get(value.getKey());
                    for (String field : List.of("bit_width", "policy", "state", "quant_min", "quant_max")) {
                        assertEquals(expected.get(field), actual.get(field), operator.getKey() + " " + value.getKey());
                    }
                    assertEquals(golden.get("values").get(expected.get("dominator").asText()), ours.get("values").get(actual.get("dominator").asText()));
                    compared++;
                }
            }
        }
        assertEquals(21, compared);
    }

    private static Map<String, JsonNode> slots(JsonNode entries) {
        Map<String, JsonNode> slots = new LinkedHashMap<>();
        entries.forEach(entry -> slots.put(entry.get("op").asText() + ":" + entry.get("io").asText(), entry));
        return slots;
    }

    @Test
    void settingsFilesAndSetReachTheNetwork() throws IOException {
        Path settings = Files.writeString(folder.resolve("s.yaml"), "dispatching_table:\n  /conv2/Conv: 16\n");
        Path scales = folder.resolve("scales.json");
        CommandRun run = lenet("a.espdl", "--settings", settings.toString(), "--set", "dispatching_table./fc1/Gemm=16",
                "--dump-scales", scales.toString());
        assertEquals(0, run.exit(), run.err());
        Map<String, JsonNode> slots = slots(JSON.readTree(scales.toFile()));
        assertEquals(8, slots.get("/conv1/Conv:in1").get("bits").asInt());
        assertEquals(16, slots.get("/conv2/Conv:in1").get("bits").asInt());
        assertEquals(16, slots.get("/fc1/Gemm:in1").get("bits").asInt());
    }

    /** What a model says it was made with makes it again. */
    @Test
    void theSettingsInAModelAreASettingsFile() throws IOException {
        assertEquals(0, lenet("a.espdl", "--target", "c", "--set", "equalization=true", "--calibration", "percentile").exit());
        String text = JSON.readTree(CommandRun.of("inspect", folder.resolve("a.espdl").toString(), "--json").out()).get("metadata").get("bitgrain.settings").asText();
        Path settings = Files.writeString(folder.resolve("s.json"), text);
        assertEquals(0, lenet("b.espdl", "--target", "c", "--settings", settings.toString()).exit());
        assertArrayEquals(Files.readAllBytes(folder.resolve("a.espdl")), Files.readAllBytes(folder.resolve("b.espdl")));
        assertEquals(2, JSON.readTree(CommandRun.of("analyze", shared("models/lenet.onnx"), "--calib", shared("data/lenet/calib_x.npy"), "--mean", "0.5", "--std", "0.25",
                "--calib-batch", "16", "--calib-steps", "16", "--samples", "2", "--target", "c", "--settings", settings.toString(), "--json").out())
                .get("samples").asInt());
        lenet("b.espdl", "--settings", settings.toString()).fails(2, settings + ":1:11: target is c here and esp32p4 on the command line; give --target c, or take the line out");
        Files.writeString(settings, "{\"fit_input\":true}");
        lenet("b.espdl", "--settings", settings.toString()).fails(2,
                settings + ":1:14: fit_input is true here and false on the command line; give --fit-input, or take the line out");
    }

    @Test
    void theReportShowsAccuracyErrorsAndSettingsAndIsReproducible() throws IOException {
        Path first = folder.resolve("1.html");
        Path second = folder.resolve("2.html");
        for (Path page : List.of(first, second)) {
            CommandRun run = lenet("a.espdl", "--report", page.toString(), "--eval", shared("data/lenet/val_x.npy"), "--labels",
                    shared("data/lenet/val_y.npy"));
            assertEquals(0, run.exit(), run.err());
        }
        String html = Files.readString(first);
        assertEquals(html, Files.readString(second));
        for (String part : List.of("lenet.onnx for esp32p4, 8 bit", "97.50 %", "/conv2/Conv", "Settings in force", "&quot;calib_batch&quot; : 16")) {
            assertTrue(html.contains(part), part);
        }
        assertFalse(html.contains(folder.toString()), "paths do not belong into the page");
    }

    @Test
    void withoutTestValuesThereIsNothingToVerify() throws IOException {
        CommandRun run = lenet("a.espdl", "--no-test-values", "--json");
        assertEquals(0, run.exit(), run.err());
        assertTrue(JSON.readTree(run.out()).get("bitExact").isNull());
        assertEquals(1, CommandRun.of("verify", folder.resolve("a.espdl").toString()).exit());
    }

    /** The QDQ network, read back, computes what the plan says: the accuracy of the last stage before the chip, to the last sample. */
    @ParameterizedTest
    @CsvSource({"ort_cpu", "tensorrt"})
    void theQdqNetworkIsThePlan(String profile) throws IOException {
        String qdq = folder.resolve("a.onnx").toString();
        CommandRun run = lenet("a.espdl", "--target", "esp32p4", "--eval", shared("data/lenet/val_x.npy"), "--labels",
                shared("data/lenet/val_y.npy"), "--json", "--qdq", qdq, "--qdq-profile", profile);
        assertEquals(0, run.exit(), run.err());
        CommandRun evaluation = CommandRun.of("evaluate", qdq, "--data", shared("data/lenet/val_x.npy"), "--labels",
                shared("data/lenet/val_y.npy"), "--mean", "0.5", "--std", "0.25", "--metric", "top1", "--json");
        assertEquals(0, evaluation.exit(), evaluation.err());
        assertEquals(JSON.readTree(run.out()).get("accuracy").get("tuned").asDouble(),
                JSON.readTree(evaluation.out()).get("metrics").get("top1").asDouble());
        JsonNode inspection = JSON.readTree(CommandRun.of("inspect", qdq, "--json").out());
        assertEquals("esp32p4", JSON.readTree(inspection.get("metadata").get("bitgrain.settings").asText()).get("target").asText());
    }

    @Test
    void wrongUseIsAnsweredBeforeTheWorkBegins() throws IOException {
        lenet("a.espdl", "--bits", "7").fails(2, "--bits: 7 is neither 8 nor 16");
        lenet("a.espdl", "--qdq-profile", "tensorrt").fails(2, "--qdq-profile belongs to --qdq FILE.onnx, which is missing");
        lenet("a.espdl", "--labels", "x.npy").fails(2, "--labels belongs to --eval DATA, which is missing");
        lenet("a.espdl", "--tqtt").fails(2, "unknown option --tqtt; did you mean '--tqt'?; see bitgrain quantize --help");
        lenet("a.espdl", "--set", "tqt_optimisation=true").fails(
                2, "--set tqt_optimisation: unknown setting 'tqt_optimisation'; did you mean 'tqt_optimization'?");
        Path missing = folder.resolve("no/x.espdl");
        lenet("no/x.espdl").fails(73, missing + ": cannot be written: there is no folder " + missing.getParent());
        CommandRun unknownNode = lenet("a.espdl", "--set", "dispatching_table.conv9=16");
        assertEquals(2, unknownNode.exit());
        assertTrue(unknownNode.err().contains("conv9"), unknownNode.err());
        try (Stream<Path> files = Files.list(folder)) {
            assertEquals(0, files.count());
        }
        assertFalse(Files.exists(Path.of("lenet.espdl")));
    }
}
