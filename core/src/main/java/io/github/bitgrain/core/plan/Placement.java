package io.github.bitgrain.core.plan;

import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.SplittableRandom;

/**
 * Places pooled buffers in one array so that buffers alive at the same time never overlap: one after the other, each at the lowest free address.
 * What that takes hangs on the order. Largest first (Pisarchyk and Lee 2020) is mostly near the least; where it is not, buffers that stick out
 * change places with earlier ones as long as that helps.
 */
final class Placement {
    /** Buffers start at multiples of this many floats: one 512-bit vector. */
    private static final int ALIGNMENT = 16;
    /**
     * The first index of an array that lies on a 64-byte line: elements begin 16 bytes into the object, and the default
     * collector puts large arrays at the start of a region. Vectors that straddle two lines cost more; results are the same.
     */
    static final int FIRST = 12;

    /** Less than this share above the least is not worth a search, nor is less than so many floats. */
    private static final double SLACK = 0.02;
    private static final int SMALL = 64 * 1024;
    private static final int TRIES = 400;

    private final List<Buffer> placed = new ArrayList<>();
    private final List<Integer> starts = new ArrayList<>();
    private final long least;
    private int size;

    private Placement(long least) {
        this.least = least;
    }

    /** Floats that no placement of these buffers can do without. */
    long least() {
        return least;
    }

    /** Floats needed for all. */
    int size() {
        return size == 0 ? 0 : Math.addExact(FIRST, size);
    }

    /** Floats that no placement can do without: the most that are alive at once. */
    static long least(List<Buffer> buffers) {
        long least = 0;
        for (Buffer at : buffers) {
            long alive = 0;
            for (Buffer other : buffers) {
                alive += other.firstUse() <= at.firstUse() && at.firstUse() <= other.lastUse() ? other.size() : 0;
            }
            least = Math.max(least, alive);
        }
        return least;
    }

    /** Finds places for all buffers. */
    static Placement of(List<Buffer> buffers) {
        long least = least(buffers);
        long enough = least + Math.max(SMALL, (long) (SLACK * least));
        List<Buffer> order = new ArrayList<>(buffers);
        order.sort(Comparator.comparingInt(Buffer::size).reversed().thenComparingInt(Buffer::firstUse));
        Placement best = inOrder(order, least);
        SplittableRandom random = new SplittableRandom(buffers.size());
        for (int i = 0; i < TRIES && best.size > enough; i++) {
            int top = best.top();
            if (top == 0) {
                break;
            }
            Collections.swap(order, top, random.nextInt(top));
            Placement other = inOrder(order, least);
            if (other.size <= best.size) {
                best = other;
            } else {
                order = new ArrayList<>(best.placed);
            }
        }
        return best;
    }

    private static Placement inOrder(List<Buffer> order, long least) {
        Placement placement = new Placement(least);
        order.forEach(placement::add);
        return placement;
    }

    /** The buffer that ends last. */
    private int top() {
        int top = 0;
        for (int i = 1; i < placed.size(); i++) {
            if (starts.get(i) + placed.get(i).size() > starts.get(top) + placed.get(top).size()) {
                top = i;
            }
        }
        return top;
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
