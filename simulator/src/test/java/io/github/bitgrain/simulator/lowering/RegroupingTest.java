package io.github.bitgrain.simulator.lowering;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;

class RegroupingTest {
    private static final int[] IMAGE = {1, 6, 4, 5};

    @Example
    void channelsArePartedWhereTheyLie() {
        Regrouping parted = Regrouping.of(IMAGE, new int[] {1, 2, 3, 4, 5});
        assertEquals(Permutation.of(0, 3, 4, 1, 2), parted.result(Permutation.channelsLast(4)));
        assertTrue(parted.keeps(Permutation.channelsLast(4), Permutation.of(0, 3, 4, 1, 2)));
        assertNull(parted.source(Permutation.of(0, 1, 3, 4, 2)), "the halves of the channels are apart");
    }

    @Example
    void pixelsOfAnImageBecomeASequence() {
        Regrouping joined = Regrouping.of(IMAGE, new int[] {1, 6, 20});
        assertEquals(Permutation.channelsLast(3), joined.result(Permutation.channelsLast(4)));
        assertEquals(Permutation.channelsLast(4), joined.source(Permutation.channelsLast(3)));
        assertNull(joined.result(Permutation.of(0, 3, 1, 2)), "rows and columns are apart");
    }

    @Example
    void axesOfOneElementLieAnywhere() {
        assertTrue(Regrouping.of(new int[] {1, 6, 1, 1}, new int[] {1, 6}).keeps(Permutation.channelsLast(4), Permutation.identity(2)));
        assertTrue(Regrouping.of(new int[] {1, 6}, new int[] {1, 6, 1, 1}).keeps(Permutation.identity(2), Permutation.channelsLast(4)));
    }

    /** Against elements that are moved one by one. What is said to stay does; what does is known, unless extents are factors of factors. */
    @Property(tries = 2000)
    void memoryIsWhatItIsSaidToBe(@ForAll long seed) {
        Random random = new Random(seed);
        int[] atoms = random.ints(random.nextInt(1, 6), 1, 4).toArray();
        int[] from = joined(atoms, random);
        int[] to = joined(atoms, random);
        Permutation first = order(from.length, random);
        Permutation second = order(to.length, random);
        Regrouping regrouping = Regrouping.of(from, to);
        String label = Arrays.toString(from) + first.toList() + " " + Arrays.toString(to) + second.toList();
        if (regrouping.keeps(first, second)) {
            assertEquals(stored(from, first), stored(to, second), label);
        }
        Permutation source = regrouping.source(second);
        if (source != null) {
            assertEquals(stored(from, source), stored(to, second), label);
        }
        Permutation result = regrouping.result(first);
        if (result != null) {
            assertEquals(stored(from, first), stored(to, result), label);
        }
        assertEquals(Permutation.identity(to.length), regrouping.result(Permutation.identity(from.length)), label);
    }

    /** Neighbours of a list multiplied with each other, or not. */
    private static int[] joined(int[] atoms, Random random) {
        List<Integer> extents = new ArrayList<>();
        for (int atom : atoms) {
            if (!extents.isEmpty() && random.nextBoolean()) {
                extents.set(extents.size() - 1, extents.getLast() * atom);
            } else {
                extents.add(atom);
            }
        }
        return extents.stream().mapToInt(Integer::intValue).toArray();
    }

    private static Permutation order(int rank, Random random) {
        List<Integer> axes = new ArrayList<>(Permutation.identity(rank).toList());
        if (random.nextInt(4) > 0) {
            Collections.shuffle(axes, random);
        }
        return Permutation.of(axes.stream().mapToInt(Integer::intValue).toArray());
    }

    /** The numbers of the elements, counted in ONNX's order, as memory has them. */
    private static List<Integer> stored(int[] shape, Permutation axes) {
        return Arrays.stream(axes.sources(shape)).boxed().toList();
    }
}
