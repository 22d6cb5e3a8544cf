package io.github.bitgrain.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.github.bitgrain.testing.SharedData;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code quantize --header} and {@code --runtime-version}. */
class FirmwareTest {
    @TempDir
    Path folder;

    private CommandRun lenet(String... more) {
        List<String> args = new ArrayList<>(List.of("quantize", SharedData.path("golden/esp-ppq/models/lenet.onnx").toString(), "--calib",
                SharedData.path("golden/esp-ppq/data/lenet/calib_x.npy").toString(), "--mean", "0.5", "--std", "1/4", "--calib-steps", "1", "-o",
                folder.resolve("m.espdl").toString()));
        args.addAll(List.of(more));
        return CommandRun.of(args.toArray(new String[0]));
    }

    private Path header() throws IOException {
        Path classes = Files.writeString(folder.resolve("classes.txt"), "zero\n\"one\"\nzwölf??/\n");
        Path header = folder.resolve("lenet.hpp");
        CommandRun run = lenet("--header", header.toString(), "--classes", classes.toString());
        assertEquals(0, run.exit(), run.err());
        return header;
    }

    @Test
    void theHeaderTellsWhatTheFileTells() throws IOException {
        String text = Files.readString(header(), StandardCharsets.US_ASCII);
        String inspected = CommandRun.of("inspect", folder.resolve("m.espdl").toString()).out();
        for (String part : List.of("namespace lenet {", "constexpr char target[] = \"esp32p4\";", "namespace input_x {", "constexpr int shape[] = {1, 28, 28, 1};",
                "constexpr char layout[] = \"NHWC\";", "typedef std::int8_t element;", "constexpr std::size_t count = 784;",
                "constexpr float preprocess_scale[] = {1.0f / 255.0f};", "constexpr float preprocess_mean[] = {0.5f};",
                "constexpr float preprocess_std[] = {1.0f / 4.0f};", "namespace output_y {", "constexpr char layout[] = \"ONNX\";",
                "constexpr int class_count = 3;", "    \"\\\"one\\\"\",", "    \"zw\\303\\266lf\\?\\?/\",")) {
            assertTrue(text.contains(part), part + "\n" + text);
        }
        for (String line : inspected.lines().filter(l -> l.startsWith("input x") || l.startsWith("output y")).toList()) {
            String exponent = line.substring(line.lastIndexOf(' ') + 1);
            assertTrue(text.contains("constexpr int exponent = " + exponent + ";"), line);
        }
    }

    @Test
    void aCompilerTakesTheHeaderAsCpp11() throws Exception {
        assumeTrue(Stream.of(System.getenv("PATH").split(File.pathSeparator)).anyMatch(path -> Files.isExecutable(Path.of(path, "g++"))), "no g++ on the path");
        Path header = header();
        Path source = Files.writeString(folder.resolve("main.cpp"), """
                #include "lenet.hpp"
                #include "lenet.hpp"
                #include <cstring>
                static lenet::input_x::element buffer[lenet::input_x::count];
                static_assert(sizeof(buffer) == lenet::input_x::bytes, "bytes");
                static_assert(lenet::input_x::preprocess_std[0] == 0.25f, "std");
                int main() { return std::strcmp(lenet::class_names[2], "zw\\303\\266lf\\?\\?/") + lenet::class_count - 3; }
                """);
        Path program = folder.resolve("main");
        assertEquals(0, run("g++", "-std=c++11", "-Wall", "-Wextra", "-pedantic", "-Werror", "-Wno-unused-variable", "-I", header.getParent().toString(),
                source.toString(), "-o", program.toString()));
        assertEquals(0, run(program.toString()));
    }

    private static int run(String... command) throws Exception {
        return new ProcessBuilder(command).inheritIO().start().waitFor();
    }

    @Test
    void anOldRuntimeIsRefusedWithNodeOperatorAndVersion() {
        String model = SharedData.path("golden/esp-ppq/models/lenet.onnx").toString();
        Map<String, String> reasons = Map.of(
                "3.3.0", "node \"/conv1/Conv\" (Conv) has an exponent for each channel of its weights, which needs ESP-DL 3.3.1 or newer, not 3.3.0; "
                        + "update ESP-DL",
                "3.0.9", "the files written here need ESP-DL 3.1.0 or newer, not 3.0.9");
        reasons.forEach((version, reason) -> {
            CommandRun run = lenet("--runtime-version", version);
            assertEquals(65, run.exit());
            assertTrue(run.err().endsWith("bitgrain: " + model + ": " + reason + System.lineSeparator()), run.err());
            assertTrue(Files.notExists(folder.resolve("m.espdl")));
        });
        assertEquals(0, lenet("--runtime-version", "v3.3.1").exit());
        assertEquals(0, lenet("--runtime-version", "3.3.0", "--target", "esp32s3").exit());
    }

    @Test
    void wrongUseIsRefusedBeforeTheWork() throws IOException {
        lenet("--runtime-version", "latest").fails(2, "--runtime-version: 'latest' is no version of ESP-DL; write for example 3.3.1");
        lenet("--classes", "x").fails(2, "--classes belongs to --header FILE.hpp, which is missing");
        Path empty = Files.writeString(folder.resolve("empty.txt"), "a\n\nb\n");
        lenet("--header", folder.resolve("h.hpp").toString(), "--classes", empty.toString())
                .fails(65, empty + ": line 2 has no name of a class; one name a line");
    }
}
