package io.github.bitgrain.core.data;

import io.github.bitgrain.core.tensor.Shape;
import io.github.bitgrain.core.tensor.Tensor;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.function.UnaryOperator;

/**
 * Samples for the inputs of a network, in a fixed order. Only the samples asked for need to be in memory. Reading the same
 * samples again gives the same values; reading from several threads is allowed.
 */
public interface DataSource {
    /** Names of the network inputs and the shape of one sample of each, without batch axis, in order. */
    Map<String, Shape> sampleShapes();

    /** Number of samples. */
    int samples();

    /**
     * Consecutive samples.
     *
     * @param first first sample
     * @param count number of samples; first + count ≤ {@link #samples}
     * @return per input a tensor [count, …sample]
     */
    Map<String, Tensor> read(int first, int count);

    /** One sample of {@code count} that are spread evenly over all. */
    default Map<String, Tensor> spread(int index, int count) {
        return read((int) ((long) index * samples() / count), 1);
    }

    /** All samples in order, in batches of {@code size}; the last may be smaller. */
    default Iterable<Map<String, Tensor>> batches(int size) {
        if (size < 1) {
            throw new IllegalArgumentException("batch size " + size);
        }
        return () -> new Iterator<>() {
            private int next;

            @Override
            public boolean hasNext() {
                return next < samples();
            }

            @Override
            public Map<String, Tensor> next() {
                if (!hasNext()) {
                    throw new NoSuchElementException();
                }
                int count = Math.min(size, samples() - next);
                Map<String, Tensor> batch = read(next, count);
                next += count;
                return batch;
            }
        };
    }

    /** What {@link #read} does. */
    @FunctionalInterface
    interface Reader {
        /** The samples first, …, first + count - 1: per input a tensor [count, …sample]. */
        Map<String, Tensor> read(int first, int count);
    }

    /**
     * Other samples of the same shapes.
     *
     * @param samples number of them
     * @param reader reads them
     */
    default DataSource withSamples(int samples, Reader reader) {
        Map<String, Shape> shapes = sampleShapes();
        return new DataSource() {
            @Override
            public Map<String, Shape> sampleShapes() {
                return shapes;
            }

            @Override
            public int samples() {
                return samples;
            }

            @Override
            public Map<String, Tensor> read(int first, int count) {
                return reader.read(first, count);
            }
        };
    }

    /** The samples first, …, first + count - 1 as a source of their own. */
    default DataSource range(int first, int count) {
        if (first < 0 || count < 0 || first + count > samples()) {
            throw new IllegalArgumentException("samples " + first + " + " + count + " of " + samples());
        }
        return withSamples(count, (from, number) -> read(first + from, number));
    }

    /**
     * These samples in another form.
     *
     * @param change makes a batch of what {@link #read} gives, of the same shapes
     */
    default DataSource map(UnaryOperator<Map<String, Tensor>> change) {
        return withSamples(samples(), (first, count) -> change.apply(read(first, count)));
    }

    /** Samples in memory: per input a tensor [samples, …sample], all with the same number of samples. */
    static DataSource of(Map<String, Tensor> tensors) {
        Map<String, Tensor> held = new LinkedHashMap<>(tensors);
        Map<String, Shape> shapes = new LinkedHashMap<>();
        held.forEach((name, tensor) -> shapes.put(name, tensor.shape().without(0)));
        int samples = held.values().iterator().next().shape().dim(0);
        held.forEach((name, tensor) -> {
            if (tensor.shape().dim(0) != samples) {
                throw new IllegalArgumentException("input \"" + name + "\" has another number of samples: " + tensor.shape());
            }
        });
        return new DataSource() {
            @Override
            public Map<String, Shape> sampleShapes() {
                return shapes;
            }

            @Override
            public int samples() {
                return samples;
            }

            @Override
            public Map<String, Tensor> read(int first, int count) {
                Map<String, Tensor> batch = new LinkedHashMap<>();
                held.forEach((name, tensor) -> {
                    int size = shapes.get(name).size();
                    float[] part = new float[count * size];
                    System.arraycopy(tensor.data(), first * size, part, 0, part.length);
                    batch.put(name, new Tensor(shapes.get(name).prepend(count), part));
                });
                return batch;
            }
        };
    }
}
