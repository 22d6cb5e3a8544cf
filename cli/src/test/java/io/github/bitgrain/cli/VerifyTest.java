package io.github.bitgrain.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.bitgrain.exporter.espdl.EspdlReader;
import io.github.bitgrain.exporter.espdl.EspdlWriter;
import io.github.bitgrain.simulator.ChipProgram;
import io.github.bitgrain.simulator.ChipTensor;
import io.github.bitgrain.testing.SharedData;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class VerifyTest {
    @TempDir
    Path folder;

    private static JsonNode json(CommandRun run) throws IOException {
        return new ObjectMapper().readTree(run.out());
    }

    private static String target(Path model) {
        return model.getFileName().toString().split("_")[0];
    }

    @Test
    void everyPublishedModelWithTestVectorsIsBitExact() throws IOException {
        List<Path> models;
        try (Stream<Path> files = Files.list(SharedData.path("golden/espdl-vectors"))) {
            models = files.filter(f -> f.toString().endsWith(".espdl")).sorted().toList();
        }
        assertTrue(models.size() >= 15);
        for (Path model : models) {
            CommandRun run = CommandRun.of("verify", model.toString(), "--target", target(model), "--json");
            assertEquals(0, run.exit(), run.out() + run.err());
            assertTrue(json(run).get("bitExact").asBoolean());
            assertEquals(0, json(run).get("outputs").get(0).get("differences").asInt());
        }
    }

    private ChipProgram published() {
        return EspdlReader.read(SharedData.path("golden/espdl-vectors/esp32s3_tcn.espdl"));
    }

    private Path write(ChipProgram program) {
        Path file = folder.resolve("m.espdl");
        EspdlWriter.write(program, file);
        return file;
    }

    @Test
    void oneChangedValueIsFoundAndTheExitCodeIs1() throws IOException {
        ChipProgram program = published();
        ChipTensor old = program.testOutputs().getFirst();
        long[] values = old.longs();
        values[3] += values[3] > 0 ? -2 : 2;
        ChipTensor changed = ChipTensor.ofLongs(old.name(), old.type(), old.dims(), old.exponents(), old.layout(), values);
        Path file = write(program.withTestVectors(program.testInputs(), List.of(changed)));
        CommandRun run = CommandRun.of("verify", file.toString(), "--target", "esp32s3", "--json");
        assertEquals(1, run.exit(), run.err());
        assertEquals(false, json(run).get("bitExact").asBoolean());
        JsonNode output = json(run).get("outputs").get(0);
        assertEquals(1, output.get("differences").asInt());
        assertEquals(2, output.get("maxDifference").asInt());
        assertEquals(old.count(), output.get("elements").asInt());
        assertEquals(old.name() + ": 1 of 16 values differ, by 2 at most" + System.lineSeparator(),
                CommandRun.of("verify", file.toString(), "--target", "esp32s3").out());
    }

    @Test
    void aModelWithoutTestVectorsIsNotVerified() throws IOException {
        Path file = write(published().withTestVectors(List.of(), List.of()));
        CommandRun run = CommandRun.of("verify", file.toString(), "--target", "esp32s3", "--json");
        assertEquals(1, run.exit());
        assertTrue(json(run).get("bitExact").isNull());
    }

    @Test
    void aModelThatDoesNotTellItsTargetNeedsTheOption() {
        Path model = SharedData.path("golden/espdl-vectors/esp32s3_tcn.espdl");
        CommandRun.of("verify", model.toString()).fails(
                2, model + ": does not tell its target; give --target esp32p4, esp32s3 or c");
    }

    @Test
    void onlyChipModelsAreVerified() throws IOException {
        Path file = Files.createFile(folder.resolve("m.onnx"));
        CommandRun.of("verify", file.toString()).fails(65, file + ": verify takes an .espdl file");
    }
}
