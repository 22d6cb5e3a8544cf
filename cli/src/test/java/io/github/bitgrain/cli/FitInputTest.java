package io.github.bitgrain.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.bitgrain.cli.data.ElementType;
import io.github.bitgrain.cli.data.NpyWriter;
import io.github.bitgrain.exporter.espdl.EspdlReader;
import io.github.bitgrain.exporter.espdl.EspdlWriter;
import io.github.bitgrain.simulator.ChipProgram;
import io.github.bitgrain.testing.Npy;
import io.github.bitgrain.testing.SharedData;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code quantize --fit-input} and what other commands make of its models. */
class FitInputTest {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int PIXELS = 28 * 28;

    @TempDir
    Path folder;

    private static String shared(String path) {
        return SharedData.path("golden/esp-ppq/" + path).toString();
    }

    private String file(String name) {
        return folder.resolve(name).toString();
    }

    private CommandRun lenet(String output, String... more) {
        List<String> args = new ArrayList<>(List.of("quantize", shared("models/lenet.onnx"), "--calib", shared("data/lenet/calib_x.npy"), "--mean", "0.5",
                "--std", "0.25", "--eval", shared("data/lenet/val_x.npy"), "--metric", "snr", "--json", "-o", file(output)));
        args.addAll(List.of(more));
        return CommandRun.of(args.toArray(String[]::new));
    }

    private double snr(String model, String preprocess) throws IOException {
        List<String> args = new ArrayList<>(List.of("evaluate", file(model), "--data", shared("data/lenet/val_x.npy"), "--reference",
                shared("models/lenet.onnx"), "--metric", "snr", "--json"));
        args.addAll(List.of(preprocess.split(" ")));
        return CommandRun.of(args.toArray(String[]::new)).json().get("metrics").get("snr").asDouble();
    }

    @Test
    void theModelTakesBytesLess128AndAllCommandsKnow() throws IOException {
        JsonNode fitted = lenet("fitted.espdl", "--fit-input", "--set", "equalization=false", "--qdq", file("fitted.onnx"), "--header", file("fitted.hpp"),
                "--report", file("fitted.html")).json();
        CommandRun unfitted = lenet("plain.espdl", "--set", "equalization=false");
        JsonNode plain = unfitted.json();
        assertFalse(unfitted.err().contains("hint"), "255 of 256 values are used");
        double chip = fitted.get("accuracy").get("chip").asDouble();
        assertTrue(chip < 0.95 * plain.get("accuracy").get("chip").asDouble(), fitted + "\n" + plain);
        assertTrue(fitted.get("bitExact").asBoolean());
        assertTrue(plain.get("inputs").isNull());
        assertEquals("{\"scale\":[1.0],\"mean\":[128.0],\"std\":[1.0],\"exponent\":0}", fitted.get("inputs").get("x").toString());

        JsonNode inspection = CommandRun.of("inspect", file("fitted.espdl"), "--json").json();
        assertEquals("[1,28,28,1]", inspection.get("inputs").get(0).get("shape").toString(), "the Pad in front must not bring ONNX's order of axes");
        String settings = inspection.get("metadata").get("bitgrain.settings").asText();
        assertTrue(JSON.readTree(settings).get("fit_input").asBoolean(), settings);

        String preprocess = "--mean 0.5 --std 0.25";
        assertEquals(chip, snr("fitted.espdl", preprocess), 1e-6 * chip);
        assertEquals(fitted.get("accuracy").get("tuned").asDouble(), snr("fitted.onnx", preprocess), 1e-3 * chip);
        assertEquals(0, CommandRun.of("inspect", file("fitted.espdl"), "--to-float", file("float.onnx")).exit());
        JsonNode lifted = CommandRun.of("evaluate", file("float.onnx"), "--data", pictures(false).toString(), "--reference", file("float.onnx"),
                "--metric", "snr", "--json").json();
        assertEquals(0, lifted.get("metrics").get("snr").asDouble());

        String header = Files.readString(folder.resolve("fitted.hpp"));
        for (String part : List.of("preprocess_scale[] = {1.0f};", "preprocess_mean[] = {128.0f};", "preprocess_std[] = {1.0f};", "exponent = 0;", "\"NHWC\"")) {
            assertTrue(header.contains(part), header);
        }
        assertTrue(Files.readString(folder.resolve("fitted.html")).contains("v - 128 for a value v of the data"));
    }

    /** Ten validation pictures: bytes less 128 in the chip's type, or what the network takes. */
    private Path pictures(boolean integers) throws IOException {
        int[] bytes = Npy.read(SharedData.path("golden/esp-ppq/data/lenet/val_x.npy")).ints();
        Path file = folder.resolve(integers ? "i.npy" : "f.npy");
        if (integers) {
            int[] less = new int[10 * PIXELS];
            for (int i = 0; i < less.length; i++) {
                less[i] = bytes[i] - 128;
            }
            try (OutputStream out = Files.newOutputStream(file)) {
                new NpyWriter(out, ElementType.INT8, List.of(10, 28, 28, 1)).write(less);
            }
        } else {
            float[] taken = new float[10 * PIXELS];
            for (int i = 0; i < taken.length; i++) {
                taken[i] = (bytes[i] / 255f - 0.5f) / 0.25f;
            }
            try (OutputStream out = Files.newOutputStream(file)) {
                new NpyWriter(out, ElementType.FLOAT32, List.of(10, 28, 28, 1)).write(taken);
            }
        }
        return file;
    }

    @Test
    void floatsGivenToTheSimulatorAreWhatTheNetworkTakesAndIntegersWhatTheChipTakes() throws IOException {
        lenet("fitted.espdl", "--fit-input").json();
        lenet("plain.espdl").json();
        JsonNode fromFloats = CommandRun.of("simulate", file("fitted.espdl"), "--input", pictures(false).toString(), "--json").json();
        JsonNode fromIntegers = CommandRun.of("simulate", file("fitted.espdl"), "--input", pictures(true).toString(), "--json").json();
        assertEquals(fromIntegers, fromFloats);
        CommandRun unlike = CommandRun.of("diff-run", file("fitted.espdl"), file("plain.espdl"), "--input", pictures(true).toString());
        unlike.fails(65, folder.resolve("i.npy") + ": integers mean something else to the two models, whose inputs are fitted differently; give floats");
        assertEquals(0, CommandRun.of("diff-run", file("fitted.espdl"), file("fitted.espdl"), "--input", pictures(false).toString()).exit());
    }

    @Test
    void mapsThatCannotBeReadAreRefused() throws IOException {
        lenet("fitted.espdl", "--fit-input").json();
        ChipProgram program = EspdlReader.read(folder.resolve("fitted.espdl"));
        Path damaged = folder.resolve("damaged.espdl");
        for (String text : List.of("{\"x\":{\"gain\":[0],\"offset\":[1]}}", "{\"x\":{\"gain\":[\"two\"],\"offset\":[1]}}", "{\"x\":{}}", "{")) {
            Files.write(damaged, EspdlWriter.write(program.edit().metadata("bitgrain.input_maps", text).build()));
            String message = damaged + ": the metadata \"bitgrain.input_maps\" of the model cannot be read: " + text;
            CommandRun.of("evaluate", damaged.toString(), "--data", shared("data/lenet/val_x.npy")).fails(65, message);
            CommandRun.of("simulate", damaged.toString(), "--input", pictures(false).toString()).fails(65, message);
            CommandRun.of("diff-run", file("fitted.espdl"), damaged.toString(), "--input", pictures(false).toString()).fails(65, message);
            CommandRun.of("inspect", damaged.toString(), "--to-float", file("f.onnx")).fails(65, message);
        }
    }

    @Test
    void aWayToLoseLessIsPointedOut() throws IOException {
        String[] yolo = {"quantize", shared("models/yolo.onnx"), "--calib", shared("data/yolo/calib_x.npy"), "--calib-steps", "1", "-o", file("y.espdl"), ""};
        String hint = "hint: input \"x\" leaves part of its 8 bits unused; --fit-input uses all of them, and the firmware then feeds v - 128 for a value v of the data";
        yolo[8] = "--json";
        CommandRun plain = CommandRun.of(yolo);
        assertTrue(plain.err().contains(hint), plain.err());
        yolo[8] = "--fit-input";
        assertFalse(CommandRun.of(yolo).err().contains("hint: input"));
        yolo[8] = "--bits=16";
        assertFalse(CommandRun.of(yolo).err().contains("hint: input"));
    }

    @Test
    void theAnalysisIsOfTheFittedNetwork() throws IOException {
        // Weights that are rounded anew make up for a part of the input's error.
        String[] analyze = {"analyze", shared("models/yolo.onnx"), "--calib", shared("data/yolo/calib_x.npy"), "--json", "--set",
            "bias_correct_setting.weight_compensation=false", ""};
        analyze[7] = "--calib-steps=2";
        CommandRun plain = CommandRun.of(analyze);
        assertTrue(plain.err().contains("hint: "), plain.err());
        analyze[7] = "--fit-input";
        CommandRun fitted = CommandRun.of(analyze);
        assertTrue(fitted.json().get("whole").asDouble() < plain.json().get("whole").asDouble());
        JsonNode before = plain.json().get("tensors").get(0);
        JsonNode after = fitted.json().get("tensors").get(0);
        assertEquals("x", before.get("name").asText());
        assertEquals("x", after.get("name").asText());
        assertTrue(after.get("noise").asDouble() < 1e-6 * before.get("noise").asDouble(), after::toString);
    }

    @Test
    void whatCannotBeFittedIsNamed() throws IOException {
        lenet("a.espdl", "--fit-input", "--profile", "parity").fails(2, "--fit-input: ESP-PPQ has nothing like it; leave out --profile parity");
        lenet("a.espdl", "--fit-input", "--bits", "16").fails(2, "--fit-input: is for inputs of 8 bits; 16 bits hold an input well as it is");
        lenet("a.espdl", "--fit-input", "--streaming", "4").fails(2,
                "--fit-input: cannot be joined with --streaming, whose caches begin with zeros, which a fitted input moves elsewhere");
        CommandRun.of("quantize", shared("models/lenet.onnx"), "--calib", shared("data/lenet/calib_x.npy"), "--scale", "1", "--mean", "127", "--std", "64",
                "--fit-input", "-o", file("a.espdl")).fails(65, "--fit-input: input \"x\" stays as it is: 8 bits hold it well as it is");
        String transformer = SharedData.path("models/stories260k_transformer").toString();
        CommandRun.of("quantize", transformer + "/model.onnx", "--calib", transformer + "/calib.npy", "--fit-input", "-o", file("a.espdl")).fails(65,
                "--fit-input: input \"tokens\" stays as it is: Gather \"embed\" reads it, and has no weights and bias that could take up an offset");
        try (Stream<Path> files = Files.list(folder)) {
            assertEquals(0, files.count());
        }
    }
}
