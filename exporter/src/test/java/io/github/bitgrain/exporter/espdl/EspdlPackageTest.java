package io.github.bitgrain.exporter.espdl;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.bitgrain.core.BitgrainException;
import io.github.bitgrain.simulator.ChipProgram;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class EspdlPackageTest {
    private static final byte[] KEY = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};
    private static final List<String> NAMES = List.of("big.espdl", "face.espdl", "größe.espdl");

    private static ChipProgram program(int version) {
        return Samples.oneOfEverything().edit().modelVersion(version).build();
    }

    private static List<byte[]> models(boolean legacy, boolean encrypted) {
        List<byte[]> models = new ArrayList<>();
        for (int i = 0; i < NAMES.size(); i++) {
            byte[] model = EspdlWriter.write(program(i + 1));
            models.add(encrypted ? encrypt(model) : legacy ? legacy(model) : model);
        }
        return models;
    }

    private static byte[] encrypt(byte[] model) {
        byte[] encrypted = model.clone();
        byte[] payload = EspdlContainer.crypt("m", model, 16, model.length - 16, KEY);
        System.arraycopy(payload, 0, encrypted, 16, payload.length);
        encrypted[4] = 1;
        return encrypted;
    }

    private static byte[] legacy(byte[] model) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.write(model, 0, 3);
        out.write('1');
        out.write(model, 4, 8);
        out.write(model, 16, model.length - 16);
        return out.toByteArray();
    }

    /** The layout of spec/espdl-format.md §1.4, as the reference packer writes it. */
    private static byte[] pack(String magic, List<byte[]> models) throws Exception {
        boolean digest = magic.equals("PDL3");
        int align = magic.equals("PDL1") ? 1 : 16;
        int head = digest ? 56 : 4;
        int at = head + 4 + 12 * models.size();
        ByteBuffer out = ByteBuffer.allocate(1 << 20).order(ByteOrder.LITTLE_ENDIAN);
        out.put(magic.getBytes(StandardCharsets.US_ASCII));
        out.putInt(head, models.size());
        int[] nameAt = new int[models.size()];
        for (int i = 0; i < models.size(); i++) {
            byte[] name = NAMES.get(i).getBytes(StandardCharsets.UTF_8);
            out.put(at, name);
            out.putInt(head + 4 + 12 * i + 4, at);
            out.putInt(head + 4 + 12 * i + 8, name.length);
            nameAt[i] = at;
            at += name.length;
        }
        for (int i = 0; i < models.size(); i++) {
            at = Math.ceilDiv(at, align) * align;
            out.putInt(head + 4 + 12 * i, at);
            out.put(at, models.get(i));
            at += models.get(i).length;
        }
        at = Math.ceilDiv(at, align) * align;
        if (digest) {
            out.put(4, "v1.0".getBytes(StandardCharsets.US_ASCII));
            out.putInt(20, at);
            byte[] all = Arrays.copyOf(out.array(), at);
            out.put(24, MessageDigest.getInstance("SHA-256").digest(all));
        }
        return Arrays.copyOf(out.array(), at);
    }

    private static ChipProgram read(byte[] file, byte[] key, String model) {
        return EspdlReader.read("p", file, new EspdlAccess(key, model));
    }

    private static String refusal(BitgrainException.Kind kind, byte[] file, byte[] key, String model) {
        BitgrainException e = assertThrows(BitgrainException.class, () -> read(file, key, model));
        assertEquals(kind, e.kind(), e.getMessage());
        assertEquals(1, e.getMessage().lines().count());
        return e.getMessage();
    }

    @ParameterizedTest
    @ValueSource(strings = {"PDL1", "PDL2", "PDL3"})
    void everyModelIsFoundByNameAndByPosition(String magic) throws Exception {
        byte[] file = pack(magic, models(magic.equals("PDL1"), false));
        for (int i = 0; i < NAMES.size(); i++) {
            ChipProgram byName = read(file, null, NAMES.get(i));
            assertEquals(program(i + 1), byName);
            assertEquals(byName, read(file, null, String.valueOf(i)));
            assertEquals(byName, read(file, null, NAMES.get(i).replace(".espdl", "")));
            assertEquals(byName, EspdlReader.read("again", EspdlWriter.write(byName)));
        }
        assertEquals("p: is a package of 3 models, choose one with --model: big.espdl, face.espdl, größe.espdl",
                refusal(BitgrainException.Kind.USAGE, file, null, null));
        assertEquals("p: is a package of 3 models, none of them is 3: big.espdl, face.espdl, größe.espdl",
                refusal(BitgrainException.Kind.USAGE, file, null, "3"));
    }

    @Test
    void theOnlyModelNeedsNoName() throws Exception {
        byte[] file = pack("PDL3", models(false, false).subList(0, 1));
        assertEquals(program(1), read(file, null, null));
        assertEquals("m: holds one model, not a package; leave out which one (0)", assertThrows(BitgrainException.class,
                () -> EspdlReader.read("m", EspdlWriter.write(program(1)), new EspdlAccess(null, "0"))).getMessage());
    }

    @Test
    void encryptedModelsOfAPackageAreReadWithTheKeyAndRefusedWithAnother() throws Exception {
        byte[] file = pack("PDL3", models(false, true));
        assertEquals(program(2), read(file, KEY, "face"));
        assertEquals("p: is encrypted; give its 16-byte AES key (--key)", refusal(BitgrainException.Kind.BAD_INPUT, file, null, "face"));
        Random random = new Random(1);
        for (int i = 0; i < 500; i++) {
            byte[] wrong = new byte[16];
            random.nextBytes(wrong);
            assertTrue(refusal(BitgrainException.Kind.BAD_INPUT, file, wrong, "face").endsWith("is the key right?"));
        }
    }

    @Test
    void oneChangedBitBreaksTheChecksum() throws Exception {
        byte[] file = pack("PDL3", models(false, false));
        for (int at : new int[] {5, 24, 60, 200, file.length - 1}) {
            byte[] changed = file.clone();
            changed[at] ^= 4;
            assertEquals("p: byte 24: the SHA-256 of the package does not fit its content; the file is damaged",
                    refusal(BitgrainException.Kind.BAD_INPUT, changed, null, "0"));
        }
    }

    @Test
    void damagedTablesAreRefusedWithTheirPlace() throws Exception {
        byte[] file = pack("PDL2", models(false, false));
        assertEquals("p: byte 8: a model starts at byte 4294967295, past the end of the file", refusal(BitgrainException.Kind.BAD_INPUT, with(file, 8, -1), null, "0"));
        assertEquals("p: byte 8: the name of a model reaches past the end of the file", refusal(BitgrainException.Kind.BAD_INPUT, with(file, 12, -1), null, "0"));
        assertEquals("p: byte 8: the table of 4294967295 models reaches past the end of the file", refusal(BitgrainException.Kind.BAD_INPUT, with(file, 4, -1), null, "0"));
        assertEquals("p: byte 4: the package holds no models", refusal(BitgrainException.Kind.BAD_INPUT, with(file, 4, 0), null, "0"));
        assertEquals("p: byte 4: is no .espdl model: it starts neither with EDL2 nor with EDL1", refusal(BitgrainException.Kind.BAD_INPUT, with(file, 8, 4), null, "0"));
        for (int length = 12; length < file.length; length += 97) {
            byte[] cut = Arrays.copyOf(file, length);
            refusal(BitgrainException.Kind.BAD_INPUT, cut, null, "2");
        }
    }

    private static byte[] with(byte[] file, int at, int word) {
        byte[] changed = file.clone();
        ByteBuffer.wrap(changed).order(ByteOrder.LITTLE_ENDIAN).putInt(at, word);
        return changed;
    }

    @Test
    void keysAreReadAsPeopleHaveThem() {
        assertArrayEquals(KEY, EspdlAccess.parseKey("0102030405060708090a0B0c0d0e0f10"));
        assertArrayEquals(KEY, EspdlAccess.parseKey("0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08, 0x09, 0x0a, 0x0b, 0x0c, 0x0d, 0x0e, 0x0f, 0x10"));
        assertThrows(BitgrainException.class, () -> EspdlAccess.parseKey("0102"));
    }
}
