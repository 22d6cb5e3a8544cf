package io.github.bitgrain.cli.data;

import java.nio.ByteBuffer;
import java.util.List;

/**
 * Samples under another shape of the same elements in the same order, such as one without an axis of one element.
 *
 * @param samples the samples as they are stored
 * @param shape what a sample counts as
 */
record ShapedSamples(Samples samples, List<Integer> shape) implements Samples {
    @Override
    public String name() {
        return samples.name();
    }

    @Override
    public ElementType type() {
        return samples.type();
    }

    @Override
    public int count() {
        return samples.count();
    }

    @Override
    public ByteBuffer read(int first, int n) {
        return samples.read(first, n);
    }

    @Override
    public void close() {
        samples.close();
    }
}
