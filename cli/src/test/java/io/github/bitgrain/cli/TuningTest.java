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
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Passes after calibration beside threshold training, through the command line. */
class TuningTest {
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

    private JsonNode measured(String file, String... more) throws IOException {
        List<String> args = new ArrayList<>(List.of("--target", "esp32s3", "--json", "--eval", shared("data/lenet/val_x.npy"), "--metric", "snr"));
        args.addAll(List.of(more));
        return lenet(file, args.toArray(String[]::new)).json();
    }

    @Test
    void biasCorrectionTakesNoiseAwayAndTellsItsBlocks() throws IOException {
        JsonNode json = measured("a.espdl", "--set", "bias_correct=true", "--set", "bias_correct_setting.block_size=1");
        JsonNode accuracy = json.get("accuracy");
        assertFalse(accuracy.has("tqt"));
        assertTrue(accuracy.get("tuned").asDouble() < 0.9 * accuracy.get("ptq").asDouble(), accuracy.toString());
        assertTrue(accuracy.get("chip").asDouble() < 0.9 * accuracy.get("ptq").asDouble(), accuracy.toString());
        assertTrue(json.get("bitExact").asBoolean());
        assertEquals(4, json.get("blocks").size());
        json.get("blocks").forEach(block -> assertTrue(block.get("lossAfter").asDouble() <= block.get("lossBefore").asDouble(), block.toString()));
    }

    @Test
    void rangesAreEvenedOutAndMeansCorrectedUnlessTheUserSaysOtherwise() throws IOException {
        double usual = measured("e.espdl").get("accuracy").get("chip").asDouble();
        double calibrated = measured("c.espdl", "--set", "equalization=false").get("accuracy").get("chip").asDouble();
        double alone = measured("a.espdl", "--set", "bias_correct=false").get("accuracy").get("chip").asDouble();
        assertTrue(usual < 0.7 * calibrated && calibrated < alone, usual + ", " + calibrated + ", " + alone);
        assertEquals("true, true", preset("e.espdl"));
        assertEquals("false, false", preset("c.espdl"));
        assertEquals(0, lenet("w.espdl", "--bits", "16").exit());
        assertEquals("false, false", preset("w.espdl"), "there is room enough at 16 bits");
        assertEquals(0, lenet("p.espdl", "--profile", "parity").exit());
        assertEquals("false, false", preset("p.espdl"));
    }

    /** Whether ranges were evened out and biases corrected. */
    private String preset(String file) throws IOException {
        JsonNode settings = new ObjectMapper().readTree(CommandRun.of("inspect", folder.resolve(file).toString(), "--json").json().get("metadata").get("bitgrain.settings").asText());
        return settings.get("equalization") + ", " + settings.get("bias_correct");
    }

    @Test
    void variancesOfChannelsAreMendedBesideTheirMeans() throws IOException {
        String rounded = "bias_correct_setting.weight_compensation=false";
        String means = "bias_correct_setting.bn_reestimation=false";
        double corrected = measured("m.espdl", "--set", "equalization=true", "--set", rounded, "--set", means).get("accuracy").get("chip").asDouble();
        JsonNode json = measured("v.espdl", "--set", "equalization=true", "--set", rounded);
        assertTrue(json.get("bitExact").asBoolean());
        assertTrue(json.get("accuracy").get("chip").asDouble() < corrected, json.get("accuracy") + ", means only: " + corrected);
        lenet("p.espdl", "--profile", "parity", "--set", "bias_correct=true", "--set", "bias_correct_setting.bn_reestimation=true").fails(2,
                "bias_correct_setting.bn_reestimation: belongs to --profile improved; ESP-PPQ corrects means only");
    }

    @Test
    void weightsMakeUpForOneAnothersErrorsThroughTheCommandLine() throws IOException {
        String nearest = "bias_correct_setting.weight_compensation=false";
        double rounded = measured("n.espdl", "--set", nearest).get("accuracy").get("chip").asDouble();
        JsonNode json = measured("c.espdl");
        assertTrue(json.get("bitExact").asBoolean());
        assertTrue(json.get("accuracy").get("chip").asDouble() < rounded, json.get("accuracy") + ", rounded to the nearest: " + rounded);
        assertEquals(0, lenet("again.espdl", "--target", "esp32s3", "--threads", "1").exit());
        assertArrayEquals(Files.readAllBytes(folder.resolve("c.espdl")), Files.readAllBytes(folder.resolve("again.espdl")));
        lenet("p.espdl", "--profile", "parity", "--set", "bias_correct=true", "--set", "bias_correct_setting.weight_compensation=true").fails(2,
                "bias_correct_setting.weight_compensation: belongs to --profile improved; ESP-PPQ corrects means only");
    }

    @Test
    void layersAreCalibratedBehindQuantizedOnesThroughTheCommandLine() throws IOException {
        String sequential = "quantize_activation_setting.sequential=true";
        JsonNode json = measured("q.espdl", "--calibration", "percentile", "--set", "equalization=false", "--set", sequential);
        assertTrue(json.get("bitExact").asBoolean());
        assertFalse(json.get("accuracy").has("tuned"));
        assertTrue(CommandRun.of("inspect", folder.resolve("q.espdl").toString(), "--json").json().get("metadata").get("bitgrain.settings").asText()
                .contains("\"sequential\":true"));
        assertEquals(0, lenet("again.espdl", "--target", "esp32s3", "--calibration", "percentile", "--set", "equalization=false", "--set", sequential, "--threads",
                "1").exit());
        assertArrayEquals(Files.readAllBytes(folder.resolve("q.espdl")), Files.readAllBytes(folder.resolve("again.espdl")));
        lenet("p.espdl", "--profile", "parity", "--set", sequential).fails(2, "quantize_activation_setting.sequential: belongs to --profile improved; "
                + "ESP-PPQ observes every layer on activations that are not quantized");
    }

    @Test
    void roundingIsTrainedThroughTheCommandLine() throws IOException {
        JsonNode json = measured("r.espdl", "--set", "blockwise_reconstruction=true", "--set", "blockwise_reconstruction_setting.steps=100");
        JsonNode accuracy = json.get("accuracy");
        assertTrue(accuracy.get("tuned").asDouble() < accuracy.get("ptq").asDouble(), accuracy.toString());
        assertTrue(json.get("bitExact").asBoolean());
        json.get("blocks").forEach(block -> assertTrue(block.get("lossAfter").asDouble() <= block.get("lossBefore").asDouble(), block.toString()));
        assertEquals(0, lenet("s.espdl", "--profile", "parity", "--set", "blockwise_reconstruction=true", "--set",
                "blockwise_reconstruction_setting.steps=20", "--set", "blockwise_reconstruction_setting.is_scale_trainable=true").exit());
    }

    @Test
    void padsLetValuesUseAllTheirLevelsAndTheirTimeIsTold() throws IOException {
        String file = folder.resolve("p.espdl").toString();
        String[] args = {"quantize", shared("models/mbv2.onnx"), "--calib", shared("data/mbv2/calib_x.npy"), "--mean", "0.5", "--std", "0.25", "--calib-steps", "2",
            "--target", "esp32s3", "--tqt", "--set", "tqt_optimization_setting.steps=5", "--set", "tqt_optimization_setting.output_steps=0",
            "--set", "tqt_optimization_setting.trained_samples=0", "-o", file, "--set", "tqt_optimization_setting.shift_padded=true", ""};
        args[args.length - 1] = "--json";
        JsonNode json = CommandRun.of(args).json();
        assertTrue(json.get("bitExact").asBoolean());
        double latency = json.get("latency").asDouble();
        assertTrue(latency > 1.01 && latency < 1.5, "latency " + latency);
        JsonNode operators = CommandRun.of("inspect", file, "--json").json().get("operators");
        assertTrue(operators.get("Pad").asInt() > 5, operators.toString());
        args[args.length - 2] = "tqt_optimization_setting.shift_padded=false";
        assertEquals(1, CommandRun.of(args).json().get("latency").asDouble());
        args[args.length - 2] = "tqt_optimization_setting.shift_padded=true";
        args[args.length - 1] = "--threads=1";
        assertTrue(CommandRun.of(args).out().contains("latency    estimated at 1."));
    }

    /** ESP-PPQ's simplifier writes over the file that it was given. */
    @Test
    void theUsersFilesStayAsTheyAre() throws IOException {
        Path model = Files.copy(Path.of(shared("models/lenet.onnx")), folder.resolve("mine.onnx"));
        byte[] before = Files.readAllBytes(model);
        for (String profile : List.of("parity", "improved")) {
            CommandRun run = CommandRun.of("quantize", model.toString(), "--calib", shared("data/lenet/calib_x.npy"), "--calib-steps", "2",
                    "--profile", profile, "-o", folder.resolve(profile + ".espdl").toString());
            assertEquals(0, run.exit(), run.err());
            assertArrayEquals(before, Files.readAllBytes(model));
        }
    }

    /** The reference's file has the same weights and biases: the two compute the same. */
    @Test
    void biasCorrectionUnderParityWritesTheReferencesNetwork() {
        CommandRun run = lenet("b.espdl", "--target", "esp32s3", "--profile", "parity", "--set", "bias_correct=true", "--no-test-values");
        assertEquals(0, run.exit(), run.err());
        CommandRun diff = CommandRun.of("diff", folder.resolve("b.espdl").toString(), shared("e2e/lenet/esp32s3_8_kl_bc.espdl"));
        assertEquals(List.of("layout", "metadata", "metadata", "test_vectors", "test_vectors"),
                diff.out().lines().filter(line -> !line.isEmpty()).map(line -> line.split(" ")[0]).toList());
    }

    @Test
    void whatTrainingDoesAnywayIsNotDoneTwice() {
        lenet("c.espdl", "--tqt", "--set", "bias_correct=true").fails(2,
                "bias_correct: under --profile improved tqt_optimization corrects biases itself; switch bias_correct off");
        lenet("c.espdl", "--set", "bias_correct=true", "--set", "bias_correct_setting.interested_layers=[conv9]").fails(2,
                "bias_correct_setting.interested_layers: there is no node \"conv9\" in torch_jit");
    }

    @Test
    void layersToTrainMustExist() {
        lenet("l.espdl", "--tqt", "--set", "tqt_optimization_setting.interested_layers=[conv9]").fails(2,
                "interested_layers: there is no node \"conv9\" in torch_jit");
    }

    /** The network begins with a Transpose, which is behind no computing operator and so in float; the LSTM is one. */
    @Test
    void theConservativeDispatcherReachesTheFile() throws IOException {
        Path lstm = SharedData.path("models/mnist_lstm");
        for (String profile : List.of("parity", "improved")) {
            for (String dispatcher : List.of("allin", "conservative")) {
                Path scales = folder.resolve("scales.json");
                Path model = folder.resolve("lstm.espdl");
                CommandRun run = CommandRun.of("quantize", lstm.resolve("model.onnx").toString(), "--calib", lstm.resolve("calib.npy").toString(),
                        "--calib-steps", "1", "--profile", profile, "--set", "dispatcher=" + dispatcher, "--dump-scales", scales.toString(), "-o",
                        model.toString());
                assertEquals(0, run.exit(), run.err());
                List<String> quantized = new ObjectMapper().readTree(scales.toFile()).findValuesAsText("op");
                assertEquals(dispatcher.equals("allin"), quantized.contains("to_seq"), quantized::toString);
                assertTrue(quantized.containsAll(List.of("lstm", "Squeeze_2", "fc")), quantized::toString);
                assertEquals(0, CommandRun.of("verify", model.toString()).exit());
            }
        }
    }

    @Test
    void ssdEqualizationIsRefusedWhereItHasNoPlace() {
        String[] lenet = {"quantize", shared("models/lenet.onnx"), "--calib", shared("data/lenet/calib_x.npy"), "--set", "ssd_equalization=true", "-o",
            folder.resolve("ssd.espdl").toString()};
        CommandRun.of(with(lenet, "--profile", "parity")).fails(2, "ssd_equalization: belongs to --profile improved; ESP-PPQ's runs of it are not reproduced "
                + "number by number");
        CommandRun.of(with(lenet, "--tqt")).fails(2, "ssd_equalization: tqt_optimization evens out channel ranges itself and would undo it; switch "
                + "one of them off, or set tqt_optimization_setting.equalize=false");
        assertEquals(0, CommandRun.of(lenet).exit());
    }

    private static String[] with(String[] args, String... more) {
        List<String> all = new ArrayList<>(List.of(args));
        all.addAll(List.of(more));
        return all.toArray(String[]::new);
    }
}
