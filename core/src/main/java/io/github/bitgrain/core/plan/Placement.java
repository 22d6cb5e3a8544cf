package io.github.bitgrain.core.plan;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * Places pooled buffers in one array so that buffers alive at the same time never overlap: largest first, each at the lowest
 * free address (greedy by size, Pisarchyk and Lee 2020).
 */
final class Placement {
    /** Buffers start at multiples of this many floats: one 512-bit vector. */
    private static final int ALIGNMENT = 16;
    /**
     * The first index of an array that lies on a 64-byte line: elements begin 16 bytes into the object, and the default
     * collector puts large arrays at the start of a region. Vectors that straddle two lines cost more; results are the same.
     */
    private static final int FIRST = 12;

    private final List<Buffer> placed = new ArrayList<>();
    private final List<Integer> starts = new ArrayList<>();
    private int size;

    private Placement() {}

    /** Floats needed for all. */
    int size() {
        return size == 0 ? 0 : Math.addExact(FIRST, size);
    }

    /** Finds places for all buffers. */
    static Placement of(List<Buffer> buffers) {
        Placement placement = new Placement();
        buffers.stream()
                .sorted(Comparator.comparingInt(Buffer::size).reversed().thenComparingInt(Buffer::firstUse))
                .forEach(placement::add);
        return placement;
    }

    /** Tells the buffers their places in {@code array}. */
    void apply(float[] array) {
        for (int i = 0; i < placed.size(); i++) {
            placed.get(i).place(array, FIRST + starts.get(i));
        }
    }

    private void add(Buffer buffer) {
        List<int[]> taken = new ArrayList<>();
        for (int i = 0; i < placed.size(); i++) {
            Buffer other = placed.get(i);
            if (other.firstUse() <= buffer.lastUse() && buffer.firstUse() <= other.lastUse()) {
                taken.add(new int[] {starts.get(i), starts.get(i) + other.size()});
            }
        }
        taken.sort(Comparator.comparingInt(range -> range[0]));
        int start = 0;
        for (int[] range : taken) {
            if (start + (long) buffer.size() <= range[0]) {
                break;
            }
            start = Math.max(start, Math.ceilDiv(range[1], ALIGNMENT) * ALIGNMENT);
        }
        placed.add(buffer);
        starts.add(start);
        size = Math.max(size, Math.addExact(start, buffer.size()));
    }
}
