package io.github.bitgrain.tests.chip;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.bitgrain.cli.Main;
import io.github.bitgrain.testing.SharedData;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SimulationMemoryTest {
    @TempDir
    Path folder;

    @Test
    void yolo26RunsIn300MebibytesOfHeapWithEveryNodeWritten() throws IOException, InterruptedException {
        Path model = SharedData.path("golden/nets/esp32p4_yolo26_yolo26n_512_s8_p4.espdl");
        String head = "{'descr': '|i1', 'fortran_order': False, 'shape': (1, 512, 512, 3), }";
        byte[] image = new byte[128 + 512 * 512 * 3];
        System.arraycopy(new byte[] {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0, 118, 0}, 0, image, 0, 10);
        System.arraycopy(String.format("%-117s\n", head).getBytes(StandardCharsets.US_ASCII), 0, image, 10, 118);
        for (int i = 128; i < image.length; i++) {
            image[i] = (byte) (i * 31);
        }
        Path input = Files.write(folder.resolve("x.npy"), image);
        Path log = folder.resolve("log");
        Process process = new ProcessBuilder(List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-Xmx300m",
                "-XX:+UseSerialGC", "--add-modules", "jdk.incubator.vector", "-cp", System.getProperty("java.class.path"),
                Main.class.getName(), "simulate", model.toString(), "--target", "esp32p4", "--input", input.toString(), "--dump-all",
                "--output", folder.resolve("dump").toString()))
                .redirectErrorStream(true).redirectOutput(log.toFile()).start();
        boolean ended = process.waitFor(3, TimeUnit.MINUTES);
        process.destroyForcibly();
        assertEquals(true, ended);
        assertEquals(0, process.exitValue(), () -> {
            try {
                return Files.readString(log);
            } catch (IOException e) {
                return e.getMessage();
            }
        });
    }
}
