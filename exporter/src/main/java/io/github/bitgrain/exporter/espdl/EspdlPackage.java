package io.github.bitgrain.exporter.espdl;

import io.github.bitgrain.core.BitgrainException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.List;

/**
 * Several models in one file ({@code PDL1}, {@code PDL2}, and {@code PDL3} with version and SHA-256): a table of offsets and
 * names, then whole single-model files.
 */
final class EspdlPackage {
    /** What the magic of every package begins with. */
    static final String PREFIX = "PDL";

    private static final int MAGIC_BYTES = 4;
    private static final int ENTRY_BYTES = 3 * Integer.BYTES;
    private static final int SIZE_AT = 20;
    private static final int DIGEST_AT = 24;
    private static final int DIGEST_BYTES = 32;
    private static final int COUNT_AT_WITH_DIGEST = DIGEST_AT + DIGEST_BYTES;

    /** A model: its name, and where it starts in the file. */
    record Entry(String name, int start) {}

    private final String file;
    private final byte[] content;
    private final ByteBuffer words;

    private EspdlPackage(String file, byte[] content) {
        this.file = file;
        this.content = content;
        this.words = ByteBuffer.wrap(content).order(ByteOrder.LITTLE_ENDIAN);
    }

    /** Whether a file is a package. */
    static boolean is(String magic) {
        return magic.startsWith(PREFIX);
    }

    /**
     * The models of a package, in its order.
     *
     * @throws BitgrainException (bad input) naming the byte, if the table or the checksum is wrong
     */
    static List<Entry> entries(String file, byte[] content) {
        return new EspdlPackage(file, content).read();
    }

    /**
     * The model that was asked for.
     *
     * @param wanted its name, with or without {@code .espdl}, or its position; null: the only one
     * @throws BitgrainException (usage) if there is none of this name or more than one to choose from
     */
    static Entry choose(String file, List<Entry> entries, String wanted) {
        if (wanted == null && entries.size() == 1) {
            return entries.getFirst();
        }
        for (Entry entry : entries) {
            if (entry.name.equals(wanted) || entry.name.equals(wanted + ".espdl")) {
                return entry;
            }
        }
        if (wanted != null && wanted.matches("\\d{1,9}") && Integer.parseInt(wanted) < entries.size()) {
            return entries.get(Integer.parseInt(wanted));
        }
        throw BitgrainException.usage(file + ": is a package of " + entries.size() + " models, "
                + (wanted == null ? "choose one with --model" : "none of them is " + wanted) + ": "
                + String.join(", ", entries.stream().map(Entry::name).toList()));
    }

    private List<Entry> read() {
        String magic = new String(content, 0, MAGIC_BYTES, StandardCharsets.ISO_8859_1);
        int countAt = switch (magic) {
            case "PDL1", "PDL2" -> MAGIC_BYTES;
            case "PDL3" -> COUNT_AT_WITH_DIGEST;
            default -> throw bad(0, "unknown kind of package " + magic + "; PDL1, PDL2 and PDL3 are read");
        };
        require(countAt, Integer.BYTES, "the number of models");
        if (countAt == COUNT_AT_WITH_DIGEST) {
            checkDigest();
        }
        long count = Integer.toUnsignedLong(words.getInt(countAt));
        int table = countAt + Integer.BYTES;
        require(table, count * ENTRY_BYTES, "the table of " + count + " models");
        if (count == 0) {
            throw bad(countAt, "the package holds no models");
        }
        List<Entry> entries = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            entries.add(entry(table + i * ENTRY_BYTES));
        }
        return entries;
    }

    private Entry entry(int at) {
        long start = Integer.toUnsignedLong(words.getInt(at));
        long nameAt = Integer.toUnsignedLong(words.getInt(at + Integer.BYTES));
        long nameLength = Integer.toUnsignedLong(words.getInt(at + 2 * Integer.BYTES));
        if (start >= content.length) {
            throw bad(at, "a model starts at byte " + start + ", past the end of the file");
        }
        if (nameAt + nameLength > content.length) {
            throw bad(at, "the name of a model reaches past the end of the file");
        }
        try {
            String name = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(content, (int) nameAt, (int) nameLength)).toString();
            return new Entry(name, (int) start);
        } catch (CharacterCodingException e) {
            throw bad(nameAt, "the name of a model is not UTF-8");
        }
    }

    /** SHA-256 over the package, its own 32 bytes taken as zero. */
    private void checkDigest() {
        long size = Integer.toUnsignedLong(words.getInt(SIZE_AT));
        if (size < COUNT_AT_WITH_DIGEST || size > content.length) {
            throw bad(SIZE_AT, "the package states " + size + " bytes, the file has " + content.length);
        }
        try {
            MessageDigest sha = MessageDigest.getInstance("SHA-256");
            sha.update(content, 0, DIGEST_AT);
            sha.update(new byte[DIGEST_BYTES]);
            sha.update(content, COUNT_AT_WITH_DIGEST, (int) size - COUNT_AT_WITH_DIGEST);
            byte[] stored = new byte[DIGEST_BYTES];
            words.get(DIGEST_AT, stored);
            if (!MessageDigest.isEqual(sha.digest(), stored)) {
                throw bad(DIGEST_AT, "the SHA-256 of the package does not fit its content; the file is damaged");
            }
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }

    private void require(long position, long size, String what) {
        if (position + size > content.length) {
            throw bad(Math.min(position, content.length), what + " reaches past the end of the file");
        }
    }

    private BitgrainException bad(long position, String reason) {
        return BitgrainException.badInput(file + ": byte " + position + ": " + reason);
    }
}
