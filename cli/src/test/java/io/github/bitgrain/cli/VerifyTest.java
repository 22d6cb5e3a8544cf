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

    private static final String CASE = "{\"id\":\"c/Relu_s8/0\",\"target\":\"c\",\"op\":\"Relu_s8\",\"attrs\":{},\"inputs\":[{\"name\":\"x\","
            + "\"dtype\":\"int8\",\"shape\":[1,3],\"exponent\":-4,\"data\":\"//4C\"}],\"outputs\":[{\"name\":\"y\",\"dtype\":\"int8\",\"shape\":[1,3],"
            + "\"exponent\":-4,\"data\":\"AAAC\"}]}";

    @Test
    void casesAreCountedAndTheFailedOnesNamed() throws IOException {
        Path file = folder.resolve("cases.jsonl");
        Files.writeString(file, CASE + "\n" + CASE.replace("AAAC", "AAAF").replace("/0", "/1") + "\n");
        CommandRun run = CommandRun.of("verify", "--cases", file.toString());
        assertEquals(1, run.exit(), run.err());
        assertEquals(List.of(file + ": 1 of 2 cases bit-exact, of 1 operators and bit widths", "  c/Relu_s8/1: y: 1 of 3 values differ, by 3 at most"),
                run.out().lines().toList());
        JsonNode json = json(CommandRun.of("verify", "--cases", file.toString(), "--json"));
        assertEquals(false, json.get("bitExact").asBoolean());
        assertEquals(2, json.get("cases").asInt());
        assertEquals(1, json.get("operators").get("Relu_s8").get("failed").asInt());
        assertEquals("c/Relu_s8/1", json.get("failures").get(0).get("id").asText());
        Files.writeString(file, CASE);
        assertEquals(0, CommandRun.of("verify", "--cases", file.toString()).exit());
    }

    @Test
    void brokenCasesAreRefusedWithTheirLine() throws IOException {
        Path file = folder.resolve("cases.jsonl");
        String[] args = {"verify", "--cases", file.toString()};
        Files.writeString(file, CASE + "\n" + CASE.replace("\"op\"", "\"oops\""));
        CommandRun.of(args).fails(65, file + ": line 2: \"op\" is missing");
        Files.writeString(file, CASE.replace("//4C", "//4CAAAA"));
        CommandRun.of(args).fails(65, file + ": line 1: x: 6 bytes for INT8[1, 3]");
        for (String line : List.of("{", "[]", "7", CASE.replace("//4C", "!"), CASE.replace("int8", "int9"), CASE.replace("[1,3]", "[-1,3]"),
                CASE.replace("\"c\"", "\"esp99\""), CASE.replaceFirst("\\{\"name.*?\\}", ""), CASE.replace("Relu_s8", "_s8"))) {
            Files.writeString(file, line);
            CommandRun run = CommandRun.of(args);
            assertTrue(run.exit() == 65 || run.exit() == 1, line + run.exit() + run.err());
            assertTrue(run.err().lines().count() <= 1, run.err());
        }
        Files.writeString(file, "");
        CommandRun.of(args).fails(65, file + ": holds no cases");
        CommandRun.of("verify").fails(2, "verify takes either a model or --cases FILE.jsonl");
    }
}
