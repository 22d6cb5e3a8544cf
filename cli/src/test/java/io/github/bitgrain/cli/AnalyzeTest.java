package io.github.bitgrain.cli;

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
import java.util.Locale;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AnalyzeTest {
    private static String shared(String path) {
        return SharedData.path("golden/esp-ppq/" + path).toString();
    }

    private static CommandRun lenet(String... more) {
        return CommandRun.of(lenetArguments(more));
    }

    private static List<String> lenetArguments(String... more) {
        List<String> args = new ArrayList<>(List.of("analyze", shared("models/lenet.onnx"), "--calib", shared("data/lenet/calib_x.npy"),
                "--calib-batch", "16", "--calib-steps", "16", "--target", "esp32s3"));
        args.addAll(List.of(more));
        return args;
    }

    @Test
    void layersAloneCauseTheErrorsOfEspPpqAndAreRanked() throws IOException {
        CommandRun run = lenet("--mean", "0.5", "--std", "0.25", "--profile", "parity", "--samples", "144", "--json");
        assertEquals(0, run.exit(), run.err());
        JsonNode layers = new ObjectMapper().readTree(run.out()).get("layers");
        JsonNode expected = new ObjectMapper().readTree(Files.readAllBytes(
                SharedData.path("golden/esp-ppq/e2e/lenet/esp32s3_8_kl.result.json"))).get("layerwise_snr");
        assertEquals(expected.size(), layers.size());
        double before = Double.MAX_VALUE;
        for (JsonNode layer : layers) {
            double alone = layer.get("alone").asDouble();
            double reference = expected.get(layer.get("node").asText()).asDouble();
            assertEquals(reference, alone, 1e-3 * reference);
            assertTrue(alone <= before);
            before = alone;
            // A layer whose operand and result are rounded elsewhere has no activation of its own.
            double activations = layer.get("activationsOnly").asDouble();
            assertTrue(layer.get("weightsOnly").asDouble() > 0 && activations >= 0, run.out());
            if (layer.get("node").asText().equals("/fc2/Gemm")) {
                assertTrue(activations > 0 && activations < alone && layer.get("weightsOnly").asDouble() < alone, run.out());
            }
            assertTrue(layer.get("inFloat").asDouble() > 0);
            assertTrue(layer.get("weightBytes").asLong() > 0 && layer.get("activationBytes").asLong() > 0);
        }
    }

    /** What 16 bits of a layer would give is what they give when it is asked for: kl does not depend on the width here, since minmax is asked for. */
    @Test
    void sixteenBitsOfALayerAreForetold() throws IOException {
        String[] common = {"--mean", "0.5", "--std", "0.25", "--samples", "40", "--calibration", "minmax", "--profile", "parity", "--json"};
        JsonNode plain = new ObjectMapper().readTree(lenet(common).out());
        for (JsonNode layer : plain.get("layers")) {
            List<String> wide = new ArrayList<>(List.of(common));
            wide.addAll(List.of("--set", "dispatching_table." + layer.get("node").asText() + "=16"));
            double made = new ObjectMapper().readTree(lenet(wide.toArray(String[]::new)).out()).get("whole").asDouble();
            double whole = plain.get("whole").asDouble();
            double foretold = layer.get("in16Bits").asDouble();
            assertEquals(made, foretold, 0.15 * whole, layer.get("node").asText() + " of " + whole);
            assertTrue(foretold < 1.2 * whole && layer.get("inFloat").asDouble() <= foretold + 0.15 * whole);
        }
    }

    /** Without --tqt quantize evens out ranges and corrects biases; "tuned" is that network in float with its rounding. */
    @ParameterizedTest
    @ValueSource(strings = {"esp32s3", "esp32p4"})
    void theTotalIsTheNoiseOfWhatQuantizeMakes(String target, @TempDir Path folder) throws IOException {
        List<String> common = List.of(shared("models/lenet.onnx"), "--calib", shared("data/lenet/calib_x.npy"), "--mean", "0.5", "--std", "0.25", "--target", target, "--json");
        JsonNode made = CommandRun.of(command("quantize", common), "--eval", shared("data/lenet/calib_x.npy"), "--metric", "snr",
                "-o", folder.resolve("lenet.espdl").toString()).json().get("accuracy");
        JsonNode analysis = CommandRun.of(command("analyze", common), "--samples", "256").json();
        assertEquals(256, analysis.get("samples").asInt());
        double whole = analysis.get("whole").asDouble();
        assertEquals(made.get("tuned").asDouble(), whole, 1e-4 * whole);
        assertTrue(made.get("ptq").asDouble() > 2 * whole, made::toString);
    }

    /** Biases are corrected in all: the layer that has most of the error at 8 bits leaves little of it at 16, and quantize finds the same. */
    @Test
    void sixteenBitsOfALayerAreForetoldWithBiasesCorrected() throws IOException {
        String[] common = {"--mean", "0.5", "--std", "0.25", "--samples", "40", "--set", "equalization=false", "--set", "bias_correct=true", "--json"};
        JsonNode plain = CommandRun.of(lenetArguments(common)).json();
        JsonNode worst = plain.get("layers").get(0);
        assertEquals("/fc2/Gemm", worst.get("node").asText());
        double whole = plain.get("whole").asDouble();
        double made = CommandRun.of(lenetArguments(common), "--set", "dispatching_table./fc2/Gemm=16").json().get("whole").asDouble();
        assertTrue(made < 0.8 * whole, made + " of " + whole);
        assertEquals(made, worst.get("in16Bits").asDouble(), 0.15 * whole);
        // With the correction of the whole network, or with none, it would seem to have several times that error.
        assertTrue(worst.get("alone").asDouble() < whole, worst::toString);
    }

    @Test
    void passesOnWeightsWorkAsInQuantize() throws IOException {
        String[] common = {"--mean", "0.5", "--std", "0.25", "--samples", "40", "--json"};
        double calibrated = whole(with(common, "--set", "equalization=false"));
        assertTrue(whole(with(common, "--set", "equalization=true", "--set", "bias_correct=false")) > calibrated);
        assertTrue(whole(with(common, "--set", "bias_correct=true", "--set", "equalization=false")) < calibrated);
        JsonNode rounded = CommandRun.of(lenetArguments(with(common, "--set", "equalization=false", "--set", "blockwise_reconstruction=true",
                "--set", "blockwise_reconstruction_setting.steps=100"))).json();
        assertTrue(rounded.get("whole").asDouble() <= calibrated, rounded::toString);
        rounded.get("layers").forEach(layer -> assertTrue(layer.get("alone").asDouble() < 2 * calibrated, layer::toString));
    }

    private static List<String> command(String name, List<String> arguments) {
        return Stream.concat(Stream.of(name), arguments.stream()).toList();
    }

    private static double whole(String... options) throws IOException {
        return CommandRun.of(lenetArguments(options)).json().get("whole").asDouble();
    }

    @Test
    void trainedNetworksAreLeftToTheReportOfQuantize() {
        lenet("--set", "tqt_optimization=true").fails(2, "tqt_optimization: analyze looks at networks that are not trained; use quantize --tqt --report FILE.html");
        lenet("--profile", "parity", "--set", "lsq_optimization=true").fails(2,
                "lsq_optimization: analyze looks at networks that are not trained; use quantize --tqt --report FILE.html");
    }

    @Test
    void timeOfLayersAndOtherNodesIsTheTimeOfTheNetwork() throws IOException {
        String[] yolo = {"analyze", shared("models/yolo.onnx"), "--calib", shared("data/yolo/calib_x.npy"), "--mean", "0.5", "--std", "0.25", "--calib-steps", "1",
            "--calib-batch", "4", "--samples", "1", "--json"};
        JsonNode s3 = new ObjectMapper().readTree(CommandRun.of(with(yolo, "--target", "esp32s3")).out());
        double share = 0;
        double milliseconds = 0;
        for (JsonNode layer : s3.get("layers")) {
            share += layer.get("latencyShare").asDouble();
            milliseconds += layer.get("milliseconds").asDouble();
        }
        JsonNode latency = s3.get("latency");
        // Sums, Concats, Splits and pools are not listed.
        assertTrue(latency.get("otherShare").asDouble() > 0.02, latency::toString);
        double others = 0;
        double before = 1;
        for (JsonNode other : latency.get("others")) {
            double own = other.get("latencyShare").asDouble();
            assertTrue(own <= before, other::toString);
            before = own;
            others += own;
        }
        assertEquals(latency.get("otherShare").asDouble(), others, 1e-9);
        assertTrue(latency.get("others").findValuesAsText("type").containsAll(List.of("Concat", "Split", "Add", "MaxPool")));
        assertEquals(1, share + latency.get("otherShare").asDouble(), 1e-9);
        assertEquals(latency.get("milliseconds").asDouble(), milliseconds + latency.get("otherMilliseconds").asDouble(), 1e-6);
        JsonNode c = new ObjectMapper().readTree(CommandRun.of(with(yolo, "--target", "c")).out());
        assertTrue(c.get("latency").get("milliseconds").isNull() && c.get("layers").get(0).get("milliseconds").isNull());
        assertTrue(c.get("latency").get("operations").asDouble() > latency.get("operations").asDouble());
    }

    private static String[] with(String[] args, String... more) {
        List<String> all = new ArrayList<>(List.of(args));
        all.addAll(List.of(more));
        return all.toArray(String[]::new);
    }

    @Test
    void tensorsTellTheirSpreadNoiseAndImbalance() throws IOException {
        JsonNode tensors = new ObjectMapper().readTree(lenet("--mean", "0.5", "--std", "0.25", "--samples", "4", "--json", "--set",
                "bias_correct_setting.weight_compensation=false").out()).get("tensors");
        JsonNode input = tensor(tensors, "x", "input");
        // 1 × 28 × 28 pixels of 4 samples.
        assertEquals(4 * 28 * 28, input.get("values").asLong());
        assertTrue(input.get("imbalance").isNull() && input.get("counts").size() == 64, input::toString);
        double mean = input.get("mean").asDouble();
        assertTrue(mean > input.get("min").asDouble() && mean < input.get("max").asDouble(), input::toString);
        assertTrue(input.get("std").asDouble() > 0.1 && input.get("std").asDouble() < 2, input::toString);
        assertEquals(input.get("clipped").asDouble() / input.get("values").asLong(), input.get("clippedShare").asDouble(), 1e-12);
        JsonNode weights = tensor(tensors, "conv1.weight", "parameter");
        // Nothing is clipped, so that errors are spread evenly over a step: step² / 12.
        double step = Math.scalb(1.0, weights.get("exponents").get(0).asInt());
        double power = Math.pow(weights.get("std").asDouble(), 2) + Math.pow(weights.get("mean").asDouble(), 2);
        assertEquals(step * step / 12 / power, weights.get("noise").asDouble(), 0.1 * weights.get("noise").asDouble());
        // Weights that were rounded anew stand on their grid already.
        JsonNode compensated = new ObjectMapper().readTree(lenet("--mean", "0.5", "--std", "0.25", "--samples", "4", "--json").out()).get("tensors");
        assertEquals(0, tensor(compensated, "conv1.weight", "parameter").get("noise").asDouble());
    }

    /** The rescaled network computes the same with channels of 2^-3 to 2^3 times the size; evened out, as by default, they are what they were. */
    @Test
    void unequalChannelsOfWeightsAreSeenUntilTheyAreEvenedOut() throws IOException {
        double plain = worst("lenet", "--set", "equalization=false");
        double rescaled = worst("lenet_imb", "--set", "equalization=false");
        assertTrue(plain > 1 && plain < 3 && rescaled > 2 * plain, plain + " and " + rescaled);
        // Evened out, both are nearly the same network.
        assertEquals(worst("lenet"), worst("lenet_imb"), 0.5);
    }

    private static double worst(String model, String... options) throws IOException {
        JsonNode tensors = CommandRun.of(List.of("analyze", shared("models/" + model + ".onnx"), "--calib", shared("data/lenet/calib_x.npy"), "--mean", "0.5", "--std", "0.25",
                "--calib-steps", "1", "--samples", "1", "--target", "esp32s3", "--json"), options).json().get("tensors");
        double worst = 0;
        for (JsonNode tensor : tensors) {
            worst = Math.max(worst, tensor.get("imbalance").asDouble(0));
            // Biases have no channels to compare.
            assertTrue(!tensor.get("name").asText().endsWith(".bias") || tensor.get("imbalance").isNull(), tensor::toString);
        }
        return worst;
    }

    private static JsonNode tensor(JsonNode tensors, String name, String role) {
        for (JsonNode tensor : tensors) {
            if (tensor.get("name").asText().equals(name) && tensor.get("role").asText().equals(role)) {
                return tensor;
            }
        }
        throw new AssertionError("no " + role + " " + name + " among " + tensors.findValuesAsText("name"));
    }

    @Test
    void tensorsArePrintedWhenAskedFor() {
        String[] common = {"--mean", "0.5", "--std", "0.25", "--samples", "2"};
        String plain = lenet(common).out();
        String with = lenet(with(common, "--tensors")).out();
        assertTrue(with.startsWith(plain) && with.length() > plain.length(), with);
        assertTrue(plain.contains("  time %") && plain.contains("estimated time on the chip, one core: "), plain);
        assertTrue(with.substring(plain.length()).contains("conv1.weight"), with);
    }

    @Test
    void theReportIsNamedAndReproducibleAndTellsWhatWasFound(@TempDir Path folder) throws IOException {
        Path first = folder.resolve("1.html");
        Path second = folder.resolve("2.html");
        String[] common = {"--scale", "1", "--samples", "4"};
        JsonNode json = CommandRun.of(lenetArguments(with(common, "--report", first.toString(), "--json"))).json();
        assertEquals(first.toString(), json.get("report").asText());
        CommandRun text = lenet(with(common, "--report", second.toString(), "--threads", "1"));
        assertEquals(0, text.exit(), text.err());
        assertTrue(text.out().endsWith(second + System.lineSeparator()) && !text.out().contains("conv1.weight"), text.out());
        String page = Files.readString(first);
        assertEquals(page, Files.readString(second));
        assertTrue(page.contains("<li>input &quot;x&quot; reaches 255, beside which the biases of &quot;/conv1/Conv&quot; vanish"), page);
        assertTrue(page.contains("&quot;bias_correct&quot; : true") && page.contains("&quot;equalization&quot; : true"), page);
        for (JsonNode layer : json.get("layers")) {
            assertTrue(page.contains(String.format(Locale.ROOT, "data-value=\"%.6e\"", layer.get("alone").asDouble())), layer::toString);
        }
        try (Stream<Path> files = Files.list(folder)) {
            assertEquals(2, files.count());
        }
        assertTrue(CommandRun.of(lenetArguments(with(common, "--json"))).json().get("report").isNull());
    }

    @Test
    void aReportThatCannotBeWrittenIsRefusedBeforeTheWork(@TempDir Path folder) {
        Path file = folder.resolve("none").resolve("a.html");
        lenet("--report", file.toString()).fails(73, file + ": cannot be written: there is no folder " + file.getParent());
    }

    @Test
    void wrongScaleIsNamedBeforeCalibration() {
        CommandRun run = lenet("--scale", "1", "--samples", "4");
        assertEquals(0, run.exit(), run.err());
        assertTrue(run.err().contains("warning: input \"x\" reaches 255, beside which the biases of \"/conv1/Conv\" vanish: the network expects smaller values; "
                + "check --scale"), run.err());
        assertTrue(run.out().contains("the most sensitive layer first"), run.out());
    }

    /** Of networks that take bytes nothing is said, of others what to do. */
    @Test
    void quantizeNamesAWrongScaleToo(@TempDir Path folder) {
        String model = SharedData.path("models/resnet8_cifar10/model.onnx").toString();
        String data = SharedData.path("models/resnet8_cifar10/calib.npy").toString();
        String output = folder.resolve("resnet8.espdl").toString();
        CommandRun right = CommandRun.of("quantize", model, "--calib", data, "--scale", "1", "-o", output);
        assertEquals(0, right.exit(), right.err());
        assertFalse(right.err().contains("does not look like") || right.err().contains("swapped"), right.err());
        CommandRun wrong = CommandRun.of("quantize", model, "--calib", data, "-o", output);
        assertEquals(0, wrong.exit(), wrong.err());
        assertTrue(wrong.err().contains("warning: input \"input\" does not look like the data of training: statistics at \"batch_normalization\" are off by 4.78; "
                + "try --scale 1 alone (off by 0.0"), wrong.err());
    }
}
