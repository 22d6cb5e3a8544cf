package io.github.bitgrain.exporter.espdl;

import io.github.bitgrain.core.BitgrainException;
import java.util.HexFormat;
import java.util.Locale;

/**
 * What is needed to open a file beside its name.
 *
 * @param key the 16-byte AES key of encrypted models, or null; not used for a plain one
 * @param model which model of a package: its name, or its position from 0; null where there is one only
 */
public record EspdlAccess(byte[] key, String model) {
    /** Bytes of an AES-128 key. */
    public static final int KEY_BYTES = 16;

    /** A plain file of one model. */
    public static final EspdlAccess PLAIN = new EspdlAccess(null, null);

    /** Copies the key. */
    public EspdlAccess {
        key = key == null ? null : key.clone();
    }

    @Override
    public byte[] key() {
        return key == null ? null : key.clone();
    }

    /**
     * A key as people write it: 32 hexadecimal digits, or the list of bytes that ESP-PPQ logs ({@code 0x8a, 0x7f, …}).
     *
     * @throws BitgrainException (usage) if the text is no key of 16 bytes
     */
    public static byte[] parseKey(String text) {
        String digits = text.toLowerCase(Locale.ROOT).replaceAll("0x|[\\s,;:{}\\[\\]]", "");
        if (!digits.matches("[0-9a-f]{" + 2 * KEY_BYTES + "}")) {
            throw BitgrainException.usage("an AES key has " + 2 * KEY_BYTES + " hexadecimal digits, for example "
                    + "000102030405060708090a0b0c0d0e0f");
        }
        return HexFormat.of().parseHex(digits);
    }
}
