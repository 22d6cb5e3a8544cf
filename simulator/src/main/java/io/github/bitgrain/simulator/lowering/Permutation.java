package io.github.bitgrain.simulator.lowering;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * How a value's axes are stored: stored axis j is original (ONNX) axis {@code axis(j)}. Immutable.
 */
final class Permutation {
    private final int[] axes;

    private Permutation(int[] axes) {
        this.axes = axes;
    }

    static Permutation identity(int rank) {
        int[] axes = new int[rank];
        Arrays.setAll(axes, j -> j);
        return new Permutation(axes);
    }

    static Permutation of(int... axes) {
        return new Permutation(axes.clone());
    }

    /** Channels last, as convolution kernels want them: [0, 2, 3, 1] for images, [0, 2, 1] for sequences. */
    static Permutation channelsLast(int rank) {
        int[] axes = new int[rank];
        for (int j = 1; j < rank - 1; j++) {
            axes[j] = j + 1;
        }
        axes[rank - 1] = 1;
        return new Permutation(axes);
    }

    /** Original axes in the order in which they are stored. */
    List<Integer> toList() {
        return Arrays.stream(axes).boxed().toList();
    }

    int rank() {
        return axes.length;
    }

    boolean isIdentity() {
        for (int j = 0; j < axes.length; j++) {
            if (axes[j] != j) {
                return false;
            }
        }
        return true;
    }

    /** This applied first, then {@code next} to the result: stored axis j of the result is {@code this[next[j]]}. */
    Permutation then(Permutation next) {
        int[] result = new int[axes.length];
        Arrays.setAll(result, j -> axes[next.axes[j]]);
        return new Permutation(result);
    }

    Permutation inverse() {
        int[] result = new int[axes.length];
        for (int j = 0; j < axes.length; j++) {
            result[axes[j]] = j;
        }
        return new Permutation(result);
    }

    /** Where an original axis (negative counts from the end) is stored. */
    int storedAxis(int originalAxis) {
        int wanted = originalAxis < 0 ? originalAxis + axes.length : originalAxis;
        for (int j = 0; j < axes.length; j++) {
            if (axes[j] == wanted) {
                return j;
            }
        }
        throw new IllegalArgumentException("axis " + originalAxis + " of a value of rank " + axes.length);
    }

    /** This without the stored axes that are reduced away, the remaining original axes renumbered. */
    Permutation without(List<Integer> storedAxes) {
        List<Integer> kept = new ArrayList<>();
        for (int j = 0; j < axes.length; j++) {
            if (!storedAxes.contains(j)) {
                kept.add(axes[j]);
            }
        }
        List<Integer> sorted = kept.stream().sorted().toList();
        return new Permutation(kept.stream().mapToInt(sorted::indexOf).toArray());
    }

    /**
     * This with further axes, the others renumbered: each is stored in front of the original axis behind it, the last one at the end.
     *
     * @param added original axes of the result, ascending
     */
    Permutation with(List<Integer> added) {
        List<Integer> order = new ArrayList<>();
        List<Integer> others = new ArrayList<>();
        for (int axis = 0; axis < axes.length + added.size(); axis++) {
            if (!added.contains(axis)) {
                others.add(axis);
            }
        }
        for (int axis : axes) {
            order.add(others.get(axis));
        }
        for (int axis : added.reversed()) {
            int next = order.indexOf(axis + 1);
            order.add(next < 0 ? order.size() : next, axis);
        }
        return of(order.stream().mapToInt(Integer::intValue).toArray());
    }

    /** A shape in original axes as it is stored. */
    int[] apply(int[] shape) {
        int[] stored = new int[axes.length];
        Arrays.setAll(stored, j -> shape[axes[j]]);
        return stored;
    }

    /** For each element of the stored array (row-major) the index of its source in the original array. */
    int[] sources(int[] shape) {
        int[] strides = new int[axes.length];
        int count = 1;
        for (int axis = axes.length - 1; axis >= 0; axis--) {
            strides[axis] = count;
            count = Math.multiplyExact(count, shape[axis]);
        }
        int[] stored = apply(shape);
        int[] position = new int[axes.length];
        int[] sources = new int[count];
        for (int i = 0; i < count; i++) {
            int source = 0;
            for (int j = 0; j < axes.length; j++) {
                source += position[j] * strides[axes[j]];
            }
            sources[i] = source;
            for (int j = axes.length - 1; j >= 0 && ++position[j] == stored[j]; j--) {
                position[j] = 0;
            }
        }
        return sources;
    }

    int[] toArray() {
        return axes.clone();
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Permutation that && Arrays.equals(axes, that.axes);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(axes);
    }

    @Override
    public String toString() {
        return Arrays.toString(axes);
    }
}
