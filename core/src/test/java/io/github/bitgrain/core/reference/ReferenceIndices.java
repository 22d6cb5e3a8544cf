package io.github.bitgrain.core.reference;

import io.github.bitgrain.core.op.*;
import io.github.bitgrain.core.tensor.Shape;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/** The reference for operators that make indices or go by them: by sorting, and by index arithmetic. */
final class ReferenceIndices {
    private ReferenceIndices() {}

    /** Values and indices. */
    static List<Doubles> topK(TopK op, Doubles x, List<Shape> shapes) {
        int axis = x.shape().axis(op.axis());
        Doubles values = Doubles.zeros(shapes.getFirst());
        Doubles indices = Doubles.zeros(shapes.getFirst());
        for (int i = 0; i < values.data().length; i++) {
            int[] at = Doubles.index(values.shape(), i);
            int index = ranked(x, at, axis, op.largest()).get(at[axis]);
            indices.data()[i] = index;
            at[axis] = index;
            values.data()[i] = x.get(at);
        }
        return List.of(values, indices).subList(0, shapes.size());
    }

    /** Positions on the axis, the first of them first; the sort is stable. */
    private static List<Integer> ranked(Doubles x, int[] at, int axis, boolean largest) {
        Comparator<Integer> bySize = Comparator.comparingDouble(i -> {
            int[] place = at.clone();
            place[axis] = i;
            return x.get(place);
        });
        return IntStream.range(0, x.shape().dim(axis)).boxed().sorted(largest ? bySize.reversed() : bySize).toList();
    }

    static double argMax(ArgMax op, Doubles x, int[] at) {
        int axis = x.shape().axis(op.axis());
        List<Integer> place = new ArrayList<>(IntStream.of(at).boxed().toList());
        if (!op.keepDims()) {
            place.add(axis, 0);
        }
        return ranked(x, place.stream().mapToInt(i -> i).toArray(), axis, true).getFirst();
    }

    static double gatherElements(GatherElements op, Doubles x, Doubles indices, int[] at) {
        int axis = x.shape().axis(op.axis());
        int[] from = at.clone();
        from[axis] = fromFront(indices.get(at), x.shape().dim(axis));
        return x.get(from);
    }

    static double indexedGather(IndexedGather op, Doubles x, Doubles indices, int[] at) {
        int axis = x.shape().axis(op.axis());
        int rank = indices.shape().rank();
        int[] from = new int[x.shape().rank()];
        int[] index = java.util.Arrays.copyOfRange(at, axis, axis + rank);
        for (int a = 0; a < from.length; a++) {
            from[a] = a < axis ? at[a] : a > axis ? at[a + rank - 1] : fromFront(indices.get(index), x.shape().dim(axis));
        }
        return x.get(from);
    }

    static double gatherNd(GatherNd op, Doubles x, Doubles indices, int[] at) {
        int tuple = indices.shape().rank() - 1;
        int addressed = indices.shape().dim(-1);
        int[] from = new int[x.shape().rank()];
        int[] index = java.util.Arrays.copyOf(at, tuple + 1);
        for (int a = 0; a < from.length; a++) {
            int behind = a - op.batchDims();
            if (behind < 0) {
                from[a] = at[a];
            } else if (behind < addressed) {
                index[tuple] = behind;
                from[a] = fromFront(indices.get(index), x.shape().dim(a));
            } else {
                from[a] = at[tuple + behind - addressed];
            }
        }
        return x.get(from);
    }

    private static int fromFront(double index, int extent) {
        return (int) (index < 0 ? index + extent : index);
    }
}
