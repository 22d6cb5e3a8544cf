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

    private int channels = CHANNELS;

    /** y = Σ x over 64 channels, 16 times: calibrated on ones every product is 64 · 64 or more. */
    private Path network() {
        Parameters parameters = new Parameters().put("w", Tensor.filled(Shape.of(16, channels, 1, 1), 0.99f));
        Graph graph = Graph.builder("sum").input("x", Shape.of(1, channels, 2, 2))
                .node("conv", new Conv(Size.ONE, Pads.NONE, Size.ONE, 1), List.of("x", "w"), "y").output("y").build();
        Path file = folder.resolve("sum.onnx");
        OnnxWriter.write(new Model(graph, parameters), file);
        return file;
    }

    private Path data(float value) throws IOException {
        Path file = folder.resolve("x.npy");
        float[] values = new float[4 * channels * 4];
        Arrays.fill(values, value);
        try (OutputStream out = Files.newOutputStream(file)) {
            new NpyWriter(out, ElementType.FLOAT32, List.of(4, channels, 2, 2)).write(values);
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
        CommandRun run = quantize("esp32s3", data, "--set", "accumulator_headroom=false");
        assertEquals(0, run.json().get("coarserWeights").size());
        String warning = run.json().get("warnings").get(0).asText();
        assertTrue(warning.startsWith("conv saturates its 20-bit accumulators on esp32s3: 16 of 16 channels, "), warning);
        assertTrue(warning.endsWith(" of the additions on 4 calibration samples; give it 16 bits: --set dispatching_table.conv=16"), warning);
        assertTrue(run.err().lines().anyMatch(line -> line.equals("warning: " + warning)), run.err());
        assertEquals(0, quantize("esp32s3", data, "--set", "dispatching_table.conv=16").json().get("warnings").size());
        assertEquals(0, quantize("esp32p4", data).json().get("warnings").size());
    }

    @Test
    void saturatedLayersGetCoarserWeightsAndAreNamed() throws IOException {
        Path data = data(0.99f);
        CommandRun run = quantize("esp32s3", data, "--eval", data.toString(), "--metric", "snr");
        assertEquals(0, run.json().get("warnings").size());
        JsonNode layer = run.json().get("coarserWeights").get(0);
        assertEquals("conv", layer.get("node").asText());
        assertEquals(20, layer.get("laneBits").asInt());
        assertEquals(-7, layer.get("before").asInt());
        assertEquals(-6, layer.get("after").asInt());
        assertTrue(layer.get("holds").asBoolean());
        String note = "conv: weights one step coarser (exponent -7 -> -6), so that its 20-bit accumulators hold";
        assertTrue(run.err().lines().anyMatch(note::equals), run.err());
        JsonNode accuracy = run.json().get("accuracy");
        assertEquals(accuracy.get("ptq").asDouble(), accuracy.get("chip").asDouble(), 1e-9);
        JsonNode saturated = quantize("esp32s3", data, "--eval", data.toString(), "--metric", "snr", "--set", "accumulator_headroom=false").json().get("accuracy");
        assertTrue(accuracy.get("chip").asDouble() < saturated.get("chip").asDouble() / 100, accuracy + " against " + saturated);
        assertEquals(0, quantize("esp32s3", data).json().get("warnings").size());
        String model = folder.resolve("sum.espdl").toString();
        assertEquals(0, CommandRun.of("simulate", "--headroom", "--json", model, "--input", data.toString()).json().get("headroom").get(0).get("saturated").asInt());
    }

    @Test
    void parityLooksAtNoAccumulatorAndOnlyWarns() throws IOException {
        Path data = data(0.99f);
        CommandRun run = quantize("esp32s3", data, "--profile", "parity");
        assertEquals(1, run.json().get("warnings").size());
        assertEquals(0, run.json().get("coarserWeights").size());
        CommandRun refused = quantize("esp32s3", data, "--profile", "parity", "--set", "accumulator_headroom=true");
        assertEquals(2, refused.exit());
        assertEquals("bitgrain: accumulator_headroom: belongs to --profile improved; ESP-PPQ does not look at accumulators",
                refused.err().lines().toList().getLast());
    }

    @Test
    void lanesThatHoldGiveTheSameModelWithAndWithout() throws IOException {
        channels = 16;
        Path data = data(0.99f);
        quantize("esp32s3", data).json();
        Path with = Files.move(folder.resolve("sum.espdl"), folder.resolve("with.espdl"));
        quantize("esp32s3", data, "--set", "accumulator_headroom=false").json();
        CommandRun diff = CommandRun.of("diff", with.toString(), folder.resolve("sum.espdl").toString());
        List<String> differences = diff.out().lines().filter(line -> !line.isBlank()).toList();
        assertEquals(1, differences.size(), diff.out());
        assertTrue(differences.getFirst().startsWith("metadata  bitgrain.settings: "), diff.out());
    }

    @Test
    void inspectTellsTheBoundAndSimulateWhatIsSeen() throws IOException {
        Path data = data(0.99f);
        quantize("esp32s3", data, "--set", "accumulator_headroom=false").json();
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
