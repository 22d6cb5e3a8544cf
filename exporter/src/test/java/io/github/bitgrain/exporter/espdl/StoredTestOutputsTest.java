package io.github.bitgrain.exporter.espdl;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.bitgrain.core.quant.Target;
import io.github.bitgrain.simulator.ChipProgram;
import io.github.bitgrain.simulator.TestVectors;
import io.github.bitgrain.testing.SharedData;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The differences between stored test outputs and the chip that docs/espdl.md lists, and no others. */
class StoredTestOutputsTest {
    @Test
    void onlyTheListedExportsStoreOutputsThatTheChipDoesNotCompute() throws IOException {
        Map<String, String> found = new TreeMap<>();
        for (String network : new String[] {"lenet", "lenet_imb", "mbv2"}) {
            try (Stream<Path> files = Files.list(SharedData.path("golden/esp-ppq/e2e/" + network))) {
                for (Path file : files.filter(path -> path.toString().endsWith(".espdl")).sorted().toList()) {
                    compare(network, file, found);
                }
            }
        }
        assertEquals(Map.of("lenet/esp32p4_16_minmax.espdl y", "4 of 10 by 1.0"), found);
    }

    private static void compare(String network, Path file, Map<String, String> found) {
        String name = file.getFileName().toString();
        ChipProgram program = EspdlReader.read(file);
        for (TestVectors.Comparison output : TestVectors.verify(program, Target.parse(name.replaceAll("_.*", "")))) {
            if (!output.isExact()) {
                found.put(network + "/" + name + " " + output.name(),
                        output.differences() + " of " + output.elements() + " by " + output.maxDifference());
            }
        }
    }
}
