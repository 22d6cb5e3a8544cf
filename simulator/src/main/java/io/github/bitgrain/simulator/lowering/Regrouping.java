package io.github.bitgrain.simulator.lowering;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A change of shape that keeps elements in order, as seen by values whose axes are stored in another order. Both shapes are parted into the
 * smallest runs of axes with equally many elements. Axes that a run joins or parts stay side by side; then a Reshape of what is stored does
 * the same as one of ONNX's order, and nothing has to move. Axes of one element lie anywhere.
 */
final class Regrouping {
    /** Axes of one shape, and to which pieces of memory each belongs, as [axis][pieces in order]. */
    private record Side(int[] shape, int[][] pieces) {}

    private final Side before;
    private final Side after;

    private Regrouping(Side before, Side after) {
        this.before = before;
        this.after = after;
    }

    /** From one shape to another, both in ONNX's axes and of equally many elements. */
    static Regrouping of(int[] from, int[] to) {
        int[][] first = new int[from.length][0];
        int[][] second = new int[to.length][0];
        int piece = 0;
        for (int i = 0, j = 0; i < from.length || j < to.length;) {
            List<Integer> joined = new ArrayList<>();
            List<Integer> made = new ArrayList<>();
            long left = 1;
            long right = 1;
            do {
                if (left <= right && i < from.length || j == to.length) {
                    left *= from[i];
                    joined.add(i++);
                } else {
                    right *= to[j];
                    made.add(j++);
                }
            } while (left != right);
            joined.removeIf(axis -> from[axis] == 1);
            made.removeIf(axis -> to[axis] == 1);
            piece = number(first, joined, second, made, piece);
        }
        return new Regrouping(new Side(from, first), new Side(to, second));
    }

    /** Gives the axes of a run their pieces: the finer side's axes, or one piece where neither side is finer. */
    private static int number(int[][] first, List<Integer> joined, int[][] second, List<Integer> made, int from) {
        int count = joined.isEmpty() ? 0 : joined.size() == 1 ? made.size() : made.size() == 1 ? joined.size() : 1;
        int[] all = new int[count];
        Arrays.setAll(all, i -> from + i);
        spread(first, joined, all);
        spread(second, made, all);
        return from + count;
    }

    private static void spread(int[][] pieces, List<Integer> axes, int[] all) {
        for (int i = 0; i < axes.size(); i++) {
            pieces[axes.get(i)] = axes.size() == all.length ? new int[] {all[i]} : all;
        }
    }

    /** The other way round. */
    private Regrouping reversed() {
        return new Regrouping(after, before);
    }

    /** Whether memory that holds the first shape in one order holds the second in another as it is. */
    boolean keeps(Permutation from, Permutation to) {
        List<Integer> pieces = pieces(before, from);
        return pieces != null && pieces.equals(pieces(after, to));
    }

    /** The pieces in the order in which they are stored, or null where axes that share one are apart. */
    private static List<Integer> pieces(Side side, Permutation axes) {
        List<Integer> sequence = new ArrayList<>();
        int[] order = axes.toArray();
        for (int j = 0; j < order.length; j++) {
            int[] own = side.pieces[order[j]];
            boolean goesOn = own.length == 1 && !sequence.isEmpty() && sequence.getLast() == own[0];
            if (goesOn && order[j] < previous(side, order, j)) {
                return null;
            }
            for (int i = goesOn ? 1 : 0; i < own.length; i++) {
                if (sequence.contains(own[i])) {
                    return null;
                }
                sequence.add(own[i]);
            }
        }
        return sequence;
    }

    /** The axis of more than one element that is stored before. */
    private static int previous(Side side, int[] order, int j) {
        int i = j - 1;
        while (side.shape[order[i]] == 1) {
            i--;
        }
        return order[i];
    }

    /** An order of the second shape's axes that memory in this order of the first's has, or null. */
    Permutation result(Permutation from) {
        return reversed().source(from);
    }

    /** An order of the first shape's axes in which memory has the second's in the given one, or null if there is none. */
    Permutation source(Permutation to) {
        List<Integer> sequence = pieces(after, to);
        if (sequence == null) {
            return null;
        }
        int rank = before.shape.length;
        List<Permutation> known = new ArrayList<>(List.of(Permutation.identity(rank)));
        if (rank > 2) {
            known.add(Permutation.channelsLast(rank));
        }
        known.add(inOrderOf(sequence));
        return known.stream().filter(order -> sequence.equals(pieces(before, order))).findFirst().orElse(null);
    }

    /** The first shape's axes by where their first pieces lie, each axis of one element behind the axis before it. */
    private Permutation inOrderOf(List<Integer> sequence) {
        int rank = before.shape.length;
        long[] place = new long[rank];
        long last = -1;
        for (int axis = 0; axis < rank; axis++) {
            last = before.pieces[axis].length == 0 ? last : sequence.indexOf(before.pieces[axis][0]);
            place[axis] = last * rank + axis;
        }
        List<Integer> axes = new ArrayList<>();
        for (int axis = 0; axis < rank; axis++) {
            axes.add(axis);
        }
        axes.sort((a, b) -> Long.compare(place[a], place[b]));
        return Permutation.of(axes.stream().mapToInt(Integer::intValue).toArray());
    }
}
