package io.github.bitgrain.cli.compare;

import io.github.bitgrain.simulator.TestVectors;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntUnaryOperator;

/**
 * How far two tensors are apart. Where both hold integers of one scale, integers are compared; else the real numbers that
 * they stand for. Floats count as equal up to 1e-6 relative. The same elements in another order of axes are equal: of all
 * orders that lead from one shape to the other the one with the fewest differences counts.
 *
 * @param differences elements that differ; all of them if the numbers of elements differ
 * @param maxDifference largest distance, in steps or reals; infinite where one is not finite
 * @param at coordinates, in the first tensor, of the largest distance; empty without differences
 * @param first the first tensor's element there
 * @param second the second tensor's element there
 * @param unit "steps" or "reals"
 * @param note what else is to be known: another shape or order of axes; empty otherwise
 */
record TensorComparison(
        int differences, double maxDifference, List<Integer> at, double first, double second, String unit, String note) {

    /** Compares two tensors. */
    static TensorComparison of(Reading first, Reading second) {
        List<Integer> from = first.tensor().dims();
        List<Integer> to = second.tensor().dims();
        int count = first.tensor().count();
        if (count != second.tensor().count()) {
            return new TensorComparison(Math.max(count, second.tensor().count()), Double.POSITIVE_INFINITY, List.of(), 0, 0, "steps",
                    "shape " + from + " / " + to);
        }
        TensorComparison best = null;
        for (int[] order : orders(from, to)) {
            String note = isIdentity(order) && withoutOnes(from).equals(withoutOnes(to)) ? "" : order.length == 0
                    ? "shape " + from + " / " + to : "axes of " + from + " stand as " + to;
            TensorComparison comparison = compare(first, second, source(order, withoutOnes(from)), note);
            if (best == null || comparison.differences < best.differences) {
                best = comparison;
            }
            if (best.differences == 0) {
                break;
            }
        }
        return best;
    }

    private static TensorComparison compare(Reading first, Reading second, IntUnaryOperator source, String note) {
        boolean reals = first.isReal() || second.isReal();
        boolean rescale = first.exponent() != null && second.exponent() != null
                ? !first.exponent().equals(second.exponent())
                : first.isReal() != second.isReal();
        int count = first.tensor().count();
        int differences = 0;
        double largest = -1;
        int worst = 0;
        double worstFirst = 0;
        double worstSecond = 0;
        for (int i = 0; i < count; i++) {
            int j = source.applyAsInt(i);
            double one = value(first, j, rescale);
            double other = value(second, i, rescale);
            boolean same = reals ? TestVectors.sameFloat(one, other) : one == other;
            if (!same) {
                differences++;
                double distance = distance(one, other);
                if (distance > largest) {
                    largest = distance;
                    worst = j;
                    worstFirst = one;
                    worstSecond = other;
                }
            }
        }
        return new TensorComparison(differences, Math.max(0, largest),
                differences == 0 ? List.of() : coordinates(worst, first.tensor().dims()),
                worstFirst, worstSecond, reals || rescale ? "reals" : "steps", note);
    }

    private static double value(Reading reading, int index, boolean rescale) {
        double element = reading.tensor().element(index);
        return rescale && reading.exponent() != null ? Math.scalb(element, reading.exponent()) : element;
    }

    private static double distance(double one, double other) {
        double distance = Math.abs(one - other);
        return Double.isNaN(distance) ? Double.POSITIVE_INFINITY : distance;
    }

    private static List<Integer> coordinates(int index, List<Integer> dims) {
        List<Integer> coordinates = new ArrayList<>();
        int rest = index;
        for (int extent : dims.reversed()) {
            coordinates.addFirst(rest % extent);
            rest /= extent;
        }
        return coordinates;
    }

    private static List<Integer> withoutOnes(List<Integer> dims) {
        return dims.stream().filter(extent -> extent != 1).toList();
    }

    /**
     * Orders of the axes, extents of 1 left out: axis i of the second tensor is axis order[i] of the first. The order as it
     * stands comes first; where none fits, elements are taken as they lie in memory (an empty order).
     */
    private static List<int[]> orders(List<Integer> first, List<Integer> second) {
        List<int[]> orders = new ArrayList<>();
        List<Integer> from = withoutOnes(first);
        List<Integer> to = withoutOnes(second);
        if (from.size() == to.size()) {
            collect(from, to, new int[from.size()], 0, orders);
        }
        if (orders.isEmpty()) {
            orders.add(new int[0]);
        }
        return orders;
    }

    private static void collect(List<Integer> from, List<Integer> to, int[] order, int axis, List<int[]> orders) {
        if (axis == order.length) {
            orders.add(order.clone());
            return;
        }
        for (int candidate = 0; candidate < order.length; candidate++) {
            boolean free = true;
            for (int i = 0; i < axis; i++) {
                free &= order[i] != candidate;
            }
            if (free && from.get(candidate).equals(to.get(axis))) {
                order[axis] = candidate;
                collect(from, to, order, axis + 1, orders);
            }
        }
    }

    private static boolean isIdentity(int[] order) {
        for (int i = 0; i < order.length; i++) {
            if (order[i] != i) {
                return false;
            }
        }
        return true;
    }

    /** For each element of the second tensor the place of the same element in the first. */
    private static IntUnaryOperator source(int[] order, List<Integer> from) {
        if (isIdentity(order)) {
            return IntUnaryOperator.identity();
        }
        int[] strides = new int[order.length];
        int stride = 1;
        int[] ownStrides = new int[order.length];
        for (int axis = order.length - 1; axis >= 0; axis--) {
            ownStrides[axis] = stride;
            stride *= from.get(axis);
        }
        int[] extents = new int[order.length];
        for (int axis = 0; axis < order.length; axis++) {
            strides[axis] = ownStrides[order[axis]];
            extents[axis] = from.get(order[axis]);
        }
        return index -> {
            int rest = index;
            int place = 0;
            for (int axis = extents.length - 1; axis >= 0; axis--) {
                place += rest % extents[axis] * strides[axis];
                rest /= extents[axis];
            }
            return place;
        };
    }
}
