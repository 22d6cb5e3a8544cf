package io.github.bitgrain.exporter.espdl;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.bitgrain.core.BitgrainException;
import io.github.bitgrain.simulator.ChipProgram;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.util.Arrays;
import java.util.stream.Stream;
import javax.crypto.Cipher;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EspdlFileTest {
    private static final int HEADER = 16;
    private final byte[] file = EspdlWriter.write(Samples.oneOfEverything());

    @Test
    void everythingSurvivesWritingAndReading() {
        ChipProgram read = EspdlReader.read("m", file);
        assertEquals(Samples.oneOfEverything(), read);
        assertArrayEquals(file, EspdlWriter.write(read));
    }

    @Test
    void theFileIsAnAlignedEdl2Container() {
        ByteBuffer words = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN);
        assertEquals("EDL2", new String(file, 0, 4));
        assertEquals(0, words.getInt(4));
        assertEquals(file.length - HEADER, words.getInt(8));
        assertEquals(0, words.getInt(12));
        assertEquals(0, file.length % 16);
    }

    @Test
    void rawDataStartsAtMultiplesOf16() {
        // The weight's six bytes occur once; the block that they begin is filled up with zeros.
        byte[] weight = {-128, 127, 0, 1, -1, 64, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0};
        for (int at = HEADER; at <= file.length - weight.length; at++) {
            if (Arrays.equals(file, at, at + weight.length, weight, 0, weight.length)) {
                assertEquals(0, at % 16);
                return;
            }
        }
        throw new AssertionError("the weight is not in the file");
    }

    @Test
    void theLegacyContainerIsRead() {
        byte[] legacy = new byte[file.length - 4];
        System.arraycopy(file, 0, legacy, 0, 12);
        System.arraycopy(file, HEADER, legacy, 12, file.length - HEADER);
        legacy[3] = '1';
        assertEquals(Samples.oneOfEverything(), EspdlReader.read("m", legacy));
    }

    @Test
    void anEncryptedFileIsReadWithItsKey() {
        byte[] key = sequence(1);
        byte[] encrypted = file.clone();
        byte[] payload = EspdlContainer.crypt("m", file, HEADER, file.length - HEADER, key);
        System.arraycopy(payload, 0, encrypted, HEADER, payload.length);
        encrypted[4] = 1;
        assertEquals(Samples.oneOfEverything(), EspdlReader.read("m", encrypted, new EspdlAccess(key, null)));
        assertEquals("m: is encrypted; give its 16-byte AES key (--key)", message(() -> EspdlReader.read("m", encrypted)));
        assertEquals("m: the AES key has 3 bytes instead of 16", message(() -> EspdlReader.read("m", encrypted, new EspdlAccess(new byte[3], null))));
    }

    @Test
    void theKeyStreamStartsWithTheLoadersCounterBlock() throws GeneralSecurityException {
        // CTR of zeros is the encrypted counter block 10 11 … 1F itself.
        byte[] stream = EspdlContainer.crypt("m", new byte[16], 0, 16, new byte[16]);
        Cipher cipher = Cipher.getInstance("AES/ECB/NoPadding");
        cipher.init(Cipher.ENCRYPT_MODE, new SecretKeySpec(new byte[16], "AES"));
        assertArrayEquals(cipher.doFinal(sequence(0x10)), stream);
    }

    private static byte[] sequence(int first) {
        byte[] bytes = new byte[16];
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = (byte) (first + i);
        }
        return bytes;
    }

    @Test
    void whatIsNoModelIsRefusedInOneLine() {
        assertEquals("m: is no .espdl model: 0 bytes are shorter than the header", refusal(new byte[0]));
        assertEquals("m: is no .espdl model: it starts neither with EDL2 nor with EDL1", refusal(new byte[100]));
        byte[] pack = file.clone();
        System.arraycopy("PDL3".getBytes(), 0, pack, 0, 4);
        assertEquals("m: byte 20: the package states 0 bytes, the file has " + pack.length, refusal(pack));
        byte[] mode = file.clone();
        mode[4] = 9;
        assertEquals("m: byte 4: unknown encryption mode 9", refusal(mode));
        assertEquals("m: ends at byte " + (file.length - 1) + ", its header promises " + file.length,
                refusal(Arrays.copyOf(file, file.length - 1)));
    }

    @Test
    void aRootOffsetOutsideTheFileIsNamedWithItsPlace() {
        byte[] broken = file.clone();
        ByteBuffer.wrap(broken).order(ByteOrder.LITTLE_ENDIAN).putInt(HEADER, -2);
        assertTrue(refusal(broken).matches("m: byte \\d+: table Model .* reaches past the end of the file"), refusal(broken));
    }

    @Test
    void aMissingFileAndAnUnwritableFolderAreNamed(@TempDir Path folder) throws IOException {
        Path missing = folder.resolve("none.espdl");
        assertEquals(missing + ": no such file", message(() -> EspdlReader.read(missing)));
        Path nowhere = folder.resolve("no/such/folder.espdl");
        BitgrainException refused =
                assertThrows(BitgrainException.class, () -> EspdlWriter.write(Samples.oneOfEverything(), nowhere));
        assertEquals(BitgrainException.Kind.CANNOT_WRITE, refused.kind());
        assertEquals(nowhere + ": cannot be written: there is no folder " + nowhere.getParent(), refused.getMessage());
    }

    @Test
    void aWrittenFileStandsAlone(@TempDir Path folder) throws IOException {
        Path target = folder.resolve("m.espdl");
        Files.writeString(target, "old");
        EspdlWriter.write(Samples.oneOfEverything(), target);
        assertArrayEquals(file, Files.readAllBytes(target));
        try (Stream<Path> left = Files.list(folder)) {
            assertEquals(1, left.count());
        }
    }

    private static String refusal(byte[] content) {
        return message(() -> EspdlReader.read("m", content));
    }

    private static String message(Runnable reading) {
        return assertThrows(BitgrainException.class, reading::run).getMessage();
    }
}
