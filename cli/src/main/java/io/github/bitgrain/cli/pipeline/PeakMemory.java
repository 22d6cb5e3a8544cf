package io.github.bitgrain.cli.pipeline;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** The largest memory that this process has had. */
public final class PeakMemory {
    private static final Path STATUS = Path.of("/proc/self/status");
    private static final long MEBI = 1 << 20;

    private PeakMemory() {}

    /** Resident memory in MiB where the system tells it (Linux), else the memory that the JVM has taken for its heap. */
    public static long mebibytes() {
        if (Files.isReadable(STATUS)) {
            try {
                for (String line : Files.readAllLines(STATUS)) {
                    if (line.startsWith("VmHWM:")) {
                        return Long.parseLong(line.replaceAll("\\D", "")) / 1024;
                    }
                }
            } catch (IOException e) {
                // The file vanished or is refused: the heap is the next best answer.
                return Runtime.getRuntime().totalMemory() / MEBI;
            }
        }
        return Runtime.getRuntime().totalMemory() / MEBI;
    }
}
