package io.github.bitgrain.quantizer.calibrate;

import io.github.bitgrain.core.BitgrainException;
import io.github.bitgrain.core.data.DataSource;
import io.github.bitgrain.core.tensor.Tensor;
import java.util.Map;

/**
 * Calibration batches: samples in file order, a last partial batch kept, starting over when more batches are asked for than
 * there are.
 *
 * @param source samples
 * @param size samples per batch
 * @param count number of batches
 * @param seed chooses which samples are mixed where mixtures are made of them
 */
public record Batches(DataSource source, int size, int count, long seed) {
    /** Checks the parts. */
    public Batches {
        if (source.samples() < 1) {
            throw BitgrainException.badInput("the calibration data has no samples");
        }
        if (size < 1 || count < 1) {
            throw BitgrainException.usage("calibration needs at least one batch of at least one sample");
        }
    }

    /** Batches with the seed 0. */
    public Batches(DataSource source, int size, int count) {
        this(source, size, count, 0);
    }

    /** All samples once. */
    public static Batches all(DataSource source, int size) {
        return new Batches(source, size, Math.max(1, (source.samples() + size - 1) / size));
    }

    /** These with another seed. */
    public Batches withSeed(long other) {
        return new Batches(source, size, count, other);
    }

    /** Number of different batches. */
    public int distinct() {
        return (source.samples() + size - 1) / size;
    }

    /** The samples that the batches take, each once. */
    public DataSource used() {
        return source.range(0, (int) Math.min(source.samples(), (long) size * count));
    }

    /** Batch {@code index} of {@link #count}. */
    public Map<String, Tensor> get(int index) {
        int first = index % distinct() * size;
        return source.read(first, Math.min(size, source.samples() - first));
    }
}
