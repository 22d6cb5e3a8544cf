package io.github.bitgrain.core.plan;

import java.util.ArrayList;
import java.util.List;

/** Large arrays that plans hand on to each other. Safe for use by several threads. */
public final class BufferPool {
    private final List<float[]> free = new ArrayList<>();

    /** An array of at least {@code size} floats with arbitrary contents. */
    public synchronized float[] take(int size) {
        int best = -1;
        for (int i = 0; i < free.size(); i++) {
            int length = free.get(i).length;
            if (length >= size && length / 4 <= size && (best < 0 || length < free.get(best).length)) {
                best = i;
            }
        }
        return best >= 0 ? free.remove(best) : new float[size];
    }

    /** Gives an array back. */
    public synchronized void give(float[] array) {
        if (array.length > 0) {
            free.add(array);
        }
    }
}
