package io.github.bitgrain.core.op;

/** Integers of a network, which are whole numbers in float32. */
public final class WholeNumbers {
    /** Float32 holds every whole number up to this one. */
    public static final int LARGEST = 1 << 24;

    private WholeNumbers() {}

    /** Whether a number is an integer that stays exact next to others. */
    public static boolean contains(float value) {
        return value == (int) value && Math.abs(value) <= LARGEST;
    }
}
