package io.github.bitgrain.core.plan;

/**
 * Storage whose place is decided after all steps are known. Steps read {@link #data} and {@link #offset} when they run,
 * never when they are made.
 */
public final class Buffer {
    private final int size;
    private float[] data;
    private int offset;
    private boolean external;
    private int firstUse = Integer.MAX_VALUE;
    private int lastUse = -1;

    /** Pooled storage of {@code size} floats, alive between its first and its last use. */
    Buffer(int size) {
        this.size = size;
    }

    /** Storage that somebody else owns. */
    Buffer(float[] data) {
        this.size = data.length;
        this.data = data;
        this.external = true;
    }

    /** The array. */
    public float[] data() {
        return data;
    }

    /** Where the storage begins in the array. */
    public int offset() {
        return offset;
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
        if (!external) {
            external = true;
            data = null;
        }
    }

    /** Whether the pool has nothing to do with it. */
    boolean external() {
        return external;
    }

    void usedBy(int step) {
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
