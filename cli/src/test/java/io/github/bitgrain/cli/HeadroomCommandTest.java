package io.github.bitgrain.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.bitgrain.cli.data.ElementType;
import io.github.bitgrain.cli.data.NpyWriter;
import io.github.bitgrain.core.graph.Graph;
import io.github.bitgrain.core.graph.Model;
import io.github.bitgrain.core.graph.Parameters;
import io.github.bitgrain.core.op.Conv;
import io.github.bitgrain.core.op.Pads;
import io.github.bitgrain.core.op.Size;
import io.github.bitgrain.core.tensor.Shape;
import io.github.bitgrain.core.tensor.Tensor;
import io.github.bitgrain.exporter.onnx.OnnxWriter;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A network whose sums fill the 20-bit lanes of the S3, from the float model to the three reports about it. */
class HeadroomCommandTest {
    private static final int CHANNELS = 64;

    @TempDir
    Path folder;

    /** y = Σ x over 64 channels, 16 times: calibrated on ones every product is 64 · 64 or more. */
    private Path network() {
        Parameters parameters = new Parameters().put("w", Tensor.filled(Shape.of(16, CHANNELS, 1, 1), 0.99f));
        Graph graph = Graph.builder("sum").input("x", Shape.of(1, CHANNELS, 2, 2))
                .node("conv", new Conv(Size.ONE, Pads.NONE, Size.ONE, 1), List.of("x", "w"), "y").output("y").build();
        Path file = folder.resolve("sum.onnx");
        OnnxWriter.write(new Model(graph, parameters), file);
        return file;
    }

    private Path data(float value) throws IOException {
        Path file = folder.resolve("x.npy");
        float[] values = new float[4 * CHANNELS * 4];
        Arrays.fill(values, value);
        try (OutputStream out = Files.newOutputStream(file)) {
            new NpyWriter(out, ElementType.FLOAT32, List.of(4, CHANNELS, 2, 2)).write(values);
        }
        return file;
    }

    private CommandRun quantize(String target, Path data, String... more) {
        List<String> args = new java.util.ArrayList<>(List.of("quantize", network().toString(), "--calib", data.toString(), "--target", target,
                "--calibration", "minmax", "--json", "-o", folder.resolve("sum.espdl").toString()));
        args.addAll(List.of(more));
        return CommandRun.of(args.toArray(String[]::new));
    }

    @Test
    void quantizeNamesTheSaturatedLayerAndTheWayOutWhichHelps() throws IOException {
        Path data = data(0.99f);
        CommandRun run = quantize("esp32s3", data);
        String warning = run.json().get("warnings").get(0).asText();
        assertTrue(warning.startsWith("conv saturates its 20-bit accumulators on esp32s3: 16 of 16 channels, "), warning);
        assertTrue(warning.endsWith(" of the additions on 4 calibration samples; give it 16 bits: --set dispatching_table.conv=16"), warning);
        assertTrue(run.err().lines().anyMatch(line -> line.equals("warning: " + warning)), run.err());
        assertEquals(0, quantize("esp32s3", data, "--set", "dispatching_table.conv=16").json().get("warnings").size());
        assertEquals(0, quantize("esp32p4", data).json().get("warnings").size());
    }

    @Test
    void inspectTellsTheBoundAndSimulateWhatIsSeen() throws IOException {
        Path data = data(0.99f);
        quantize("esp32s3", data).json();
        String model = folder.resolve("sum.espdl").toString();
        JsonNode bound = CommandRun.of("inspect", "--headroom", "--json", model).json().get("layers").get(0);
        assertEquals("conv", bound.get("node").asText());
        assertEquals(20, bound.get("laneBits").asInt());
        assertEquals(64 * 127 * 128, bound.get("channels").get(3).get("peak").asInt());
        assertEquals(20 - 21, bound.get("bitsLeft").asInt());
        JsonNode seen = CommandRun.of("simulate", "--headroom", "--json", model, "--input", data.toString()).json().get("headroom").get(0);
        assertEquals(-1, seen.get("bitsLeft").asInt());
        assertTrue(seen.get("saturated").asInt() > 0);
        assertEquals(4 * 4 * CHANNELS, seen.get("additions").asInt());
        assertEquals(16, seen.get("channels").size());
        CommandRun text = CommandRun.of("simulate", "--headroom", model, "--input", data.toString());
        assertTrue(text.out().lines().anyMatch(line -> line.matches("conv +Conv +20 +-1 +16 +16 +[\\d,]+")), text.out());
        CommandRun few = CommandRun.of("simulate", "--headroom", "--json", model, "--input", data(0.01f).toString());
        assertEquals(0, few.json().get("headroom").get(0).get("saturated").asInt());
        assertTrue(CommandRun.of("inspect", "--headroom", model).out().lines().anyMatch(l -> l.matches("conv +Conv +20 +-1 +16 +16")));
    }
}
