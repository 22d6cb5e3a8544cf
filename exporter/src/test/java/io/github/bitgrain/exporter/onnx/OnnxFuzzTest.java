package io.github.bitgrain.exporter.onnx;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.bitgrain.core.BitgrainException;
import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** Damaged files end in one line of error or are read; nothing else may happen. */
class OnnxFuzzTest {
    private static final int MUTATIONS = 2000;
    private final byte[] whole = OnnxWriter.write(SmallNetwork.build());

    @Test
    void everyTruncationIsRefusedOrRead() {
        for (int length = 0; length < whole.length; length += 1 + whole.length / 500) {
            read(Arrays.copyOf(whole, length), "cut at " + length);
        }
    }

    @Test
    void mutatedFilesAreRefusedOrRead() {
        SplittableRandom random = new SplittableRandom(11);
        for (int i = 0; i < MUTATIONS; i++) {
            byte[] bytes = whole.clone();
            int changes = 1 + random.nextInt(4);
            for (int c = 0; c < changes; c++) {
                bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
            }
            read(bytes, "mutation " + i);
        }
    }

    @Test
    void randomBytesAreRefused() {
        SplittableRandom random = new SplittableRandom(13);
        for (int i = 0; i < 300; i++) {
            byte[] bytes = new byte[random.nextInt(400)];
            random.nextBytes(bytes);
            assertTrue(read(bytes, "random " + i), "random bytes were taken for a model");
        }
    }

    /** Whether the file was refused. */
    private static boolean read(byte[] bytes, String what) {
        try {
            OnnxReader.read("broken.onnx", null, bytes);
            return false;
        } catch (BitgrainException e) {
            assertEquals(65, e.kind().exitCode(), what + ": " + e.getMessage());
            assertTrue(e.getMessage().startsWith("broken.onnx: "), what + ": " + e.getMessage());
            assertEquals(1, e.getMessage().lines().count(), what);
            return true;
        } catch (RuntimeException | Error e) {
            throw new AssertionError(what + ": " + e, e);
        }
    }
}
