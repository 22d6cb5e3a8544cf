package io.github.bitgrain.kernels;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.File;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

/**
 * No compiler gives a kernel up. The client compiler does so with methods that are too large, and such a method may then stay
 * a hundred times slower for the life of the process, by chance. Runs in a process of its own, which tells its compilations.
 */
class CompilationTest {
    private static final int MILLISECONDS_PER_KERNEL = 60;

    @Test
    void compilersSkipNoKernel() throws Exception {
        Assumptions.assumeTrue(Integer.getInteger(Lanes.PROPERTY) == null, "once is enough");
        String classes = folder(Kernels.class) + File.pathSeparator + folder(CompilationTest.class);
        Process process = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--add-modules", "jdk.incubator.vector", "-XX:+PrintCompilation", "-cp", classes, EveryKernel.class.getName(),
                Integer.toString(MILLISECONDS_PER_KERNEL)).redirectErrorStream(true).start();
        List<String> skipped = new ArrayList<>();
        boolean compiledTiles = false;
        try (var lines = process.inputReader()) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                if (line.contains("io.github.bitgrain.kernels")) {
                    compiledTiles |= line.contains("Tiles::");
                    if (line.contains("COMPILE SKIPPED")) {
                        skipped.add(line.strip());
                    }
                }
            }
        }
        assertEquals(0, process.waitFor());
        assertTrue(compiledTiles, "the log of compilations names no tile kernel");
        assertEquals(List.of(), skipped);
    }

    private static Path folder(Class<?> type) throws Exception {
        return Path.of(type.getProtectionDomain().getCodeSource().getLocation().toURI());
    }
}
