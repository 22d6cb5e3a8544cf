package io.github.bitgrain.cli.data;

import io.github.bitgrain.core.BitgrainException;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * A whole {@code .npy} file in memory, whatever its first axis means; NaN and infinite values included.
 *
 * @param type element type
 * @param shape extent of each axis, C order; empty for a single value
 * @param bytes the elements, little-endian
 */
public record NpyArray(ElementType type, List<Integer> shape, byte[] bytes) {
    /**
     * Reads a file.
     *
     * @throws BitgrainException (bad input) if it cannot be read or is no complete array
     */
    public static NpyArray read(Path file) {
        try (InputStream in = new BufferedInputStream(Files.newInputStream(file))) {
            NpyHeader header = NpyHeader.read(in, file.toString());
            long stated = header.dataBytes();
            byte[] bytes = in.readNBytes((int) Math.min(stated, Integer.MAX_VALUE - 8));
            if (bytes.length != stated || in.read() >= 0) {
                throw BitgrainException.badInput(file + ": states " + stated + " bytes of elements, "
                        + (bytes.length < stated ? bytes.length + " are there" : "more are there"));
            }
            return new NpyArray(header.type(), header.shape(), bytes);
        } catch (IOException e) {
            throw BitgrainException.badInput(file + ": cannot be read: " + e.getMessage());
        }
    }
}
