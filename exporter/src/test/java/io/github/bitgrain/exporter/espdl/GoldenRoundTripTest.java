package io.github.bitgrain.exporter.espdl;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.bitgrain.simulator.ChipProgram;
import io.github.bitgrain.testing.SharedData;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Every published and reference file means the same after it was read and written; our own bytes never change. */
class GoldenRoundTripTest {
    @Test
    void filesOfESPPPQMeanTheSameWhenWrittenAndReadAgain() throws IOException {
        List<Path> files = files("golden/esp-ppq/e2e");
        assertTrue(files.size() >= 150, "found only " + files.size());
        for (Path file : files) {
            assertRoundTrip(file);
        }
    }

    @Test
    void publishedFilesMeanTheSameWhenWrittenAndReadAgain() throws IOException {
        for (Path file : files("golden/espdl-vectors")) {
            assertRoundTrip(file);
        }
        for (Path file : files("golden/nets")) {
            assertRoundTrip(file);
        }
    }

    @Test
    void aPublishedFileIsReadAsTheFormatDescriptionSays() {
        Path file = SharedData.path("golden/espdl-vectors/c_linear_ishap_1_16_kshap_16_16_relu_s8.espdl");
        ChipProgram program = EspdlReader.read(file);
        assertEquals("main_graph", program.name());
        assertEquals("{target=c}", program.metadata().toString());
        assertEquals(-14, program.parameters().get("ops.0.bias").exponents().single());
        assertEquals(2292, program.parameters().get("ops.0.bias").longs()[0]);
        assertEquals("NHWC", program.parameters().get("ops.0.weight").layout());
        assertEquals("Relu", program.nodes().getFirst().text("activation", ""));
        assertEquals(1, program.nodes().getFirst().real("alpha", 0));
        assertEquals(0, program.nodes().getFirst().integer("transB", 1));
        assertEquals(List.of(1, 16), program.value("4").shape());
        assertEquals(0x3E, program.testInputs().getFirst().longs()[0]);
        assertEquals(127, program.testOutputs().getFirst().longs()[0]);
    }

    private static List<Path> files(String folder) throws IOException {
        try (Stream<Path> files = Files.walk(SharedData.path(folder))) {
            return files.filter(file -> file.toString().endsWith(".espdl")).sorted().toList();
        }
    }

    private static void assertRoundTrip(Path file) {
        ChipProgram read = EspdlReader.read(file);
        byte[] written = EspdlWriter.write(read);
        ChipProgram again = EspdlReader.read(file + " again", written);
        assertEquals(read, again, file.toString());
        assertArrayEquals(written, EspdlWriter.write(read), file + " written twice");
        assertArrayEquals(written, EspdlWriter.write(again), file + " written, read and written");
    }
}
