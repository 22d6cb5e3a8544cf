package io.github.bitgrain.cli.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.bitgrain.core.BitgrainException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

public class NpyTest {
    @TempDir
    Path folder;

    /** A file of the given version with any header text, followed by the data. */
    static byte[] npy(int version, String dictionary, byte[] data) {
        int lengthBytes = version == 1 ? 2 : 4;
        ByteBuffer bytes = ByteBuffer.allocate(8 + lengthBytes + dictionary.length() + 1 + data.length)
                .order(ByteOrder.LITTLE_ENDIAN);
        bytes.put(new byte[] {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y', (byte) version, 0});
        if (version == 1) {
            bytes.putShort((short) (dictionary.length() + 1));
        } else {
            bytes.putInt(dictionary.length() + 1);
        }
        return bytes.put(dictionary.getBytes(StandardCharsets.US_ASCII)).put((byte) '\n').put(data).array();
    }

    public static byte[] floats(List<Integer> shape, float... values) {
        try {
            ByteArrayOutputStream out = new ByteArrayOutputStream();
            new NpyWriter(out, ElementType.FLOAT32, shape).write(values);
            return out.toByteArray();
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private Path file(byte[] bytes) throws IOException {
        return Files.write(folder.resolve("x.npy"), bytes);
    }

    private String refusal(byte[] bytes) throws IOException {
        Path file = file(bytes);
        BitgrainException e = assertThrows(BitgrainException.class, () -> {
            try (NpySamples samples = NpySamples.of(file)) {
                samples.read(0, samples.count());
            }
        });
        assertEquals(BitgrainException.Kind.BAD_INPUT, e.kind());
        assertTrue(e.getMessage().startsWith(file + ": "), e.getMessage());
        assertEquals(1, e.getMessage().lines().count(), e.getMessage());
        return e.getMessage().substring((file + ": ").length());
    }

    @ParameterizedTest
    @CsvSource({"FLOAT32", "INT8", "UINT8", "INT16", "INT32", "INT64"})
    void whatIsWrittenIsReadBack(ElementType type) throws IOException {
        int[] values = {0, 1, 2, 100, 5, 6, 7, 127, 9, 10, 11, 12};
        float[] same = {0, 1, 2, 100, 5, 6, 7, 127, 9, 10, 11, 12};
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        NpyWriter writer = new NpyWriter(out, type, List.of(3, 2, 2));
        if (type.isFloat()) {
            writer.write(same);
        } else {
            writer.write(values);
        }
        byte[] bytes = out.toByteArray();
        int dataStart = bytes.length - 12 * type.bytes();
        assertEquals(0, dataStart % 64, "elements begin at a multiple of 64 bytes");
        CRC32 crc = new CRC32();
        crc.update(bytes, dataStart, bytes.length - dataStart);
        assertEquals(crc.getValue(), writer.crc32());
        try (NpySamples samples = NpySamples.of(file(bytes))) {
            assertEquals(type, samples.type());
            assertEquals(3, samples.count());
            assertEquals(List.of(2, 2), samples.shape());
            ByteBuffer second = samples.read(1, 2);
            for (int i = 0; i < 8; i++) {
                assertEquals(same[4 + i], type.floatAt(second, i));
            }
        }
    }

    @Test
    void oneLongerThanTheChunkIsWrittenWhole() throws IOException {
        float[] values = new float[10_001];
        Random random = new Random(1);
        for (int i = 0; i < values.length; i++) {
            values[i] = random.nextFloat();
        }
        try (NpySamples samples = NpySamples.of(file(floats(List.of(values.length), values)))) {
            ByteBuffer data = samples.read(0, values.length);
            for (int i = 0; i < values.length; i++) {
                assertEquals(values[i], data.getFloat(4 * i));
            }
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3})
    void allFormatVersionsAndLooseHeadersAreRead(int version) throws IOException {
        byte[] data = {1, 2, 3, 4, 5, 6};
        String header = "{ \"shape\" : (2L, 3) , 'fortran_order':False,'descr': '=u1' }";
        try (NpySamples samples = NpySamples.of(file(npy(version, header, data)))) {
            assertArrayEquals(new long[] {1, 2, 3, 4, 5, 6}, samples.longs());
        }
    }

    @Test
    void samplesMayBeReadInAnyOrder() throws IOException {
        try (NpySamples samples = NpySamples.of(file(floats(List.of(5), 0, 1, 2, 3, 4)))) {
            for (int first : new int[] {3, 0, 1, 4, 2, 2}) {
                assertEquals(first, samples.read(first, 1).getFloat(0));
            }
            assertThrows(IndexOutOfBoundsException.class, () -> samples.read(4, 2));
        }
    }

    @Test
    void doublesAreRoundedToFloat() throws IOException {
        byte[] data = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putDouble(0.1).array();
        String header = "{'descr': '<f8', 'fortran_order': False, 'shape': (1,), }";
        try (NpySamples samples = NpySamples.of(file(npy(1, header, data)))) {
            assertEquals(0.1f, samples.type().floatAt(samples.read(0, 1), 0));
        }
    }

    @Test
    void brokenFilesAreRefusedInOneLine() throws IOException {
        byte[] good = floats(List.of(2, 3), 1, 2, 3, 4, 5, 6);
        assertEquals("the file is empty", refusal(new byte[0]));
        assertEquals("not a NumPy array file; write it with numpy.save", refusal("hello, world".getBytes(StandardCharsets.UTF_8)));
        assertEquals("the file ends inside its header", refusal(Arrays.copyOf(good, 7)));
        assertEquals("the file ends inside its header", refusal(Arrays.copyOf(good, 100)));
        assertEquals(
                "the file ends early: 2 samples of 12 bytes are stated, 1 are there", refusal(Arrays.copyOf(good, good.length - 1)));
        assertEquals("4 bytes follow the array; a file holds one array only", refusal(Arrays.copyOf(good, good.length + 4)));
        byte[] newer = good.clone();
        newer[6] = 9;
        assertEquals("NumPy file format 9.0 is not known; write the file with numpy.save", refusal(newer));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '~', value = {
        "{'descr': '<f4', 'fortran_order': True, 'shape': (1,), }~ Fortran order; save numpy.ascontiguousarray",
        "{'descr': '>f4', 'fortran_order': False, 'shape': (1,), }~ element type '>f4' is not supported; convert with x.astype",
        "{'descr': '<f2', 'fortran_order': False, 'shape': (1,), }~ element type '<f2' is not supported; convert with x.astype",
        "{'descr': '|O', 'fortran_order': False, 'shape': (1,), }~ element type '|O' is not supported",
        "{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,), }~ structured arrays are not supported",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (), }~ holds a single value",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (0, 3), }~ holds no samples (shape [0, 3])",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999, 3), }~ the shape is larger than any file",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (99999, 99999, 99999, 99999), }~ the shape is larger than any file",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (-1,), }~ a shape holds something other than numbers",
        "{'descr': '<f4', 'fortran_order': Maybe, 'shape': (1,), }~ fortran_order is neither True nor False",
        "{'descr': '<f4', 'fortran_order': False, }~ descr, fortran_order or shape is missing",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (1~ it ends early",
        "{'descr': '<f4~ it ends early",
        "{'color': 'red'}~ unknown entry 'color'",
        "import os~ '{' is missing at character 0",
    })
    void headersThatCannotBeUsedAreRefusedWithTheReason(String header, String reason) throws IOException {
        String message = refusal(npy(1, header.strip(), new byte[4]));
        assertTrue(message.contains(reason.strip()), message);
    }

    @ParameterizedTest
    @ValueSource(floats = {Float.NaN, Float.POSITIVE_INFINITY})
    void nanAndInfinityAreNamedWithTheirPlace(float value) throws IOException {
        assertEquals(
                "sample 1 holds " + value + " at element 2; clean the data first",
                refusal(floats(List.of(2, 3), 1, 2, 3, 4, 5, value)));
    }

    @Test
    void floatLabelsAreRefused() throws IOException {
        try (Samples samples = InputData.array(file(floats(List.of(2), 1, 2)))) {
            BitgrainException e = assertThrows(BitgrainException.class, samples::longs);
            assertTrue(e.getMessage().contains("float32 where integers are needed"), e.getMessage());
        }
    }

    @Test
    void mutatedFilesNeverEscapeAsAnythingElse() throws IOException {
        byte[] good = floats(List.of(2, 3), 1, 2, 3, 4, 5, 6);
        Random random = new Random(7);
        for (int round = 0; round < 3000; round++) {
            byte[] bytes = good.clone();
            for (int k = random.nextInt(1, 4); k > 0; k--) {
                bytes[random.nextInt(random.nextBoolean() ? 80 : bytes.length)] = (byte) random.nextInt();
            }
            Path file = file(random.nextInt(4) == 0 ? Arrays.copyOf(bytes, random.nextInt(bytes.length)) : bytes);
            try (NpySamples samples = NpySamples.of(file)) {
                samples.read(0, samples.count());
            } catch (BitgrainException e) {
                assertEquals(BitgrainException.Kind.BAD_INPUT, e.kind());
            }
        }
    }

    public static Path npz(Path file, boolean compressed, Object... namesAndBytes) throws IOException {
        try (OutputStream out = Files.newOutputStream(file); ZipOutputStream zip = new ZipOutputStream(out)) {
            for (int i = 0; i < namesAndBytes.length; i += 2) {
                byte[] bytes = (byte[]) namesAndBytes[i + 1];
                ZipEntry entry = new ZipEntry(namesAndBytes[i] + ".npy");
                if (!compressed) {
                    CRC32 crc = new CRC32();
                    crc.update(bytes);
                    entry.setMethod(ZipEntry.STORED);
                    entry.setSize(bytes.length);
                    entry.setCrc(crc.getValue());
                }
                zip.putNextEntry(entry);
                zip.write(bytes);
                zip.closeEntry();
            }
        }
        return file;
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void arraysOfAnNpzFileAreReadInAnyOrder(boolean compressed) throws IOException {
        Path file = npz(folder.resolve("x.npz"), compressed, "a", floats(List.of(3), 1, 2, 3), "b", floats(List.of(3, 2), 1, 2, 3, 4, 5, 6));
        try (Npz npz = Npz.of(file)) {
            assertEquals(List.of("a", "b"), List.copyOf(npz.arrays().keySet()));
            Samples b = npz.arrays().get("b");
            assertEquals(5, b.read(2, 1).getFloat(0));
            assertEquals(1, b.read(0, 1).getFloat(0));
            assertEquals(file + "[b]", b.name());
        }
    }

    @Test
    void somethingElseThanAZipFileIsNotAnNpzFile() throws IOException {
        Path file = Files.write(folder.resolve("x.npz"), floats(List.of(1), 1));
        BitgrainException e = assertThrows(BitgrainException.class, () -> Npz.of(file));
        assertTrue(e.getMessage().startsWith(file + ": not an .npz file: "), e.getMessage());
    }

    @Test
    void mutatedNpzFilesNeverEscapeAsAnythingElse() throws IOException {
        Path file = npz(folder.resolve("x.npz"), true, "a", floats(List.of(3), 1, 2, 3));
        byte[] good = Files.readAllBytes(file);
        Random random = new Random(3);
        for (int round = 0; round < 2000; round++) {
            byte[] bytes = good.clone();
            bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
            Files.write(file, random.nextInt(4) == 0 ? Arrays.copyOf(bytes, random.nextInt(bytes.length)) : bytes);
            try (Npz npz = Npz.of(file)) {
                for (Samples samples : npz.arrays().values()) {
                    samples.read(0, samples.count());
                }
            } catch (BitgrainException e) {
                assertEquals(BitgrainException.Kind.BAD_INPUT, e.kind());
            }
        }
    }
}
