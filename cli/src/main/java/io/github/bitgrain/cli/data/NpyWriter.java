package io.github.bitgrain.cli.data;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.zip.CRC32;

/** Writes {@code .npy} files, format version 1, C order, and sums up the elements' bytes as CRC-32. */
public final class NpyWriter {
    private final OutputStream out;
    private final ElementType type;
    private final CRC32 crc = new CRC32();
    private final ByteBuffer chunk = ByteBuffer.allocate(1 << 13).order(ByteOrder.LITTLE_ENDIAN);

    /**
     * Begins a file; the caller closes the stream.
     *
     * @param shape extent of each axis
     */
    public NpyWriter(OutputStream out, ElementType type, List<Integer> shape) throws IOException {
        this.out = out;
        this.type = type;
        out.write(NpyHeader.bytes(type, shape));
    }

    /** Appends integers; each must fit the element type. */
    public void write(int[] values) throws IOException {
        for (int value : values) {
            room();
            switch (type) {
                case INT8 -> chunk.put((byte) fit(value, Byte.MIN_VALUE, Byte.MAX_VALUE));
                case UINT8 -> chunk.put((byte) fit(value, 0, 255));
                case BOOL -> chunk.put((byte) fit(value, 0, 1));
                case INT16 -> chunk.putShort((short) fit(value, Short.MIN_VALUE, Short.MAX_VALUE));
                case INT32 -> chunk.putInt(value);
                case INT64 -> chunk.putLong(value);
                case FLOAT32, FLOAT64 -> throw new IllegalStateException("integers into an array of " + type.title());
            }
        }
        flush();
    }

    /** Appends floats to an array of float32. */
    public void write(float[] values) throws IOException {
        if (type != ElementType.FLOAT32) {
            throw new IllegalStateException("floats into an array of " + type.title());
        }
        for (float value : values) {
            room();
            chunk.putFloat(value);
        }
        flush();
    }

    /** Appends elements as they lie in memory, little-endian. */
    public void write(byte[] elements) throws IOException {
        flush();
        crc.update(elements);
        out.write(elements);
    }

    /** CRC-32 (as in ZIP) of all elements written so far, little-endian, without the header. */
    public long crc32() {
        return crc.getValue();
    }

    private int fit(int value, int low, int high) {
        if (value < low || value > high) {
            throw new IllegalArgumentException(value + " does not fit " + type.title());
        }
        return value;
    }

    private void room() throws IOException {
        if (chunk.remaining() < Long.BYTES) {
            flush();
        }
    }

    private void flush() throws IOException {
        crc.update(chunk.array(), 0, chunk.position());
        out.write(chunk.array(), 0, chunk.position());
        chunk.clear();
    }
}
