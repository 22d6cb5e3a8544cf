package io.github.bitgrain.tests.chip;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.github.bitgrain.core.BitgrainException;
import io.github.bitgrain.core.quant.Target;
import io.github.bitgrain.exporter.espdl.EspdlReader;
import io.github.bitgrain.simulator.ChipProgram;
import io.github.bitgrain.simulator.Simulator;
import io.github.bitgrain.testing.SharedData;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Whole networks: every node output has the checksum that ESP-DL's own kernels gave it. */
class GoldenNetworksTest {
    /** The shipped Gather kernel reads in front of its buffer for index −1; what lies there is no fact to reproduce. */
    private static boolean readsOutOfBounds(Path golden) {
        String name = golden.toString();
        return (name.contains("/gru/") || name.contains("/lstm/")) && !name.contains("/esp32p4_");
    }

    /** Grouped convolutions and 16-bit Resize: the chip computes garbage, the simulator refuses. */
    private static boolean isRefused(Path golden) {
        return golden.toString().contains("/zoo_shape/");
    }

    @Test
    void everyExportOfTheReferenceToolRunsAsOnTheChip() throws IOException {
        List<Path> goldens = list("golden/esp-ppq/e2e", ".chip.json");
        List<String> failures = new ArrayList<>();
        int identical = 0;
        for (Path golden : goldens) {
            if (isRefused(golden)) {
                assertThrows(BitgrainException.class, () -> network(golden, ".chip.json").differences(), golden::toString);
            } else if (!readsOutOfBounds(golden)) {
                network(golden, ".chip.json").differences().forEach(line -> failures.add(golden.getFileName() + ": " + line));
                identical++;
            }
        }
        assertEquals(List.of(), failures);
        assertEquals(124, identical);
    }

    @Test
    void publishedNetworksRunAsOnTheChip() throws IOException {
        List<String> failures = new ArrayList<>();
        int identical = 0;
        for (Path golden : list("golden/nets", ".json")) {
            network(golden, ".json").differences().forEach(line -> failures.add(golden.getFileName() + ": " + line));
            identical++;
        }
        assertEquals(List.of(), failures);
        assertEquals(10, identical);
    }

    @Test
    void embeddedVectorsOfPublishedFilesAreBitExact() throws IOException {
        List<String> failures = new ArrayList<>();
        List<Path> files = list("golden/espdl-vectors", ".espdl");
        for (Path file : files) {
            ChipProgram program = EspdlReader.read(file);
            String name = file.getFileName().toString();
            Target target = program.target().orElseGet(() -> name.contains("p4") ? Target.ESP32P4 : Target.ESP32S3);
            Simulator simulator = new Simulator(program, target);
            program.testInputs().forEach(simulator::setInput);
            simulator.run();
            program.testOutputs().forEach(expected -> {
                if (!expected.data().equals(simulator.value(expected.name()).toTensor(expected.name()).data())) {
                    failures.add(name + ": " + expected.name());
                }
            });
        }
        assertEquals(List.of(), failures);
    }

    private static GoldenNetwork network(Path golden, String ending) {
        String file = golden.toString();
        try {
            return GoldenNetwork.of(Path.of(file.substring(0, file.length() - ending.length()) + ".espdl"), golden);
        } catch (IOException e) {
            throw new AssertionError(golden + ": " + e.getMessage(), e);
        }
    }

    private static List<Path> list(String folder, String ending) throws IOException {
        try (Stream<Path> files = Files.walk(SharedData.path(folder))) {
            return files.filter(file -> file.toString().endsWith(ending)).sorted().toList();
        }
    }
}
