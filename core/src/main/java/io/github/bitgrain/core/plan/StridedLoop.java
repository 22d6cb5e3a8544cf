package io.github.bitgrain.core.plan;

import java.util.Arrays;
import java.util.Comparator;
import java.util.stream.IntStream;

/**
 * A loop over the elements of a box for several operands with strides of their own; stride 0 repeats an element. Axes are
 * sorted so that the first operand moves ever less, and merged where all operands allow it. The body gets runs: the
 * innermost axis is its business.
 */
public final class StridedLoop {
    private final int[] dims;
    private final int[][] strides;

    /** Does one run: offsets of all operands; the run has {@link #runLength} elements with {@link #runStride} each. */
    @FunctionalInterface
    public interface Run {
        /** Handles the run that starts at these offsets, relative to each operand's start. */
        void at(int[] offsets);
    }

    private StridedLoop(int[] dims, int[][] strides) {
        this.dims = dims;
        this.strides = strides;
    }

    /**
     * The loop.
     *
     * @param extents extent of each axis
     * @param operandStrides per operand the stride of each axis
     */
    public static StridedLoop of(int[] extents, int[]... operandStrides) {
        int[] order = IntStream.range(0, extents.length)
                .filter(axis -> extents[axis] != 1)
                .boxed()
                .sorted(Comparator.comparing((Integer axis) -> -Math.abs(operandStrides[0][axis]))
                        .thenComparing(axis -> -Math.abs(operandStrides[operandStrides.length - 1][axis])))
                .mapToInt(Integer::intValue)
                .toArray();
        int[] dims = new int[Math.max(order.length, 1)];
        int[][] strides = new int[operandStrides.length][dims.length];
        int rank = 0;
        for (int axis : order) {
            if (rank > 0 && mergeable(strides, rank - 1, operandStrides, axis, extents[axis])) {
                dims[rank - 1] *= extents[axis];
            } else {
                dims[rank++] = extents[axis];
            }
            for (int i = 0; i < strides.length; i++) {
                strides[i][rank - 1] = operandStrides[i][axis];
            }
        }
        if (rank == 0) {
            dims[rank++] = 1;
        }
        int used = rank;
        return new StridedLoop(
                Arrays.copyOf(dims, used),
                Arrays.stream(strides).map(s -> Arrays.copyOf(s, used)).toArray(int[][]::new));
    }

    private static boolean mergeable(int[][] strides, int outer, int[][] operandStrides, int axis, int extent) {
        for (int i = 0; i < strides.length; i++) {
            if (strides[i][outer] != operandStrides[i][axis] * extent) {
                return false;
            }
        }
        return true;
    }

    /** Elements of a run. */
    public int runLength() {
        return dims[dims.length - 1];
    }

    /** Stride of an operand inside a run. */
    public int runStride(int operand) {
        return strides[operand][dims.length - 1];
    }

    /** Number of runs. */
    public int runs() {
        int runs = 1;
        for (int i = 0; i < dims.length - 1; i++) {
            runs *= dims[i];
        }
        return dims[dims.length - 1] == 0 ? 0 : runs;
    }

    /** Does the runs from, …, to - 1. */
    public void run(int from, int to, Run body) {
        int outer = dims.length - 1;
        int[] index = new int[outer];
        int[] offsets = new int[strides.length];
        int rest = from;
        for (int axis = outer - 1; axis >= 0; axis--) {
            index[axis] = rest % dims[axis];
            rest /= dims[axis];
            for (int i = 0; i < offsets.length; i++) {
                offsets[i] += index[axis] * strides[i][axis];
            }
        }
        for (int run = from; run < to; run++) {
            body.at(offsets);
            for (int axis = outer - 1; axis >= 0; axis--) {
                index[axis]++;
                for (int i = 0; i < offsets.length; i++) {
                    offsets[i] += strides[i][axis];
                }
                if (index[axis] < dims[axis]) {
                    break;
                }
                for (int i = 0; i < offsets.length; i++) {
                    offsets[i] -= dims[axis] * strides[i][axis];
                }
                index[axis] = 0;
            }
        }
    }
}
