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
 * The envelope of a model: magic, mode, payload length, for {@code EDL2} a zero word, then the FlatBuffer, plain or
 * encrypted with AES-128-CTR.
 */
final class EspdlContainer {

    private static final String CURRENT = "EDL2";
    private static final String LEGACY = "EDL1";
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
     * Opens the envelope, in a package that of the chosen model.
     *
     * @param file name for messages
     * @param content the whole file
     * @return the FlatBuffer, ready for table access
     */
    static CheckedBuffer open(String file, byte[] content, EspdlAccess access) {
        Payload payload = payload(file, content, access.model());
        ByteBuffer bytes = payload.encrypted
                ? ByteBuffer.wrap(crypt(file, content, payload.start, payload.length, access.key()))
                : ByteBuffer.wrap(content, payload.start, payload.length);
        return new CheckedBuffer(file, bytes, payload.start, payload.encrypted);
    }

    /** Whether a model, in a package the chosen one, opens with a key only. */
    static boolean isEncrypted(String file, byte[] content, String model) {
        return payload(file, content, model).encrypted;
    }

    /** Where in a file the FlatBuffer of a model is. */
    private record Payload(int start, int length, boolean encrypted) {}

    private static Payload payload(String file, byte[] content, String model) {
        if (content.length < LEGACY_HEADER) {
            throw bad(file, "is no .espdl model: " + content.length + " bytes are shorter than the header");
        }
        if (EspdlPackage.is(magic(content, 0))) {
            EspdlPackage.Entry entry = EspdlPackage.choose(file, EspdlPackage.entries(file, content), model);
            return payload(file, content, entry.start());
        }
        if (model != null) {
            throw BitgrainException.usage(file + ": holds one model, not a package; leave out which one (" + model + ")");
        }
        return payload(file, content, 0);
    }

    private static String magic(byte[] content, int at) {
        return new String(content, at, MAGIC_BYTES, StandardCharsets.ISO_8859_1);
    }

    private static Payload payload(String file, byte[] content, int from) {
        int to = content.length;
        if (to - from < LEGACY_HEADER) {
            throw bad(file, "byte " + from + ": the header of the model reaches past the end of the file");
        }
        String magic = magic(content, from);
        int header = switch (magic) {
            case CURRENT -> HEADER;
            case LEGACY -> LEGACY_HEADER;
            default -> throw bad(file, (from == 0 ? "" : "byte " + from + ": ")
                    + "is no .espdl model: it starts neither with EDL2 nor with EDL1");
        };
        ByteBuffer words = ByteBuffer.wrap(content).order(ByteOrder.LITTLE_ENDIAN);
        long length = Integer.toUnsignedLong(words.getInt(from + LENGTH_AT));
        int start = from + header;
        if (to < start + length) {
            throw bad(file, "ends at byte " + to + ", its header promises " + (start + length));
        }
        int mode = words.getInt(from + MODE_AT);
        if (mode != MODE_PLAIN && mode != MODE_AES_CTR) {
            throw bad(file, "byte " + (from + MODE_AT) + ": unknown encryption mode " + Integer.toUnsignedString(mode));
        }
        return new Payload(start, (int) length, mode == MODE_AES_CTR);
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
            throw bad(file, "is encrypted; give its 16-byte AES key (--key)");
        }
        if (key.length != EspdlAccess.KEY_BYTES) {
            throw new BitgrainException(BitgrainException.Kind.USAGE,
                    file + ": the AES key has " + key.length + " bytes instead of " + EspdlAccess.KEY_BYTES);
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
