package io.github.bitgrain.simulator;

import io.github.bitgrain.core.BitgrainException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Map;
import java.util.TreeMap;

/**
 * Arrays that values and kernels of one simulator use in turn, so that a run needs what is alive at the same time and a second
 * run allocates nothing. The content of a taken array is undefined. For one thread.
 */
public final class ChipMemory {
    /** Elements in use at the same time: twice the bytes of the largest chip's memory. */
    private static final long LARGEST_SUM = 1L << 26;

    private long allocated;
    private final TreeMap<Integer, Deque<int[]>> ints = new TreeMap<>();
    private final TreeMap<Integer, Deque<float[]>> floats = new TreeMap<>();

    private final WholeMemory wholes;

    /** An empty memory. */
    public ChipMemory() {
        this(0);
    }

    /** @param expected whole floats of all values together */
    ChipMemory(long expected) {
        wholes = new WholeMemory(expected, this::counted);
    }

    /** Where values lie that are held as whole floats. */
    WholeMemory wholes() {
        return wholes;
    }

    /** An array of at least {@code length} integers: the smallest free one, else a new one. */
    public int[] takeInts(int length) {
        int[] free = take(ints, length);
        return free != null ? free : new int[counted(length)];
    }

    /** The same length, added to what all arrays together have. */
    private int counted(int length) {
        allocated += length;
        if (allocated > LARGEST_SUM) {
            throw BitgrainException.badInput("the values in use have more than " + LARGEST_SUM + " elements, which fits no chip's memory");
        }
        return length;
    }

    /** An array of at least {@code length} floats: the smallest free one, else a new one. */
    public float[] takeFloats(int length) {
        float[] free = take(floats, length);
        return free != null ? free : new float[counted(length)];
    }

    /** Lets others use an array that was taken. */
    public void give(int[] array) {
        if (array.length > 0) {
            ints.computeIfAbsent(array.length, length -> new ArrayDeque<>()).push(array);
        }
    }

    /** Lets others use an array that was taken. */
    public void give(float[] array) {
        if (array.length > 0) {
            floats.computeIfAbsent(array.length, length -> new ArrayDeque<>()).push(array);
        }
    }

    private static <A> A take(TreeMap<Integer, Deque<A>> free, int length) {
        Map.Entry<Integer, Deque<A>> smallest = free.ceilingEntry(length);
        if (smallest == null) {
            return null;
        }
        A array = smallest.getValue().pop();
        if (smallest.getValue().isEmpty()) {
            free.remove(smallest.getKey());
        }
        return array;
    }
}
