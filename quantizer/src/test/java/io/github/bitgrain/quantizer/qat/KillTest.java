package io.github.bitgrain.quantizer.qat;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.bitgrain.core.BitgrainException;
import io.github.bitgrain.core.graph.Model;
import io.github.bitgrain.kernels.Kernels;
import java.io.BufferedReader;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A training process that is killed (SIGKILL) again and again gives what one gives that is left alone. */
class KillTest {
    private static final int KILLS = 20;
    private static final long SEED = 20;

    @TempDir
    Path folder;

    private static String classPath() throws URISyntaxException {
        List<String> places = new ArrayList<>();
        for (Class<?> type : List.of(KillableTraining.class, Trainer.class, Model.class, Kernels.class)) {
            places.add(Path.of(type.getProtectionDomain().getCodeSource().getLocation().toURI()).toString());
        }
        // Under the module path both of this module's folders may hide behind one location.
        Path classes = Path.of(places.get(1)).resolveSibling("classes");
        places.add(classes.toString());
        places.add(classes.resolveSibling("test-classes").toString());
        return String.join(java.io.File.pathSeparator, places);
    }

    private Process start(Path checkpoints) throws IOException, URISyntaxException {
        return new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-XX:TieredStopAtLevel=1", "--add-modules",
                "jdk.incubator.vector", "-cp", classPath(), KillableTraining.class.getName(), checkpoints.toString())
                .redirectError(folder.resolve("errors.txt").toFile()).start();
    }

    private static int temporaries(Path folder) throws IOException {
        int count = 0;
        try (DirectoryStream<Path> files = Files.newDirectoryStream(folder, "*.tmp")) {
            for (Path file : files) {
                count += Files.exists(file) ? 1 : 0;
            }
        }
        return count;
    }

    @Test
    void twentyKillsChangeNoBit() throws IOException, URISyntaxException, InterruptedException {
        Path whole = Files.createDirectory(folder.resolve("whole"));
        KillableTraining.run(whole, KillableTraining.EPOCHS, 2);
        Path broken = Files.createDirectory(folder.resolve("broken"));
        Random random = new Random(SEED);
        int whileWriting = 0;
        int alive = 0;
        for (int kill = 0; kill < KILLS; kill++) {
            Process process = start(broken);
            BufferedReader lines = process.inputReader();
            int epochs = random.nextInt(2);
            for (int i = 0; i < epochs; i++) {
                assertTrue(lines.readLine() != null, () -> "the training ended by itself: " + errors());
            }
            if (kill % 2 == 0) {
                TimeUnit.MICROSECONDS.sleep(random.nextInt(epochs == 0 ? 800_000 : 40_000));
            } else {
                // In the middle of a checkpoint.
                while (process.isAlive() && temporaries(broken) == 0) {
                    LockSupport.parkNanos(100_000);
                }
            }
            alive += process.isAlive() ? 1 : 0;
            process.destroyForcibly().waitFor();
            whileWriting += temporaries(broken);
        }
        assertEquals(KILLS, alive, "every process was killed before its end");
        assertTrue(whileWriting > 0, "no process was killed while it wrote");
        Process last = start(broken);
        List<String> rest = last.inputReader().readAllLines();
        assertEquals(0, last.waitFor(), errors());
        assertTrue(rest.size() > 1 && !rest.getFirst().equals("epoch 0"), "the last run went on: " + rest);
        for (String file : new String[] {KillableTraining.RESULT, "latest.ckpt", "best.ckpt"}) {
            assertArrayEquals(Files.readAllBytes(whole.resolve(file)), Files.readAllBytes(broken.resolve(file)), file);
        }
        assertEquals(0, temporaries(broken), "what killed processes left is cleared away");
    }

    private String errors() {
        try {
            return Files.readString(folder.resolve("errors.txt"));
        } catch (IOException e) {
            return e.toString();
        }
    }

    /** A damaged checkpoint is refused, and both files stay as they were: whoever can repair them loses nothing. */
    @Test
    void aDamagedCheckpointIsLeftAlone() throws IOException {
        KillableTraining.run(folder, 2, 1);
        byte[] best = Files.readAllBytes(folder.resolve("best.ckpt"));
        byte[] latest = Files.readAllBytes(folder.resolve("latest.ckpt"));
        latest[latest.length / 2] ^= 1;
        Files.write(folder.resolve("latest.ckpt"), latest);
        String refusal = assertThrows(BitgrainException.class, () -> KillableTraining.run(folder, 2, 1)).getMessage();
        assertTrue(refusal.startsWith(folder.resolve("latest.ckpt") + ": is damaged or cut short"), refusal);
        assertFalse(refusal.contains("\n"), refusal);
        assertArrayEquals(latest, Files.readAllBytes(folder.resolve("latest.ckpt")));
        assertArrayEquals(best, Files.readAllBytes(folder.resolve("best.ckpt")));
    }
}
