package io.github.bitgrain.core.plan;

/**
 * Storage whose place is decided after all steps are known. Steps read {@link #data} and {@link #offset} when they run,
 * never when they are made.
 */
public final class Buffer {
    private final int size;
    private final Buffer whole;
    private final int start;
    private float[] data;
    private int offset;
    private boolean external;
    private int firstUse = Integer.MAX_VALUE;
    private int lastUse = -1;

    /** Pooled storage of {@code size} floats, alive between its first and its last use. */
    Buffer(int size) {
        this.size = size;
        this.whole = null;
        this.start = 0;
    }

    /** A part of another buffer, {@code size} floats from {@code start} on: it lives where and as long as that does. */
    Buffer(Buffer of, int start, int size) {
        if (start < 0 || size > of.size - start) {
            throw new IllegalArgumentException(size + " floats from " + start + " on in a buffer of " + of.size);
        }
        this.size = size;
        this.whole = of.whole();
        this.start = of.start + start;
    }

    /** Storage that somebody else owns. */
    Buffer(float[] data) {
        this.size = data.length;
        this.whole = null;
        this.start = 0;
        this.data = data;
        this.external = true;
    }

    /** The array. */
    public float[] data() {
        return whole == null ? data : whole.data;
    }

    /** Where the storage begins in the array. */
    public int offset() {
        return whole == null ? offset : whole.offset + start;
    }

    /** What this is a part of; itself if of nothing. */
    Buffer whole() {
        return whole == null ? this : whole;
    }

    /** Whether this is the part of another buffer that begins so many floats behind it. */
    public boolean isPartOf(Buffer other, int at) {
        return whole() == other.whole() && start == other.start + at;
    }

    /** Number of floats. */
    public int size() {
        return size;
    }

    /** Gives the storage its place. */
    void place(float[] array, int start) {
        data = array;
        offset = start;
    }

    /** Makes a part of an array of the caller the storage of the next runs. */
    void bind(float[] array, int start) {
        if (start < 0 || array.length - start < size) {
            throw new IllegalArgumentException(array.length + " floats from " + start + " on for a buffer of " + size);
        }
        data = array;
        offset = start;
    }

    /** Takes the storage out of the pool: it keeps its contents between steps and runs. */
    void keep() {
        if (whole != null) {
            whole.keep();
        } else if (!external) {
            external = true;
            data = null;
        }
    }

    /** Whether the pool has nothing to do with it. */
    boolean external() {
        return external;
    }

    void usedBy(int step) {
        if (whole != null) {
            whole.usedBy(step);
            return;
        }
        firstUse = Math.min(firstUse, step);
        lastUse = Math.max(lastUse, step);
    }

    int firstUse() {
        return firstUse;
    }

    int lastUse() {
        return lastUse;
    }
}
