package io.github.bitgrain.quantizer.equalize;

import java.util.Arrays;

/** Sets of whole numbers that only ever join (union–find; Tarjan 1975). */
final class DisjointSets {
    private int[] parents = new int[64];
    private int count;

    /** The first of so many new sets of one element each; the others follow it. */
    int add(int elements) {
        int first = count;
        count += elements;
        if (count > parents.length) {
            parents = Arrays.copyOf(parents, Math.max(count, 2 * parents.length));
        }
        for (int i = first; i < count; i++) {
            parents[i] = i;
        }
        return first;
    }

    /** Number of elements. */
    int size() {
        return count;
    }

    /** The least element of a set. */
    int find(int element) {
        int at = element;
        while (parents[at] != at) {
            parents[at] = parents[parents[at]];
            at = parents[at];
        }
        return at;
    }

    /** Joins the sets of two elements. */
    void join(int a, int b) {
        int first = find(a);
        int second = find(b);
        parents[Math.max(first, second)] = Math.min(first, second);
    }
}
