package io.github.bitgrain.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.bitgrain.testing.SharedData;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class InspectTest {
    @TempDir
    Path folder;

    @Test
    void figuresOfAPublishedModelAreThoseCountedByHand() throws IOException {
        Path model = SharedData.path("golden/espdl-vectors/esp32p4_tcn.espdl");
        JsonNode json = CommandRun.of("inspect", "--json", model.toString()).json();
        assertEquals(20, json.get("nodes").asInt());
        assertEquals(8, json.get("operators").get("Conv").asInt());
        // 24 positions: 16→32 wide 1, three times (depthwise 3 of 32, 32→32), 32→16; Gemm 48→16.
        assertEquals(24 * (16 * 32 + 3 * (3 * 32 + 32 * 32) + 32 * 16) + 48 * 16, json.get("macs").asInt());
        assertEquals(
                16 * 32 + 32 + 3 * (3 * 32 + 32 + 32 * 32 + 32) + 32 * 16 + 16 + 48 * 16 + 16 + 4, json.get("parameters").asInt());
        assertEquals("[1,24,16]", json.get("inputs").get(0).get("shape").toString());
        assertEquals("int8", json.get("inputs").get(0).get("dtype").asText());
        assertEquals(-5, json.get("inputs").get(0).get("exponent").asInt());
        assertEquals(1, json.get("testVectors").asInt());
        assertTrue(json.get("target").isNull());
    }

    @Test
    void theGivenTargetStands() throws IOException {
        Path model = SharedData.path("golden/espdl-vectors/esp32p4_tcn.espdl");
        assertEquals("esp32p4", CommandRun.of("inspect", "--json", "--target", "ESP32S31", model.toString()).json()
                .get("target").asText());
    }

    @Test
    void everyPublishedModelIsShownToPeopleAndMachines() throws IOException {
        List<Path> models;
        try (Stream<Path> files = Files.walk(SharedData.path("golden/nets"))) {
            models = files.filter(f -> f.toString().endsWith(".espdl")).sorted().toList();
        }
        assertTrue(models.size() > 5);
        for (Path model : models) {
            JsonNode json = CommandRun.of("inspect", "--json", model.toString()).json();
            CommandRun text = CommandRun.of("inspect", model.toString());
            assertEquals(0, text.exit());
            int counted = 0;
            for (JsonNode count : json.get("operators")) {
                counted += count.asInt();
            }
            assertEquals(json.get("nodes").asInt(), counted);
            assertEquals(json.get("nodes").asInt(), text.out().lines().dropWhile(l -> !l.startsWith("node ")).skip(1).count());
        }
    }

    @Test
    void multiplicationsOfTrainedNetworksAreThoseOfTheirDocumentation() throws IOException {
        for (String name : List.of("resnet8_cifar10", "mobilenetv1_025_imagenet", "dscnn_kws", "autoencoder_toycar")) {
            Path home = SharedData.path("models/" + name);
            JsonNode stated = new ObjectMapper().readTree(home.resolve("meta.json").toFile());
            JsonNode json = CommandRun.of("inspect", "--json", home.resolve("model.onnx").toString()).json();
            assertEquals(stated.get("macs").asLong(), json.get("macs").asLong(), name);
            // The documentation counts the two bounds of ReLU6, which nodes hold themselves.
            int bounds = json.get("operators").has("Clip") ? 2 : 0;
            assertEquals(stated.get("params").asLong() - bounds, json.get("parameters").asLong(), name);
            assertEquals(stated.get("inputs").get(0).get("shape"), json.get("inputs").get(0).get("shape"));
            assertEquals(stated.get("outputs").get(0).get("name"), json.get("outputs").get(0).get("name"));
            assertTrue(json.get("target").isNull());
        }
    }

    /** Silence would read as "no hazards". */
    @Test
    void aChipModelWithoutTargetSaysThatHazardsWereNotLookedFor() throws IOException {
        String model = SharedData.path("golden/espdl-vectors/esp32p4_tcn.espdl").toString();
        String none = CommandRun.of("inspect", model).out();
        assertTrue(none.startsWith(model + "  target not stated  "), none);
        assertTrue(none.contains("hazards: not looked for, as they depend on the target; give --target esp32p4, esp32s3 or c"), none);
        String some = CommandRun.of("inspect", model, "--target", "esp32p4").out();
        assertTrue(some.startsWith(model + "  esp32p4  ") && !some.contains("hazards: not looked for"), some);
        Path network = folder.resolve("float.onnx");
        assertEquals(0, CommandRun.of("inspect", model, "--target", "esp32p4", "--to-float", network.toString()).exit());
        String floats = CommandRun.of("inspect", network.toString()).out();
        assertTrue(!floats.contains("target") && !floats.contains("hazards") && !floats.contains("test vectors"), floats);
    }

    @Test
    void brokenFilesAreRefusedInOneLine() throws IOException {
        Path good = SharedData.path("golden/espdl-vectors/esp32p4_tcn.espdl");
        Path broken = Files.write(folder.resolve("broken.espdl"), Arrays.copyOf(Files.readAllBytes(good), 3000));
        CommandRun run = CommandRun.of("inspect", broken.toString());
        assertEquals(65, run.exit());
        assertEquals("", run.out());
        assertEquals(1, run.err().lines().count(), run.err());
        assertTrue(run.err().startsWith("bitgrain: " + broken + ": "), run.err());
    }

    @Test
    void whatIsNoModelIsSaidSo() throws IOException {
        Path none = folder.resolve("none.espdl");
        CommandRun.of("inspect", none.toString()).fails(65, none + ": no such file");
        CommandRun.of("inspect", folder.toString()).fails(65, folder + ": not a file");
        Path text = Files.writeString(folder.resolve("x.txt"), "x");
        CommandRun.of("inspect", text.toString()).fails(65, text + ": a model is an .onnx or an .espdl file");
        CommandRun.of("inspect", "--target", "esp23s3", text.toString()).fails(
                2, "Invalid value for option '--target': unknown target 'esp23s3'; did you mean 'esp32s3'?; see bitgrain inspect --help");
    }
}
