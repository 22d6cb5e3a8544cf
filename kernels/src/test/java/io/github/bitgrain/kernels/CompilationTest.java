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
    /** The usual width of processors with few registers, for which there are tiles of their own. */
    private static final String FEW_REGISTERS = "256";

    @Test
    void compilersSkipNoKernel() throws Exception {
        String forced = System.getProperty(Lanes.PROPERTY);
        Assumptions.assumeTrue(forced == null || forced.equals(FEW_REGISTERS), "kernels are those of another width");
        String classes = folder(Kernels.class) + File.pathSeparator + folder(CompilationTest.class);
        List<String> command = new ArrayList<>(List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--add-modules", "jdk.incubator.vector", "-XX:+PrintCompilation"));
        if (forced != null) {
            command.addAll(List.of("-XX:+IgnoreUnrecognizedVMOptions", "-XX:UseAVX=2", "-D" + Lanes.PROPERTY + "=" + forced));
        }
        command.addAll(List.of("-cp", classes, EveryKernel.class.getName(), Integer.toString(MILLISECONDS_PER_KERNEL)));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        List<String> skipped = new ArrayList<>();
        boolean compiledTiles = false;
        try (var lines = process.inputReader()) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                if (line.contains("io.github.bitgrain.kernels")) {
                    compiledTiles |= line.contains("Tiles");
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
