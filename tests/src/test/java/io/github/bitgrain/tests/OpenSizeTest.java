package io.github.bitgrain.tests;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.bitgrain.cli.Main;
import io.github.bitgrain.exporter.onnx.proto.ModelProto;
import io.github.bitgrain.exporter.onnx.proto.TensorShapeProto;
import io.github.bitgrain.testing.SharedData;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** {@code --input-shape}: networks whose files leave batch, height and width open. */
class OpenSizeTest {
    private static final String[] SHAPE = {"--input-shape", "1,3,64,64"};

    @TempDir
    Path folder;

    private Path open;

    @BeforeEach
    void openTheSize() throws IOException {
        ModelProto.Builder file = ModelProto.parseFrom(Files.readAllBytes(SharedData.path("golden/esp-ppq/models/mbv2.onnx"))).toBuilder();
        TensorShapeProto.Builder shape = file.getGraphBuilder().getInputBuilder(0).getTypeBuilder().getTensorTypeBuilder().getShapeBuilder();
        shape.setDim(0, TensorShapeProto.Dimension.newBuilder().setDimParam("batch"));
        shape.setDim(2, TensorShapeProto.Dimension.newBuilder().setDimParam("height"));
        shape.setDim(3, TensorShapeProto.Dimension.newBuilder().setDimValue(-1));
        open = Files.write(folder.resolve("open.onnx"), file.build().toByteArray());
    }

    private record Run(int exit, String out, String err) {}

    private static Run run(List<String> args, String... more) {
        List<String> all = new ArrayList<>(args);
        all.addAll(List.of(more));
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        int exit = Main.run(all.toArray(String[]::new), new PrintWriter(out, true), new PrintWriter(err, true));
        return new Run(exit, out.toString(), err.toString());
    }

    private static List<String> on(String command, Path model, String data) {
        return List.of(command, model.toString(), data, SharedData.path("golden/esp-ppq/data/mbv2/calib_x.npy").toString(), "--mean", "0.5", "--std", "1/4");
    }

    private Path quantize(Path model, String... more) {
        Path chip = folder.resolve("mbv2.espdl");
        Run run = run(on("quantize", model, "--calib"), more);
        assertEquals(0, run.exit(), run.err());
        return chip;
    }

    @Test
    void theChipModelIsThatOfAnExportOfThisSize() throws IOException {
        String[] output = {"-o", folder.resolve("mbv2.espdl").toString()};
        byte[] fixed = Files.readAllBytes(quantize(SharedData.path("golden/esp-ppq/models/mbv2.onnx"), output));
        byte[] given = Files.readAllBytes(quantize(open, SHAPE[0], SHAPE[1], output[0], output[1]));
        assertArrayEquals(fixed, given);
        given = Files.readAllBytes(quantize(open, SHAPE[0], "x=" + SHAPE[1], output[0], output[1]));
        assertArrayEquals(fixed, given, "an input may be named");
    }

    @Test
    void otherCommandsTakeItToo() {
        assertTrue(run(List.of("inspect", open.toString()), SHAPE).out().contains("input x: float32[1, 3, 64, 64]"));
        Path chip = quantize(open, SHAPE[0], SHAPE[1], "-o", folder.resolve("mbv2.espdl").toString());
        Run evaluated = run(on("evaluate", chip, "--data"), "--reference", open.toString(), "--metric", "agreement", SHAPE[0], SHAPE[1]);
        assertEquals(0, evaluated.exit(), evaluated.err());
        Run analysed = run(on("analyze", open, "--calib"), "--samples", "2", "--calib-steps", "1", SHAPE[0], SHAPE[1]);
        assertEquals(0, analysed.exit(), analysed.err());
        Run useless = run(on("evaluate", chip, "--data"), SHAPE);
        assertEquals("bitgrain: --input-shape: is for .onnx files; a chip model has its size" + System.lineSeparator(), useless.err());
        assertEquals(2, useless.exit());
    }

    @Test
    void withoutItTheWayOutIsNamed() {
        Run refused = run(on("quantize", open, "--calib"));
        assertEquals("bitgrain: open.onnx: input \"x\" axes 2, 3 are dynamic; a chip model has one size: give it with --input-shape 1,3,H,W, or export with a "
                + "fixed input shape" + System.lineSeparator(), refused.err());
        assertEquals(65, refused.exit());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "1,3,64|65|open.onnx: input \"x\" is [?,3,?,?] in the file, which 1,3,64 does not fit; only open axes (?) can be given",
        "1,1,64,64|65|open.onnx: input \"x\" is [?,3,?,?] in the file, which 1,1,64,64 does not fit; only open axes (?) can be given",
        "1,3,0,64|2|--input-shape: \"1,3,0,64\" is no shape, such as 1,3,320,320",
        "1,3,9999999,9999999|2|--input-shape: \"1,3,9999999,9999999\" is no shape, such as 1,3,320,320",
        "x=|2|--input-shape: \"\" is no shape, such as 1,3,320,320",
        "y=1,3,64,64|65|open.onnx: has no input \"y\" to give a shape to; its inputs: x",
    })
    void whatIsNoShapeOfTheNetworkIsRefused(String text, int exit, String message) {
        Run refused = run(List.of("inspect", open.toString(), "--input-shape", text));
        assertEquals("bitgrain: " + message + System.lineSeparator(), refused.err());
        assertEquals(exit, refused.exit());
    }

    @Test
    void anInputHasOneShape() {
        Run refused = run(List.of("inspect", open.toString()), SHAPE[0], SHAPE[1], SHAPE[0], SHAPE[1]);
        assertEquals("bitgrain: --input-shape: 1,3,64,64: give one shape, or one for each input as NAME=N,C,H,W" + System.lineSeparator(), refused.err());
        assertEquals(2, refused.exit());
    }
}
