package io.github.bitgrain.cli.console;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.github.bitgrain.core.BitgrainException;
import io.github.bitgrain.exporter.WholeFile;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

class ConsoleTest {
    @TempDir
    Path folder;

    private final StringWriter text = new StringWriter();
    private final AtomicLong now = new AtomicLong(5);

    private Progress progress(boolean terminal) {
        return new Progress(new PrintWriter(text), terminal, now::get);
    }

    @Test
    void awayFromATerminalEveryTenthIsALineWithTheTimeLeft() {
        Progress progress = progress(false);
        progress.begin("calibrate", "40 images", 40);
        for (int i = 1; i <= 40; i++) {
            now.addAndGet(1_000_000_000L);
            progress.step(i, i == 20 ? "half" : "");
        }
        progress.end();
        List<String> lines = text.toString().lines().toList();
        assertEquals(10, lines.size());
        assertEquals("calibrate   40 images           10 %  0:36 left", lines.get(0));
        assertEquals("calibrate   40 images           50 %  0:20 left   half", lines.get(4));
        assertEquals("calibrate   40 images          100 %  0:40", lines.get(9));
    }

    @Test
    void onATerminalOneLineIsRewrittenAtMostTenTimesASecond() {
        Progress progress = progress(true);
        progress.begin("tqt", "22 blocks", 1000);
        for (int i = 1; i <= 1000; i++) {
            now.addAndGet(1_000_000L);
            progress.step(i);
        }
        progress.end();
        assertEquals(11, text.toString().chars().filter(c -> c == '\r').count());
        assertEquals(1, text.toString().lines().filter(l -> !l.isEmpty() && l.contains("100 %")).count());
        assertTrue(text.toString().endsWith(System.lineSeparator()));
    }

    @Test
    void shorterLinesLeaveNothingOfLongerOnesBehind() {
        Progress progress = progress(true);
        progress.begin("tqt", "x", 10);
        progress.step(1, "a long note");
        now.addAndGet(1_000_000_000L);
        progress.step(2, "b");
        String[] drawn = text.toString().split("\r");
        assertEquals(drawn[1].length(), drawn[2].length());
    }

    @Test
    void misspeltNamesFindTheirNeighbour() {
        List<String> names = List.of("--calib", "--calib-steps", "--target");
        assertEquals(Optional.of("--calib"), Nearest.to("--calb", names));
        assertEquals(Optional.of("--target"), Nearest.to("--tagret", names));
        assertEquals(Optional.empty(), Nearest.to("--frobnicate", names));
        assertEquals("; did you mean '--calib-steps'?", Nearest.hint("--calib-step", names));
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void aFolderThatTakesNoFilesIsNamedAsTheReason() {
        String refusal = refusal(Path.of("/proc/model.espdl"));
        assertTrue(refusal.endsWith("its folder takes no new files") || refusal.endsWith("no permission"), refusal);
    }

    private String refusal(Path file) {
        BitgrainException e = assertThrows(BitgrainException.class, () -> WholeFile.write(file, out -> out.write(1)));
        assertEquals(BitgrainException.Kind.CANNOT_WRITE, e.kind());
        return e.getMessage();
    }

    private List<Path> files() throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.toList();
        }
    }

    @Test
    void aFailedWriteLeavesTheOldFileAndNoOther() throws IOException {
        Path file = Files.writeString(folder.resolve("x"), "old");
        BitgrainException e = assertThrows(BitgrainException.class, () -> WholeFile.write(file, out -> {
            out.write(new byte[100_000]);
            throw new IOException("disk full");
        }));
        assertEquals(file + ": cannot be written: disk full", e.getMessage());
        assertEquals("old", Files.readString(file));
        assertEquals(List.of(file), files());
    }

    @Test
    void aWrittenFileReplacesTheOldOneThroughALink() throws IOException {
        Path file = Files.writeString(folder.resolve("x"), "old");
        Path link = Files.createSymbolicLink(folder.resolve("link"), file);
        WholeFile.write(link, out -> out.write("new".getBytes(StandardCharsets.UTF_8)));
        assertEquals("new", Files.readString(file));
        assertTrue(Files.isSymbolicLink(link));
        assertEquals(2, files().size());
    }

    @Test
    void impossibleTargetsAreRefusedBeforehand() throws IOException {
        assertEquals(folder + ": cannot be written: it is a folder", refusal(folder));
        Path missing = folder.resolve("no/x");
        assertEquals(missing + ": cannot be written: there is no folder " + folder.resolve("no"), refusal(missing));
        Path file = Files.writeString(folder.resolve("f"), "");
        Path below = file.resolve("x");
        assertEquals(below + ": cannot be written: " + file + " is not a folder", refusal(below));
        assertThrows(BitgrainException.class, () -> WholeFile.makeFolder(below));
        WholeFile.makeFolder(folder.resolve("a/b"));
        assertTrue(Files.isDirectory(folder.resolve("a/b")));
    }

    @Test
    void aFullDeviceIsAnOutputThatCannotBeWritten() {
        Path full = Path.of("/dev/full");
        assumeTrue(Files.exists(full), "no /dev/full here");
        assertTrue(refusal(full).startsWith("/dev/full: cannot be written: "));
        assertTrue(Files.exists(full));
        assertFalse(Files.isRegularFile(full));
    }

    @Test
    void jsonHasNoNaN() {
        assertEquals(null, Json.number(Double.NaN));
        assertEquals(0.5, Json.number(0.5));
    }
}
