package io.github.bitgrain.simulator.lowering;

import io.github.bitgrain.core.op.Concat;
import io.github.bitgrain.core.op.Gather;
import io.github.bitgrain.core.op.Op;
import io.github.bitgrain.core.op.Pad;
import io.github.bitgrain.core.op.Slice;
import io.github.bitgrain.core.op.Split;
import io.github.bitgrain.core.op.Squeeze;
import io.github.bitgrain.core.op.Unsqueeze;
import io.github.bitgrain.core.tensor.Shape;
import io.github.bitgrain.simulator.ChipNode;
import io.github.bitgrain.simulator.ChipTensor;
import io.github.bitgrain.simulator.lowering.LiftedGraph.Value;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.BiFunction;

/** The way back for operators that join, part, move and reduce values along axes. */
final class MovementLifting {
    private MovementLifting() {}

    static void concat(ChipNode node, LiftedGraph graph) {
        Permutation axes = graph.value(node, 0).axes();
        List<String> operands = new ArrayList<>();
        for (int i = 0; i < node.inputs().size(); i++) {
            operands.add(graph.inOrder(graph.value(node, i), axes));
        }
        String y = graph.add(node.name(), new Concat(LiftingRules.axis(node, axes, 0)), operands, node.outputs().getFirst());
        graph.bind(node.outputs().getFirst(), y, axes);
    }

    static void split(ChipNode node, LiftedGraph graph) {
        Value x = graph.value(node, 0);
        int axis = LiftingRules.axis(node, x.axes(), 0);
        int extent = graph.shape(x.tensor()).dim(axis);
        int parts = node.outputs().size();
        long[] given = graph.integers(node, 1, longs(node, "split"));
        List<Integer> sizes = new ArrayList<>();
        for (int i = 0; i < parts; i++) {
            int each = Math.ceilDiv(extent, parts);
            sizes.add(given.length > 0 ? (int) given[i] : Math.min(each, extent - i * each));
        }
        List<String> made = graph.add(node.name(), new Split(axis, sizes), List.of(x.tensor()), node.outputs());
        for (int i = 0; i < parts; i++) {
            graph.bind(node.outputs().get(i), made.get(i), x.axes());
        }
    }

    static void reduce(ChipNode node, LiftedGraph graph, BiFunction<List<Integer>, Boolean, Op> op) {
        Value x = graph.value(node, 0);
        int rank = x.axes().rank();
        boolean keep = node.integer("keepdims", 1) != 0;
        List<Integer> stored = new ArrayList<>();
        for (long axis : graph.integers(node, 1, longs(node, "axes"))) {
            stored.add((int) (axis < 0 ? axis + rank : axis));
        }
        if (stored.isEmpty()) {
            if (node.integer("noop_with_empty_axes", 0) != 0) {
                LiftingRules.rename(node, graph);
                return;
            }
            for (int axis = 0; axis < rank; axis++) {
                stored.add(axis);
            }
        }
        int[] order = x.axes().toArray();
        List<Integer> axes = stored.stream().map(axis -> order[axis]).sorted().toList();
        String y = graph.add(node.name(), op.apply(axes, keep), List.of(x.tensor()), node.outputs().getFirst());
        graph.bind(node.outputs().getFirst(), y, keep ? x.axes() : x.axes().without(stored));
    }

    static void transpose(ChipNode node, LiftedGraph graph) {
        Value x = graph.value(node, 0);
        int rank = x.axes().rank();
        int[] turn = new int[rank];
        List<Long> perm = node.integers("perm", List.of());
        for (int i = 0; i < rank; i++) {
            int axis = perm.isEmpty() ? rank - 1 - i : perm.get(i).intValue();
            turn[i] = axis < 0 ? axis + rank : axis;
        }
        if (Arrays.stream(turn).distinct().filter(axis -> axis >= 0 && axis < rank).count() != rank) {
            throw graph.refused(node, "perm " + perm + " is no order of " + rank + " axes");
        }
        graph.bind(node.outputs().getFirst(), x.tensor(), x.axes().then(Permutation.of(turn)));
    }

    static void reshape(ChipNode node, LiftedGraph graph) {
        String x = graph.asStored(graph.value(node, 0));
        Shape from = graph.shape(x);
        long[] wanted = graph.integers(node, 1, new long[0]);
        int[] dims = new int[wanted.length];
        int open = -1;
        int known = 1;
        for (int i = 0; i < dims.length; i++) {
            dims[i] = wanted[i] == 0 && node.integer("allowzero", 0) == 0 ? from.dim(i) : (int) wanted[i];
            open = dims[i] == -1 ? i : open;
            known *= dims[i] == -1 ? 1 : dims[i];
        }
        if (open >= 0) {
            dims[open] = from.size() / known;
        }
        Value y = graph.reshape(node.name(), x, dims, node.outputs().getFirst());
        graph.bind(node.outputs().getFirst(), y.tensor(), y.axes());
    }

    static Op squeeze(ChipNode node, LiftedGraph graph) {
        return new Squeeze(ints(graph.integers(node, 1, longs(node, "axes"))));
    }

    static Op unsqueeze(ChipNode node, LiftedGraph graph) {
        return new Unsqueeze(ints(graph.integers(node, 1, longs(node, "axes"))));
    }

    static Op slice(ChipNode node, LiftedGraph graph, Permutation order) {
        long[] starts = graph.integers(node, 1, new long[0]);
        long[] all = new long[starts.length];
        Arrays.setAll(all, i -> i);
        long[] ones = new long[starts.length];
        Arrays.fill(ones, 1);
        int[] axes = order.toArray();
        List<Integer> sliced = Arrays.stream(graph.integers(node, 3, all)).mapToObj(axis -> axes[Math.toIntExact(axis < 0 ? axis + axes.length : axis)]).toList();
        return new Slice(sliced, list(starts), list(graph.integers(node, 2, new long[0])), list(graph.integers(node, 4, ones)));
    }

    static Op pad(ChipNode node, LiftedGraph graph, Permutation order) {
        List<Integer> stored = ints(graph.integers(node, 1, new long[0]));
        Pad.Mode mode = switch (node.text("mode", "constant")) {
            case "constant" -> Pad.Mode.CONSTANT;
            case "edge" -> Pad.Mode.EDGE;
            case "reflect" -> Pad.Mode.REFLECT;
            default -> throw graph.refused(node, "mode " + node.text("mode", "") + " has no kernel on a chip");
        };
        int rank = order.rank();
        if (stored.size() != 2 * rank) {
            throw graph.refused(node, stored.size() + " pads do not belong to " + rank + " axes");
        }
        Integer[] begins = new Integer[rank];
        Integer[] ends = new Integer[rank];
        for (int axis = 0; axis < rank; axis++) {
            begins[order.toArray()[axis]] = stored.get(axis);
            ends[order.toArray()[axis]] = stored.get(rank + axis);
        }
        return new Pad(mode, List.of(begins), List.of(ends), LiftingRules.bound(node, graph, 2, 0));
    }

    static Op gather(ChipNode node, LiftedGraph graph) {
        ChipTensor indices = graph.parameter(node, 1);
        if (indices == null) {
            throw graph.refused(node, "its indices are computed");
        }
        return new Gather((int) node.integer("axis", 0), ints(indices.longs()), Shape.of(indices.dims()));
    }

    private static long[] longs(ChipNode node, String attribute) {
        return node.integers(attribute, List.of()).stream().mapToLong(Long::longValue).toArray();
    }

    private static List<Integer> ints(long[] values) {
        return Arrays.stream(values).mapToObj(Math::toIntExact).toList();
    }

    private static List<Long> list(long[] values) {
        return Arrays.stream(values).boxed().toList();
    }
}
