package io.github.bitgrain.tests.chip;

import static org.junit.jupiter.api.Assertions.assertEquals;

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
    /** A difference must start at a node for which the analysis of hazards says that the simulator does not follow the chip. */
    @Test
    void everyExportOfTheReferenceToolRunsAsOnTheChipUpToItsHazards() throws IOException {
        List<String> failures = new ArrayList<>();
        int identical = 0;
        for (Path golden : list("golden/esp-ppq/e2e", ".chip.json")) {
            GoldenNetwork network = network(golden, ".chip.json");
            List<GoldenNetwork.Difference> differences = network.differences();
            if (differences.isEmpty()) {
                identical++;
            } else if (!network.unlikeTheChip().contains(differences.getFirst().node())) {
                failures.add(golden.getFileName() + ": " + differences.getFirst());
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
