package io.github.bitgrain.quantizer.pass;

import io.github.bitgrain.core.graph.Model;
import io.github.bitgrain.core.graph.Node;
import io.github.bitgrain.core.graph.ShapeInference;
import io.github.bitgrain.core.op.AveragePool;
import io.github.bitgrain.core.op.Concat;
import io.github.bitgrain.core.op.Op;
import io.github.bitgrain.core.op.Pads;
import io.github.bitgrain.core.op.Size;
import io.github.bitgrain.core.op.Slice;
import io.github.bitgrain.core.tensor.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Averages that leave padding out of the count. The chip always divides by the whole kernel (chip-arithmetic §3.6), so windows that reach
 * over the border are averaged by pools of their own, whose kernel is what lies inside: Slice → AveragePool without padding, joined by
 * Concat. Every average is rounded once, as the one of a whole window is.
 */
final class DecomposeAveragePool implements GraphPass {
    /** More parts than this are left to the lowering, which refuses them: it would be faster to train with another pool. */
    private static final int MOST_PARTS = 25;
    private static final int ROWS = 2;

    /** Consecutive windows of one axis that have the same extent. */
    private record Stretch(int start, int end, int kernel) {}

    @Override
    public Model apply(Model model) {
        Rewriter rewriter = new Rewriter(model);
        Map<String, Shape> shapes = ShapeInference.infer(model.graph(), model.parameters());
        for (Node node : model.graph().nodes()) {
            if (node.op() instanceof AveragePool pool && !pool.countIncludePad()) {
                decompose(node, pool, shapes.get(node.input(0)), shapes.get(node.output()), rewriter);
            }
        }
        return rewriter.build();
    }

    private static void decompose(Node node, AveragePool pool, Shape x, Shape y, Rewriter rewriter) {
        boolean image = x.rank() == ROWS + 2;
        int columnAxis = x.rank() - 1;
        List<Stretch> rows = image ? stretches(x.dim(ROWS), y.dim(ROWS), pool.kernel().h(), pool.stride().h(), pool.pads().top())
                : List.of(new Stretch(0, 1, 1));
        List<Stretch> columns = stretches(x.dim(columnAxis), y.dim(columnAxis), pool.kernel().w(), pool.stride().w(), pool.pads().left());
        int parts = rows.size() * columns.size();
        boolean whole = rows.getFirst().kernel() == (image ? pool.kernel().h() : 1) && columns.getFirst().kernel() == pool.kernel().w();
        if (parts > MOST_PARTS || parts == 1 && whole && !pool.ceil()) {
            return;
        }
        List<String> bands = new ArrayList<>();
        for (int r = 0; r < rows.size(); r++) {
            List<String> pieces = new ArrayList<>();
            for (int c = 0; c < columns.size(); c++) {
                boolean last = parts == 1;
                pieces.add(piece(node, pool, x, rows.get(r), columns.get(c), r + "_" + c, last, rewriter));
            }
            bands.add(join(node, pieces, columnAxis, "row_" + r, rows.size() == 1, rewriter));
        }
        if (rows.size() > 1) {
            join(node, bands, ROWS, "rows", true, rewriter);
        }
    }

    /** One average per window of the stretch; without a Slice where it covers the whole input. */
    private static String piece(
            Node node, AveragePool pool, Shape x, Stretch rows, Stretch columns, String part, boolean last, Rewriter rewriter) {
        boolean image = x.rank() == ROWS + 2;
        String input = node.input(0);
        boolean all = columns.end() - columns.start() == x.dim(x.rank() - 1) && (!image || rows.end() - rows.start() == x.dim(ROWS));
        if (!all) {
            Slice slice = image
                    ? new Slice(List.of(ROWS, ROWS + 1), List.of((long) rows.start(), (long) columns.start()),
                            List.of((long) rows.end(), (long) columns.end()), List.of(1L, 1L))
                    : new Slice(List.of(ROWS), List.of((long) columns.start()), List.of((long) columns.end()), List.of(1L));
            String name = node.name() + "/slice_" + part;
            rewriter.insertBefore(node, new Node(name, slice, List.of(input), List.of(name)));
            input = name;
        }
        Op inside = new AveragePool(new Size(rows.kernel(), columns.kernel()), pool.stride(), Pads.NONE, false, false);
        return add(node, inside, List.of(input), node.name() + "/pool_" + part, last, rewriter);
    }

    private static String join(Node node, List<String> parts, int axis, String name, boolean last, Rewriter rewriter) {
        return parts.size() == 1 ? parts.getFirst() : add(node, new Concat(axis), parts, node.name() + "/" + name, last, rewriter);
    }

    /** A node of the rewritten pool; the last one takes its name and result. */
    private static String add(Node node, Op op, List<String> inputs, String name, boolean last, Rewriter rewriter) {
        if (last) {
            rewriter.replace(node, new Node(node.name(), op, inputs, node.outputs()));
            return node.output();
        }
        rewriter.insertBefore(node, new Node(name, op, inputs, List.of(name)));
        return name;
    }

    /** Whole windows together; each window that the border cuts by itself. */
    private static List<Stretch> stretches(int extent, int windows, int kernel, int stride, int pad) {
        List<Stretch> stretches = new ArrayList<>();
        for (int window = 0; window < windows; window++) {
            int start = Math.max(0, window * stride - pad);
            int end = Math.min(extent, window * stride - pad + kernel);
            Stretch before = stretches.isEmpty() ? null : stretches.getLast();
            if (end - start == kernel && before != null && before.kernel() == kernel) {
                stretches.set(stretches.size() - 1, new Stretch(before.start(), end, kernel));
            } else {
                stretches.add(new Stretch(start, end, end - start));
            }
        }
        return stretches;
    }
}
