package io.github.bitgrain.cli.data;

import io.github.bitgrain.core.BitgrainException;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** The samples of an {@code .npy} file, or of an entry of an {@code .npz} file. */
final class NpySamples implements Samples {
    /** Opens the bytes of the array file from its start, {@code skip} bytes left out. */
    interface Opener {
        InputStream open(long skip) throws IOException;
    }

    private final String name;
    private final NpyHeader header;
    private final Opener opener;
    private final long sampleBytes;
    private InputStream in;
    private int next;
    private ByteBuffer buffer = ByteBuffer.allocate(0);

    /**
     * @param length bytes of the array file, or -1 if unknown
     */
    NpySamples(String name, long length, Opener opener) {
        this.name = name;
        this.opener = opener;
        try (InputStream start = new BufferedInputStream(opener.open(0), 1 << 10)) {
            header = NpyHeader.read(start, name);
        } catch (IOException e) {
            throw unreadable(e);
        }
        if (header.shape().isEmpty()) {
            throw BitgrainException.badInput(name + ": holds a single value; the first axis must count samples");
        }
        if (header.dataBytes() == 0) {
            throw BitgrainException.badInput(name + ": holds no samples (shape " + header.shape() + ")");
        }
        sampleBytes = header.dataBytes() / count();
        if (sampleBytes > Integer.MAX_VALUE) {
            throw BitgrainException.badInput(name + ": one sample has more than 2 GiB (shape " + header.shape() + ")");
        }
        long present = length - header.dataStart();
        if (length >= 0 && present < header.dataBytes()) {
            throw BitgrainException.badInput(name + ": the file ends early: " + count() + " samples of " + sampleBytes
                    + " bytes are stated, " + present / sampleBytes + " are there");
        }
        if (length >= 0 && present > header.dataBytes()) {
            throw BitgrainException.badInput(name + ": " + (present - header.dataBytes())
                    + " bytes follow the array; a file holds one array only");
        }
    }

    /** The samples of a file. */
    static NpySamples of(Path file) {
        try {
            return new NpySamples(file.toString(), Files.size(file), skip -> {
                FileChannel channel = FileChannel.open(file);
                return Channels.newInputStream(channel.position(skip));
            });
        } catch (IOException e) {
            throw BitgrainException.badInput(file + ": cannot be read: " + e.getMessage());
        }
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public ElementType type() {
        return header.type();
    }

    @Override
    public List<Integer> shape() {
        return header.shape().subList(1, header.shape().size());
    }

    @Override
    public int count() {
        return header.shape().get(0);
    }

    @Override
    public ByteBuffer read(int first, int n) {
        long bytes = sampleBytes * n;
        if (first < 0 || n < 0 || first > count() - n) {
            throw new IndexOutOfBoundsException(n + " samples from " + first + " of " + count());
        }
        if (bytes > Integer.MAX_VALUE - 8) {
            throw BitgrainException.badInput(name + ": " + n + " samples at once have more than 2 GiB; use smaller batches");
        }
        if (buffer.capacity() < bytes) {
            buffer = ByteBuffer.allocate((int) bytes).order(ByteOrder.LITTLE_ENDIAN);
        }
        try {
            if (in == null || first != next) {
                close();
                in = opener.open(header.dataStart() + sampleBytes * first);
            }
            int got = in.readNBytes(buffer.array(), 0, (int) bytes);
            if (got < bytes) {
                throw BitgrainException.badInput(name + ": the file ends inside sample " + (first + got / sampleBytes));
            }
        } catch (IOException e) {
            throw unreadable(e);
        }
        next = first + n;
        checkFinite(first, n);
        return buffer.clear();
    }

    /** NaN and infinity would spread silently through calibration: the place is named instead. */
    private void checkFinite(int first, int n) {
        if (!type().isFloat()) {
            return;
        }
        int size = (int) (sampleBytes / type().bytes());
        for (int i = 0; i < n * size; i++) {
            double value = type() == ElementType.FLOAT32 ? buffer.getFloat(i * 4) : buffer.getDouble(i * 8);
            if (!Double.isFinite(value)) {
                throw BitgrainException.badInput(name + ": sample " + (first + i / size) + " holds " + value
                        + " at element " + i % size + "; clean the data first");
            }
        }
    }

    @Override
    public void close() {
        if (in != null) {
            try {
                in.close();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            in = null;
        }
    }

    private BitgrainException unreadable(IOException e) {
        return BitgrainException.badInput(name + ": cannot be read: " + e.getMessage());
    }
}
