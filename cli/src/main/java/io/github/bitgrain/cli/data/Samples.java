package io.github.bitgrain.cli.data;

import io.github.bitgrain.core.BitgrainException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;

/**
 * An array whose first axis counts samples, read a few samples at a time so that memory is bounded by what is asked for.
 * Reading in ascending order is cheap; going back may reopen a compressed file. Not safe for use by several threads.
 */
public interface Samples extends AutoCloseable {
    /** What messages call the array: its file, with the entry's name where the file has several. */
    String name();

    /** Element type. */
    ElementType type();

    /** Shape of one sample: the array's without its first axis. */
    List<Integer> shape();

    /** Number of samples, at least 1. */
    int count();

    /** Elements of one sample. */
    default int sampleSize() {
        return shape().stream().reduce(1, Math::multiplyExact);
    }

    /**
     * The elements of samples {@code first} to {@code first + n - 1}, little-endian, from the buffer's index 0 on. The buffer
     * is valid until the next call.
     *
     * @throws BitgrainException (bad input) if the file ends early, cannot be decoded, or holds
     *     NaN or infinite values; the message names file and sample
     */
    ByteBuffer read(int first, int n);

    @Override
    void close();

    /**
     * All elements as integers.
     *
     * @throws BitgrainException (bad input) if the array holds floats
     */
    default long[] longs() {
        if (type().isFloat()) {
            throw BitgrainException.badInput(
                    name() + ": " + type().title() + " where integers are needed; convert with x.astype('int64')");
        }
        long[] values = new long[Math.multiplyExact(count(), sampleSize())];
        ByteBuffer data = read(0, count());
        Arrays.setAll(values, i -> type().longAt(data, i));
        return values;
    }
}
