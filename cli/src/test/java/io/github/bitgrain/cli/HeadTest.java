package io.github.bitgrain.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.bitgrain.exporter.espdl.EspdlReader;
import io.github.bitgrain.exporter.espdl.EspdlWriter;
import io.github.bitgrain.exporter.onnx.OnnxReader;
import io.github.bitgrain.simulator.ChipProgram;
import io.github.bitgrain.testing.SharedData;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code quantize --head} and what {@code evaluate} makes of its models. */
class HeadTest {
    private static final String CONVOLUTIONS = "[\"/h8/b2/Conv_output_0\",\"/h8/c2/Conv_output_0\",\"/h16/b2/Conv_output_0\",\"/h16/c2/Conv_output_0\"]";

    @TempDir
    Path folder;

    private static String shared(String path) {
        return SharedData.path("golden/esp-ppq/" + path).toString();
    }

    private String file(String name) {
        return folder.resolve(name).toString();
    }

    private CommandRun quantize(Path model, String output, String... more) {
        return CommandRun.of(List.of("quantize", model.toString(), "--calib", shared("data/yolo/calib_x.npy"), "--mean", "0.5", "--std", "1/4", "-o", file(output)), more);
    }

    private JsonNode evaluate(String model, String... more) throws IOException {
        return CommandRun.of(List.of("evaluate", file(model), "--data", shared("data/yolo/val_x.npy"), "--mean", "0.5", "--std", "1/4", "--json"), more).json().get("metrics");
    }

    private double precision(String model) throws IOException {
        return evaluate(model, "--labels", shared("data/yolo/val_l.npy"), "--decoder", "xywh", "--metric", "map50").get("map50").asDouble();
    }

    @Test
    void anExportOfUltralyticsKeepsItsPrecisionWithoutBeingTouched() throws IOException {
        Path export = UltralyticsExport.write(folder.resolve("yolo.onnx"));
        double real = precision("yolo.onnx");
        assertEquals(0.553, real, 1e-3, "the decoding is the right one");

        CommandRun quantized = quantize(export, "cut.espdl", "--eval", shared("data/yolo/val_x.npy"), "--labels", shared("data/yolo/val_l.npy"),
                "--decoder", "xywh", "--qdq", file("qdq.onnx"), "--json");
        JsonNode outcome = quantized.json();
        assertEquals(file("cut.head.onnx"), outcome.get("head").get("file").asText());
        assertEquals(CONVOLUTIONS, outcome.get("head").get("outputs").toString());
        assertEquals("\"/Sigmoid_output_0\" keeps 1 of 8 bits beside larger values in \"output0\"", outcome.get("head").get("reason").asText());
        double chip = outcome.get("accuracy").get("chip").asDouble();
        assertTrue(chip > real - 0.02, outcome.toString());
        assertEquals(chip, precision("cut.espdl"), 1e-9, "evaluate computes the head as quantize did");
        assertEquals(outcome.get("accuracy").get("tuned").asDouble(), precision("qdq.onnx"), 2e-3, "QDQ networks have their heads");
        assertEquals(3, OnnxReader.read(folder.resolve("cut.head.onnx")).parameters().names().size());

        quantize(export, "kept.espdl", "--head", "keep");
        double kept = precision("kept.espdl");
        assertTrue(kept < 0.5 * real, "kept " + kept);
        assertFalse(Files.exists(folder.resolve("kept.head.onnx")));
    }

    @Test
    void anEndToEndExportIsCutBeforeItChoosesTheBestBoxes() throws IOException {
        Path export = UltralyticsExport.writeEndToEnd(folder.resolve("yolo.onnx"));
        String[] boxes = {"--labels", shared("data/yolo/val_l.npy"), "--decoder", "xyxy", "--metric", "map50"};
        double real = evaluate("yolo.onnx", boxes).get("map50").asDouble();
        assertEquals(0.377, real, 1e-3, "boxes that overlap count against a detector that was trained with suppression");
        CommandRun cut = quantize(export, "cut.espdl");
        assertTrue(cut.out().contains("which gets 4 outputs: the chip has no "), cut.out());
        assertTrue(evaluate("cut.espdl", boxes).get("map50").asDouble() > real - 0.02);
        String refused = "node \"/decode/cells\" (TopK): ESP-DL has no kernel for this operator; the application computes it: end the network before it (--head cut)";
        quantize(export, "kept.espdl", "--head", "keep").fails(65, refused);
        CommandRun.of("analyze", export.toString(), "--calib", shared("data/yolo/calib_x.npy"), "--mean", "0.5", "--std", "1/4", "--head", "keep").fails(65, refused);
    }

    @Test
    void peopleAreToldWhatTheApplicationHasToDoAndWhatWouldGain() throws IOException {
        Path export = UltralyticsExport.write(folder.resolve("yolo.onnx"));
        CommandRun cut = quantize(export, "cut.espdl", "--output-names", "box0,score0,box1,score1", "--calib-steps", "1");
        assertTrue(cut.out().contains("head       " + file("cut.head.onnx") + " is left to the application, which gets 4 outputs: \"/Sigmoid_output_0\" keeps 1 of 8 bits "
                + "beside larger values in \"output0\""), cut.out());
        assertEquals(List.of("box0", "score0", "box1", "score1"), EspdlReader.read(folder.resolve("cut.espdl")).outputs());
        assertTrue(precision("cut.espdl") > 0.5);

        Path distances = SharedData.path("golden/esp-ppq/models/yolo.onnx");
        CommandRun kept = quantize(distances, "kept.espdl", "--calib-steps", "1");
        assertTrue(kept.err().contains("hint: \"/Sigmoid_output_0\" keeps 6 of 8 bits beside larger values in \"y\"; --head cut gives each a scale of its own and leaves "
                + "it to the application to join them"), kept.err());
        assertTrue(quantize(distances, "kept.espdl", "--calib-steps", "1", "--json").json().get("head").isNull());

        CommandRun analysis = CommandRun.of(List.of("analyze", export.toString(), "--calib", shared("data/yolo/calib_x.npy"), "--calib-steps", "1", "--samples", "2"));
        assertTrue(analysis.err().contains("errors are those of the 4 outputs in front of the head, which is left to the application"), analysis.err());
    }

    @Test
    void aModelWithoutItsHeadGivesWhatTheChipGivesAndAnotherHeadIsRefused() throws IOException {
        Path export = UltralyticsExport.write(folder.resolve("yolo.onnx"));
        quantize(export, "cut.espdl", "--calib-steps", "1");
        quantize(export, "named.espdl", "--calib-steps", "1", "--output-names", "box0,score0,box1,score1");
        List<String> evaluate = List.of("evaluate", file("cut.espdl"), "--data", shared("data/yolo/val_x.npy"), "--reference", file("yolo.onnx"), "--metric", "snr");
        Files.copy(folder.resolve("named.head.onnx"), folder.resolve("cut.head.onnx"), StandardCopyOption.REPLACE_EXISTING);
        CommandRun.of(evaluate).fails(65, file("cut.espdl") + ": cut.head.onnx: reads \"box0\" [1, 4, 12, 12], which is no output of the model; it belongs to another model");
        Files.delete(folder.resolve("cut.head.onnx"));
        CommandRun alone = CommandRun.of(evaluate);
        assertTrue(alone.err().startsWith(file("cut.head.onnx") + " is not there, which computes the outputs [output0]: outputs are those of the chip, ["), alone.err());
        assertEquals(2, alone.exit());

        ChipProgram program = EspdlReader.read(folder.resolve("cut.espdl"));
        for (String text : List.of("{", "{\"file\":\"../cut.head.onnx\",\"outputs\":[\"output0\"],\"axes\":{}}", "{\"file\":\"a.onnx\"}")) {
            Files.write(folder.resolve("damaged.espdl"), EspdlWriter.write(program.edit().metadata("bitgrain.head", text).build()));
            CommandRun.of("evaluate", file("damaged.espdl"), "--data", shared("data/yolo/val_x.npy")).fails(65,
                    file("damaged.espdl") + ": the metadata \"bitgrain.head\" of the model cannot be read: " + text);
        }
    }

    @Test
    void whatCannotBeDoneIsSaid() throws IOException {
        Path lenet = SharedData.path("golden/esp-ppq/models/lenet.onnx");
        List<String> plain = List.of("quantize", lenet.toString(), "--calib", shared("data/lenet/calib_x.npy"), "-o", file("a.espdl"));
        CommandRun nothing = CommandRun.of(plain, "--head", "cut");
        assertTrue(nothing.err().contains("warning: --head cut: the network ends with its last layer: nothing is left that the application could do"), nothing.err());
        Files.delete(folder.resolve("a.espdl"));
        CommandRun.of(plain, "--head", "cut", "--streaming", "4").fails(2,
                "--head cut: cannot be joined with --streaming, whose runs give a few frames of what the head reads");
        CommandRun.of(plain, "--output-names", "a,b").fails(2, "--output-names: the model has 1 output, not 2: y");
        CommandRun.of(plain, "--output-names", "x").fails(2, "--output-names: \"x\" is the name of another value of the network");
        CommandRun.of(plain, "--output-names", " ").fails(2, "--output-names: \" \" is no name");
        CommandRun.of(plain, "--head", "off").fails(2, "Invalid value for option '--head': expected one of [AUTO, CUT, KEEP] (case-insensitive) but was 'off'; see bitgrain quantize --help");
        try (Stream<Path> files = Files.list(folder)) {
            assertEquals(0, files.count());
        }
    }
}
