package io.github.bitgrain.exporter.espdl;

import io.github.bitgrain.core.BitgrainException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import javax.crypto.Cipher;
import javax.crypto.spec.IvParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/**
 * The envelope of a single model: magic, mode, payload length, for {@code EDL2} a zero word, then the FlatBuffer, plain or
 * encrypted with AES-128-CTR.
 */
final class EspdlContainer {

    /** Bytes of an AES-128 key. */
    static final int KEY_BYTES = 16;

    private static final String CURRENT = "EDL2";
    private static final String LEGACY = "EDL1";
    private static final String PACKAGE_PREFIX = "PDL";
    private static final int MAGIC_BYTES = 4;
    private static final int MODE_AT = 4;
    private static final int LENGTH_AT = 8;
    private static final int LEGACY_HEADER = 12;
    private static final int HEADER = 16;
    private static final int MODE_PLAIN = 0;
    private static final int MODE_AES_CTR = 1;

    /** The loader's fixed first counter block: 10, 11 … 1F. */
    private static final byte[] FIRST_COUNTER = {
        0x10, 0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17, 0x18, 0x19, 0x1A, 0x1B, 0x1C, 0x1D, 0x1E, 0x1F};

    private EspdlContainer() {
    }

    /**
     * Opens the envelope.
     *
     * @param file name for messages
     * @param content the whole file
     * @param key 16 bytes, or null for a plain file
     * @return the FlatBuffer, ready for table access
     */
    static CheckedBuffer open(String file, byte[] content, byte[] key) {
        if (content.length < LEGACY_HEADER) {
            throw bad(file, "is no .espdl model: " + content.length + " bytes are shorter than the header");
        }
        String magic = new String(content, 0, MAGIC_BYTES, StandardCharsets.ISO_8859_1);
        if (magic.startsWith(PACKAGE_PREFIX)) {
            throw bad(file, "is a package of several models (" + magic + "); give the .espdl file of one model");
        }
        int header = switch (magic) {
            case CURRENT -> HEADER;
            case LEGACY -> LEGACY_HEADER;
            default -> throw bad(file, "is no .espdl model: it starts neither with EDL2 nor with EDL1");
        };
        ByteBuffer words = ByteBuffer.wrap(content).order(ByteOrder.LITTLE_ENDIAN);
        long length = Integer.toUnsignedLong(words.getInt(LENGTH_AT));
        if (content.length < header + length) {
            throw bad(file, "ends at byte " + content.length + ", its header promises " + (header + length));
        }
        byte[] payload = content;
        int start = header;
        int mode = words.getInt(MODE_AT);
        if (mode == MODE_AES_CTR) {
            payload = crypt(file, content, header, (int) length, key);
            start = 0;
        } else if (mode != MODE_PLAIN) {
            throw bad(file, "byte " + MODE_AT + ": unknown encryption mode " + Integer.toUnsignedString(mode));
        }
        return new CheckedBuffer(file, ByteBuffer.wrap(payload, start, (int) length), header);
    }

    /** Encloses a finished FlatBuffer as a plain {@code EDL2} file. */
    static byte[] enclose(ByteBuffer payload) {
        ByteBuffer file = ByteBuffer.allocate(HEADER + payload.remaining()).order(ByteOrder.LITTLE_ENDIAN);
        file.put(CURRENT.getBytes(StandardCharsets.ISO_8859_1)).putInt(MODE_PLAIN).putInt(payload.remaining()).putInt(0);
        return file.put(payload).array();
    }

    /**
     * AES-128-CTR, which encrypts and decrypts by the same operation.
     *
     * @return the payload, without header
     */
    static byte[] crypt(String file, byte[] content, int from, int length, byte[] key) {
        if (key == null) {
            throw bad(file, "is encrypted; give its 16-byte AES key");
        }
        if (key.length != KEY_BYTES) {
            throw new BitgrainException(BitgrainException.Kind.USAGE,
                    file + ": the AES key has " + key.length + " bytes instead of " + KEY_BYTES);
        }
        try {
            Cipher cipher = Cipher.getInstance("AES/CTR/NoPadding");
            cipher.init(Cipher.DECRYPT_MODE, new SecretKeySpec(key, "AES"), new IvParameterSpec(FIRST_COUNTER));
            return cipher.doFinal(content, from, length);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every Java platform has AES/CTR/NoPadding", e);
        }
    }

    private static BitgrainException bad(String file, String reason) {
        return new BitgrainException(BitgrainException.Kind.BAD_INPUT, file + ": " + reason);
    }
}
