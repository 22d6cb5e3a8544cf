package io.github.bitgrain.simulator;

import java.util.ArrayList;
import java.util.List;
import java.util.function.IntUnaryOperator;

/**
 * Where values lie that are held as whole floats: places in few large arrays, at the lowest free one that is long enough, on whole lines of the
 * cache where the collector puts large arrays at the start of a region. For one thread.
 */
final class WholeMemory {
    /** Floats of a line of the cache, and where the first one starts: elements begin 16 bytes into an array. */
    private static final int LINE = 16;
    private static final int FIRST = 12;
    /** Floats of an array, where it need not hold a longer value: 4 MiB. */
    private static final int LARGEST_ARRAY = 1 << 20;

    /**
     * Some floats of an array.
     *
     * @param number of the array
     * @param start a multiple of {@value #LINE} behind {@value #FIRST}
     */
    record Place(int number, float[] array, int start, int length) {
        private boolean precedes(Place other) {
            return number == other.number && start + length == other.start;
        }

        private Place and(Place next) {
            return new Place(number, array, start, length + next.length);
        }
    }

    /** Free places by array and start; no two adjoin. */
    private final List<Place> free = new ArrayList<>();
    private final int arrayLength;
    private final IntUnaryOperator counted;
    private int arrays;

    /**
     * An empty memory.
     *
     * @param expected floats of all values together
     * @param counted is told the length of every new array, and returns it
     */
    WholeMemory(long expected, IntUnaryOperator counted) {
        arrayLength = (int) Math.min(expected, LARGEST_ARRAY);
        this.counted = counted;
    }

    /** A place for so many floats, whose content is undefined. */
    Place take(int count) {
        int length = Math.ceilDiv(count, LINE) * LINE;
        for (int i = 0; i < free.size(); i++) {
            Place place = free.get(i);
            if (place.length == length) {
                return free.remove(i);
            }
            if (place.length > length) {
                free.set(i, new Place(place.number, place.array, place.start + length, place.length - length));
                return new Place(place.number, place.array, place.start, length);
            }
        }
        int whole = Math.max(length, arrayLength / LINE * LINE);
        Place place = new Place(arrays++, new float[counted.applyAsInt(FIRST + whole)], FIRST, length);
        if (whole > length) {
            free.add(new Place(place.number, place.array, FIRST + length, whole - length));
        }
        return place;
    }

    /** Lets others use a place that was taken. */
    void give(Place place) {
        int at = 0;
        while (at < free.size() && (free.get(at).number < place.number || free.get(at).number == place.number && free.get(at).start < place.start)) {
            at++;
        }
        free.add(at, place);
        if (at + 1 < free.size() && place.precedes(free.get(at + 1))) {
            free.set(at, place.and(free.remove(at + 1)));
        }
        if (at > 0 && free.get(at - 1).precedes(free.get(at))) {
            free.set(at - 1, free.get(at - 1).and(free.remove(at)));
        }
    }
}
