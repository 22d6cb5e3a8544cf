package io.github.bitgrain.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.bitgrain.cli.data.ElementType;
import io.github.bitgrain.cli.data.NpyWriter;
import io.github.bitgrain.testing.Npy;
import io.github.bitgrain.testing.SharedData;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SimulateTest {
    private static final ObjectMapper JSON = new ObjectMapper();

    @TempDir
    Path folder;

    private Path npy(String name, ElementType type, List<Integer> shape, int... values) throws IOException {
        Path file = folder.resolve(name);
        try (OutputStream out = Files.newOutputStream(file)) {
            new NpyWriter(out, type, shape).write(values);
        }
        return file;
    }

    private Path npy(String name, List<Integer> shape, float... values) throws IOException {
        Path file = folder.resolve(name);
        try (OutputStream out = Files.newOutputStream(file)) {
            new NpyWriter(out, ElementType.FLOAT32, shape).write(values);
        }
        return file;
    }

    private static JsonNode outputs(CommandRun run) throws IOException {
        assertEquals(0, run.exit(), run.err());
        return JSON.readTree(run.out()).get("outputs");
    }

    /** Pseudo-random bytes or shorts, made as the golden files say. */
    private static int[] integers(long seed, int count, boolean wide) {
        int x = (int) seed;
        int[] values = new int[count];
        for (int i = 0; i < count; i++) {
            x = x * 1664525 + 1013904223;
            values[i] = wide ? (short) (x >> 16) : (byte) (x >> 24);
        }
        return values;
    }

    private static Path model(String path) {
        return SharedData.path("golden/esp-ppq/e2e/" + path + ".espdl");
    }

    @ParameterizedTest
    @ValueSource(strings = {"lenet/esp32s3_8_kl", "lenet/c_16_minmax", "mbv2/esp32p4_8_kl"})
    void everyNodeHasTheChecksumThatTheChipComputes(String name) throws IOException {
        JsonNode golden = JSON.readTree(SharedData.path("golden/esp-ppq/e2e/" + name + ".chip.json").toFile());
        JsonNode inspection = JSON.readTree(CommandRun.of("inspect", "--json", model(name).toString()).out());
        List<Integer> shape = new ArrayList<>();
        inspection.get("inputs").get(0).get("shape").forEach(extent -> shape.add(extent.asInt()));
        boolean wide = inspection.get("inputs").get(0).get("dtype").asText().equals("int16");
        int count = shape.stream().reduce(1, Math::multiplyExact);
        Path input = npy("x.npy", wide ? ElementType.INT16 : ElementType.INT8, shape,
                integers(golden.get("input_seed").asLong(), count, wide));
        String target = golden.get("target").asText();
        JsonNode outputs = outputs(CommandRun.of("simulate", model(name).toString(), "--input", input.toString(), "--target", target,
                "--dump-all", "--json", "--output", folder.resolve("out").toString()));
        Map<String, String> checksums = new LinkedHashMap<>();
        for (JsonNode output : outputs) {
            checksums.put(output.get("node").asText() + "/" + output.get("name").asText(), output.get("crc32").asText());
            Npy file = Npy.read(Path.of(output.get("file").asText()));
            assertEquals(output.get("shape").toString().replace(" ", ""),
                    Arrays.toString(file.shape()).replace(" ", ""));
        }
        int compared = 0;
        for (JsonNode node : golden.get("nodes")) {
            for (JsonNode output : node.get("outputs")) {
                String key = node.get("name").asText() + "/" + output.get("name").asText();
                assertEquals(output.get("crc32").asText(), checksums.get(key), key);
                compared++;
            }
        }
        assertEquals(outputs.size(), compared);
    }

    private CommandRun lenet(Path input, String... more) {
        List<String> args = new ArrayList<>(List.of("simulate", model("lenet/esp32s3_8_kl").toString(), "--target", "esp32s3",
                "--input", input.toString(), "--json"));
        args.addAll(List.of(more));
        return CommandRun.of(args.toArray(String[]::new));
    }

    @Test
    void samplesInARowGiveTheSameAsOneByOne() throws IOException {
        int[] values = integers(5, 3 * 784, false);
        JsonNode all = outputs(lenet(npy("all.npy", ElementType.INT8, List.of(3, 28, 28, 1), values), "--output",
                folder.resolve("all").toString()));
        assertEquals("[3,10]", all.get(0).get("shape").toString());
        int[] stacked = Npy.read(Path.of(all.get(0).get("file").asText())).ints();
        for (int i = 0; i < 3; i++) {
            int[] one = Arrays.copyOfRange(values, i * 784, (i + 1) * 784);
            JsonNode single = outputs(lenet(npy("one.npy", ElementType.INT8, List.of(28, 28, 1), one), "--output",
                    folder.resolve("one").toString()));
            assertArrayEquals(Arrays.copyOfRange(stacked, i * 10, (i + 1) * 10),
                    Npy.read(Path.of(single.get(0).get("file").asText())).ints());
            assertEquals(-4, single.get(0).get("exponent").asInt());
        }
    }

    @Test
    void floatsInOnnxOrderAreQuantizedAsTheChipDoes() throws IOException {
        Path model = model("mbv2/esp32s3_8_kl");
        int[] integers = integers(9, 3 * 64 * 64, false);
        float[] planes = new float[integers.length];
        for (int i = 0; i < integers.length; i++) {
            planes[i % 3 * 4096 + i / 3] = (integers[i] + 0.25f) / 64;
        }
        JsonNode inspection = JSON.readTree(CommandRun.of("inspect", "--json", model.toString()).out());
        assertEquals(-6, inspection.get("inputs").get(0).get("exponent").asInt());
        String[] args = {"simulate", model.toString(), "--target", "esp32s3", "--json", "--input", ""};
        args[6] = npy("i.npy", ElementType.INT8, List.of(1, 64, 64, 3), integers).toString();
        JsonNode fromIntegers = outputs(CommandRun.of(args));
        args[6] = npy("f.npy", List.of(1, 3, 64, 64), planes).toString();
        assertEquals(fromIntegers, outputs(CommandRun.of(args)));
        assertTrue(fromIntegers.get(0).get("file").isNull());
    }

    @Test
    void whatDoesNotFitIsNamed() throws IOException {
        Path pixels = npy("u.npy", ElementType.UINT8, List.of(28, 28, 1), new int[784]);
        lenet(pixels).fails(65, pixels + ": holds uint8, input \"x\" takes int8 with exponent -6, or floats, which are quantized");
        Path small = npy("s.npy", ElementType.INT8, List.of(28, 28), new int[784]);
        lenet(small).fails(65, small + ": has shape [28, 28], input \"x\" takes [28, 28, 1] or [1, 28, 28], with or without a first "
                + "axis for samples");
        Path nchw = npy("n.npy", ElementType.INT8, List.of(1, 28, 28), new int[784]);
        lenet(nchw, "--layout", "nhwc").fails(65, nchw + ": has shape [1, 28, 28], input \"x\" takes [28, 28, 1], with or without a "
                + "first axis for samples");
        Path file = Files.createFile(folder.resolve("file"));
        Path below = file.resolve("x");
        lenet(nchw, "--output", below.toString()).fails(73, below + ": cannot be written: the folder cannot be made");
    }

    @Test
    void withoutDumpAllOnlyTheModelsOutputsAreShown() throws IOException {
        JsonNode outputs = outputs(lenet(npy("n.npy", ElementType.INT8, List.of(1, 28, 28), new int[784])));
        assertEquals(1, outputs.size());
        assertEquals("/fc2/Gemm", outputs.get(0).get("node").asText());
        assertEquals("int8", outputs.get(0).get("dtype").asText());
        assertNull(outputs.get(1));
    }
}
