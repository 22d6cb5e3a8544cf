package io.github.bitgrain.exporter.espdl;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.flatbuffers.FlatBufferBuilder;
import io.github.bitgrain.core.BitgrainException;
import io.github.bitgrain.testing.SharedData;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Whatever bytes a file holds, reading it gives a program or one line of explanation. */
class HostileFileTest {
    private static final int HEADER = 16;
    private static final int CASES = 6000;
    private static final int[] EXTREMES = {
        0, 1, -1, 2, 3, 4, 7, 15, 16, 255, 256, Integer.MAX_VALUE, Integer.MIN_VALUE, 0x10000000, 0x3FFFFFFF, 0x40000000, 0x7FFFFFF0};

    @Test
    void mutatedFilesAreReadOrRefusedInOneLine() {
        Random random = new Random(20240229);
        byte[] original = EspdlWriter.write(Samples.oneOfEverything());
        int refused = mutate(original, random, CASES);
        // Most mutations of a small file hit something that matters, but not all: otherwise nothing was tested.
        assertTrue(refused > CASES / 4 && refused < CASES, refused + " refused");
    }

    @Test
    void mutatedPublishedFilesAreReadOrRefusedInOneLine() throws IOException {
        Random random = new Random(4711);
        for (String name : List.of("esp32p4_sine_run", "c_linear_ishap_1_31_kshap_32_31_relu_s8")) {
            byte[] original = Files.readAllBytes(SharedData.path("golden/espdl-vectors/" + name + ".espdl"));
            mutate(original, random, CASES / 4);
        }
    }

    @Test
    void everyTruncationIsRefusedInOneLine() {
        byte[] original = EspdlWriter.write(Samples.oneOfEverything());
        for (int length = 0; length < original.length; length++) {
            assertTrue(isRefused(Arrays.copyOf(original, length)), "cut at " + length);
            if (length >= HEADER) {
                byte[] cut = Arrays.copyOf(original, length);
                ByteBuffer.wrap(cut).order(ByteOrder.LITTLE_ENDIAN).putInt(8, length - HEADER);
                isRefused(cut);
            }
        }
    }

    @Test
    void aSmallFileThatDescribesAnEnormousTreeIsRefused() {
        // 20,000 entries that all refer to one node, which has 20,000 attributes that are all the same.
        int many = 20_000;
        FlatBufferBuilder builder = new FlatBufferBuilder(1 << 20);
        builder.startTable(EspdlSchema.Attribute.FIELDS);
        builder.addInt(EspdlSchema.Attribute.ATTR_TYPE, EspdlSchema.Attribute.TYPE_INT, 0);
        int attribute = builder.endTable();
        int attributes = repeated(builder, attribute, many);
        builder.startTable(EspdlSchema.Node.FIELDS);
        builder.addOffset(EspdlSchema.Node.ATTRIBUTE, attributes, 0);
        int node = builder.endTable();
        int nodes = repeated(builder, node, many);
        builder.startTable(EspdlSchema.Graph.FIELDS);
        builder.addOffset(EspdlSchema.Graph.NODE, nodes, 0);
        int graph = builder.endTable();
        builder.startTable(EspdlSchema.Model.FIELDS);
        builder.addOffset(EspdlSchema.Model.GRAPH, graph, 0);
        builder.finish(builder.endTable());
        byte[] file = EspdlContainer.enclose(builder.dataBuffer());
        assertTimeoutPreemptively(Duration.ofSeconds(20), () -> assertTrue(isRefused(file)));
    }

    @Test
    void hugeCountsAllocateNothing() {
        byte[] original = EspdlWriter.write(Samples.oneOfEverything());
        for (int at = HEADER; at < original.length - 4; at += 4) {
            byte[] mutated = original.clone();
            ByteBuffer.wrap(mutated).order(ByteOrder.LITTLE_ENDIAN).putInt(at, 0x7FFFFFF7);
            isRefused(mutated);
        }
    }

    private static int repeated(FlatBufferBuilder builder, int offset, int times) {
        int[] offsets = new int[times];
        Arrays.fill(offsets, offset);
        return builder.createVectorOfTables(offsets);
    }

    private static int mutate(byte[] original, Random random, int cases) {
        List<Integer> structural = offsetWords(original);
        int refused = 0;
        for (int i = 0; i < cases; i++) {
            byte[] mutated = original.clone();
            int changes = 1 + random.nextInt(3);
            for (int c = 0; c < changes; c++) {
                change(mutated, structural, random);
            }
            if (isRefused(mutated)) {
                refused++;
            }
        }
        return refused;
    }

    /** Aligned words that read as an offset to another place in the file: where the structure lies. */
    private static List<Integer> offsetWords(byte[] file) {
        ByteBuffer words = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN);
        List<Integer> places = new ArrayList<>();
        for (int at = HEADER; at <= file.length - 4; at += 4) {
            int word = words.getInt(at);
            if (word > 0 && word < file.length - at) {
                places.add(at);
            }
        }
        return places;
    }

    private static void change(byte[] file, List<Integer> structural, Random random) {
        ByteBuffer words = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN);
        int at = structural.get(random.nextInt(structural.size()));
        switch (random.nextInt(6)) {
            case 0 -> words.putInt(at, EXTREMES[random.nextInt(EXTREMES.length)]);
            case 1 -> words.putInt(at, words.getInt(at) + random.nextInt(-8, 9));
            case 2 -> words.putInt(at, random.nextInt(file.length));
            case 3 -> words.putInt(at, words.getInt(structural.get(random.nextInt(structural.size()))));
            case 4 -> words.putShort(HEADER + 2 * random.nextInt((file.length - HEADER) / 2), (short) random.nextInt());
            default -> file[HEADER + random.nextInt(file.length - HEADER)] ^= (byte) (1 << random.nextInt(8));
        }
    }

    private static boolean isRefused(byte[] content) {
        try {
            EspdlReader.read("hostile", content);
            return false;
        } catch (BitgrainException e) {
            assertEquals(BitgrainException.Kind.BAD_INPUT, e.kind(), e.getMessage());
            assertTrue(e.getMessage().startsWith("hostile: "), e.getMessage());
            return true;
        }
    }

    @Test
    void messagesStayOnOneLineWhateverNamesAFileHolds() {
        byte[] file = EspdlWriter.write(Samples.oneOfEverything());
        // The node's input "shape", created first and so the last in the file, becomes a name with a line break.
        String text = new String(file, java.nio.charset.StandardCharsets.ISO_8859_1);
        int at = text.lastIndexOf("shape");
        file[at] = '\n';
        BitgrainException refused = assertThrows(BitgrainException.class, () -> EspdlReader.read("hostile", file));
        assertFalse(refused.getMessage().contains("\n"), refused.getMessage());
    }
}
